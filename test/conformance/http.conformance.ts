import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  Door,
  HttpReply,
  HttpRequest,
  HttpStream,
  SendOutcome,
  Transport,
} from '../../broker/transports/transport.ts';

/** An HTTP request as the suite needs it: what came back by now, and the faults it can make. */
export interface TestExchange {
  /** Undefined until the head has come. */
  readonly status: number | undefined;
  header(name: string): string | undefined;
  /** The body, as far as it has come. */
  readonly text: string;
  readonly isComplete: boolean;
  readonly isCut: boolean;
  pause(): void;
  resume(): void;
  leave(): void;
}

export interface TestRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Uint8Array;
}

export interface HttpHarness {
  readonly transport: Transport;
  request(request: TestRequest): TestExchange;
  /** Lets the world turn until it holds, or fails. */
  until(condition: () => boolean): Promise<void>;
  /** Passes the time for which an answer that ends waits for a peer that does not read. */
  passLinger(): void;
  readonly faults: readonly unknown[];
}

export interface HttpLimits {
  readonly frameBytesMax: number;
  readonly bodyBytesMax: number;
  readonly backpressureBytesMax: number;
}

/** Broker side of one request. */
class Asked {
  readonly request: HttpRequest;
  readonly reply: HttpReply;
  gone = 0;
  writable = 0;
  #stream: HttpStream | undefined;
  #writing = false;

  constructor(request: HttpRequest, reply: HttpReply) {
    this.request = request;
    this.reply = reply;
    reply.onGone(() => {
      if (this.#writing) throw new Error('told from inside a write');
      this.gone += 1;
    });
  }

  get stream(): HttpStream {
    if (this.#stream !== undefined) return this.#stream;
    const stream = this.reply.stream({ status: 200, headers: { 'Content-Type': 'text/x-test' } });
    stream.onWritable(() => {
      if (this.#writing) throw new Error('told from inside a write');
      this.writable += 1;
    });
    this.#stream = stream;
    return stream;
  }

  write(chunk: string | Uint8Array): SendOutcome {
    this.#writing = true;
    const outcome = this.stream.write(chunk);
    this.#writing = false;
    return outcome;
  }
}

class TestDoor implements Door {
  readonly asked: Asked[] = [];
  onRequest: (request: HttpRequest, reply: HttpReply) => void = () => {};

  admit(): { protocol: string } {
    return { protocol: 'test' };
  }

  accept() {
    return { onText() {}, onBinary() {}, onWritable() {}, onClose() {} };
  }

  request(request: HttpRequest, reply: HttpReply): void {
    this.asked.push(new Asked(request, reply));
    this.onRequest(request, reply);
  }
}

const CHUNK = new Uint8Array(16_384).fill(0x78);

/** What every transport promises of HTTP, run against one of them. */
export function describeHttp(name: string, make: (limits: HttpLimits) => Promise<HttpHarness>): void {
  describe(`transport contract, HTTP: ${name}`, () => {
    const limits: HttpLimits = { frameBytesMax: 65_536, bodyBytesMax: 100_000, backpressureBytesMax: 262_144 };
    let harness: HttpHarness;
    let door: TestDoor;

    beforeEach(async () => {
      harness = await make(limits);
      door = new TestDoor();
      await harness.transport.listen(door);
    });

    afterEach(async () => {
      let closed = false;
      void harness.transport.close().then(() => {
        closed = true;
      });
      harness.passLinger();
      await harness.until(() => closed);
    });

    async function asked(request: TestRequest): Promise<{ client: TestExchange; broker: Asked }> {
      const before = door.asked.length;
      const client = harness.request(request);
      await harness.until(() => door.asked.length > before);
      return { client, broker: door.asked[before] as Asked };
    }

    async function streaming(): Promise<{ client: TestExchange; broker: Asked }> {
      const both = await asked({ path: '/' });
      both.broker.write('x');
      await harness.until(() => both.client.text === 'x');
      return both;
    }

    describe('a request', () => {
      it('arrives with all that was said', async () => {
        const { client, broker } = await asked({
          method: 'PUT',
          path: '/a%20b/c?d=e&f=%3F',
          headers: { 'X-One': 'Two', 'Content-Type': 'text/plain' },
          body: 'héllo',
        });
        const { method, path, query, headers, body } = broker.request;
        expect({ method, path, query }).toEqual({ method: 'PUT', path: '/a%20b/c', query: 'd=e&f=%3F' });
        expect([headers.get('x-one'), headers.get('content-type')]).toEqual(['Two', 'text/plain']);
        expect(new TextDecoder().decode(body)).toBe('héllo');
        expect(broker.request.remote).not.toBe('');
        broker.reply.send({ status: 200, headers: {}, body: '' });
        await harness.until(() => client.isComplete);
      });

      it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('may be a %s', async (method) => {
        const { client, broker } = await asked({ method, path: '/' });
        expect(broker.request.method).toBe(method);
        expect([broker.request.query, broker.request.body]).toEqual(['', new Uint8Array(0)]);
        broker.reply.send({ status: 203, headers: { 'X-Answer': '42' }, body: 'ünd' });
        await harness.until(() => client.isComplete);
        expect([client.status, client.header('x-answer'), client.text]).toEqual([203, '42', 'ünd']);
      });

      it('has its body whole, up to the longest', async () => {
        const { broker } = await asked({
          method: 'POST',
          path: '/',
          body: new Uint8Array(limits.bodyBytesMax).fill(7),
        });
        expect(broker.request.body?.length).toBe(limits.bodyBytesMax);
        expect(broker.request.body?.at(-1)).toBe(7);
      });

      it('with a longer body arrives without it', async () => {
        const { client, broker } = await asked({
          method: 'POST',
          path: '/',
          body: new Uint8Array(limits.bodyBytesMax + 1),
        });
        expect(broker.request.body).toBeUndefined();
        broker.reply.send({ status: 413, headers: {}, body: 'no' });
        await harness.until(() => client.isComplete || client.isCut);
      });

      it('that makes the door throw is answered 500, and the fault is reported and not shown', async () => {
        door.onRequest = () => {
          throw new Error('thrown by request');
        };
        const { client } = await asked({ path: '/' });
        await harness.until(() => client.isComplete);
        expect(client.status).toBe(500);
        expect(client.text).not.toContain('by request');
        expect(harness.faults).toEqual([new Error('thrown by request')]);
      });
    });

    describe('an answer', () => {
      it('may come later', async () => {
        const { client, broker } = await asked({ path: '/' });
        const other = await asked({ path: '/' });
        other.broker.reply.send({ status: 200, headers: {}, body: 'second' });
        await harness.until(() => other.client.isComplete);
        expect(client.status).toBeUndefined();
        broker.reply.send({ status: 200, headers: {}, body: Uint8Array.of(0x61, 0x62) });
        await harness.until(() => client.isComplete);
        expect(client.text).toBe('ab');
        expect(broker.gone).toBe(0);
      });

      it('to HEAD has no body', async () => {
        const { client, broker } = await asked({ method: 'HEAD', path: '/' });
        broker.reply.send({ status: 200, headers: { 'X-Answer': '42' }, body: 'abc' });
        await harness.until(() => client.isComplete);
        expect([client.status, client.header('x-answer'), client.text]).toEqual([200, '42', '']);
      });

      it('is given once', async () => {
        const { client, broker } = await asked({ path: '/' });
        broker.reply.send({ status: 200, headers: {}, body: 'first' });
        broker.reply.send({ status: 500, headers: {}, body: 'second' });
        expect(broker.write('third')).toBe('lost');
        broker.stream.end();
        await harness.until(() => client.isComplete);
        expect([client.status, client.text]).toEqual([200, 'first']);
      });

      it('to somebody who has left is harmless, and the door is told once', async () => {
        const { client, broker } = await asked({ path: '/' });
        client.leave();
        await harness.until(() => broker.gone > 0);
        broker.reply.send({ status: 200, headers: {}, body: 'too late' });
        expect(broker.write('later')).toBe('lost');
        expect(broker.stream.bufferedBytes).toBe(0);
        broker.stream.end();
        expect(broker.gone).toBe(1);
        const next = await asked({ path: '/' });
        next.broker.reply.send({ status: 200, headers: {}, body: 'fine' });
        await harness.until(() => next.client.isComplete);
      });
    });

    describe('a stream', () => {
      it('brings what is written, as it is written, in order, and an end', async () => {
        const { client, broker } = await asked({ path: '/' });
        expect(broker.write('one ')).toBe('sent');
        await harness.until(() => client.text === 'one ');
        expect([client.status, client.header('content-type')]).toEqual([200, 'text/x-test']);
        expect(broker.write(new TextEncoder().encode('zwei ✓ '))).toBe('sent');
        expect(broker.write('')).toBe('sent');
        expect(broker.write('three')).toBe('sent');
        await harness.until(() => client.text === 'one zwei ✓ three');
        expect(client.isComplete).toBe(false);
        broker.stream.end();
        await harness.until(() => client.isComplete);
        expect([broker.gone, broker.writable]).toEqual([0, 0]);
      });

      it('to HEAD brings nothing', async () => {
        const { client, broker } = await asked({ method: 'HEAD', path: '/' });
        broker.write('abc');
        broker.stream.end();
        await harness.until(() => client.isComplete);
        expect([client.status, client.text]).toEqual([200, '']);
      });

      it('whose reader is slow says so, and when it reads again; nothing is lost', async () => {
        const { client, broker } = await streaming();
        client.pause();
        let written = 1;
        while (broker.write(CHUNK) !== 'buffered') written += CHUNK.length;
        written += CHUNK.length;
        for (let i = 0; i < 4; i++, written += CHUNK.length) expect(broker.write(CHUNK)).toBe('buffered');
        expect(broker.stream.bufferedBytes).toBeGreaterThan(0);
        expect(broker.writable).toBe(0);
        client.resume();
        await harness.until(() => broker.writable > 0 && client.text.length === written);
        expect(broker.stream.bufferedBytes).toBe(0);
        expect(broker.write('y')).toBe('sent');
        await harness.until(() => client.text.endsWith('y'));
        expect(client.text.length).toBe(written + 1);
      });

      it('whose reader is slow again and again goes on each time', async () => {
        const { client, broker } = await streaming();
        let written = 1;
        for (let round = 1; round <= 3; round++) {
          client.pause();
          const before = broker.writable;
          while (broker.write(CHUNK) !== 'buffered') written += CHUNK.length;
          written += CHUNK.length;
          client.resume();
          await harness.until(() => broker.writable > before && client.text.length === written);
        }
      });

      it('that ends while its reader is slow brings everything before', async () => {
        const { client, broker } = await streaming();
        client.pause();
        let written = 1;
        while (broker.write(CHUNK) !== 'buffered') written += CHUNK.length;
        written += CHUNK.length;
        for (let i = 0; i < 4; i++, written += CHUNK.length) broker.write(CHUNK);
        broker.stream.end();
        expect(broker.write('no more')).toBe('lost');
        client.resume();
        await harness.until(() => client.isComplete);
        expect(client.text.length).toBe(written);
        expect([broker.gone, broker.writable]).toEqual([0, 0]);
      });

      it('that ends while its reader does not read at all is cut off in the end', async () => {
        const { client, broker } = await streaming();
        client.pause();
        while (broker.write(CHUNK) !== 'buffered');
        for (let i = 0; i < 4; i++) broker.write(CHUNK);
        broker.stream.end();
        harness.passLinger();
        await harness.until(() => broker.gone > 0);
        expect(broker.stream.bufferedBytes).toBe(0);
      });

      it('with more waiting than may is cut off', async () => {
        const { client, broker } = await streaming();
        client.pause();
        for (let i = 0; broker.write(CHUNK) !== 'lost'; i++) if (i > 5_000) throw new Error('nothing is ever lost');
        await harness.until(() => broker.gone > 0);
        expect(broker.stream.bufferedBytes).toBe(0);
        client.resume();
        await harness.until(() => client.isCut);
        expect(broker.gone).toBe(1);
      });

      it('whose reader leaves is over, and the door is told', async () => {
        const { client, broker } = await streaming();
        client.leave();
        await harness.until(() => broker.gone > 0);
        expect(broker.write('x')).toBe('lost');
        expect(broker.gone).toBe(1);
      });

      it('of a door that throws afterwards is cut off', async () => {
        door.onRequest = (_, reply) => {
          reply.stream({ status: 200, headers: {} }).write('half');
          throw new Error('thrown amid a stream');
        };
        const { client } = await asked({ path: '/' });
        await harness.until(() => client.isCut);
        expect(harness.faults).toEqual([new Error('thrown amid a stream')]);
      });

      it('does not hold up another', async () => {
        const slow = await streaming();
        const quick = await streaming();
        slow.client.pause();
        while (slow.broker.write(CHUNK) !== 'buffered');
        expect(quick.broker.write('y')).toBe('sent');
        await harness.until(() => quick.client.text === 'xy');
      });

      it('is cut off when the transport closes', async () => {
        const { client, broker } = await streaming();
        void harness.transport.close();
        await harness.until(() => client.isCut && broker.gone > 0);
      });
    });

    it('requests are answered after stopAccepting', async () => {
      harness.transport.stopAccepting();
      const { client, broker } = await asked({ path: '/' });
      broker.reply.send({ status: 200, headers: {}, body: 'still' });
      await harness.until(() => client.isComplete);
    });
  });
}
