import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SUBPROTOCOL } from '../../broker/protocol/index.ts';
import type {
  Admission,
  Connection,
  ConnectionHandler,
  Door,
  SendOutcome,
  Transport,
  UpgradeWish,
} from '../../broker/transports/transport.ts';

/** A client as the suite needs it: what it received, and the faults it can make. */
export interface TestClient {
  readonly state: 'connecting' | 'open' | 'closed';
  readonly messages: readonly (string | Uint8Array)[];
  readonly closedWith: { readonly code: number; readonly reason: string } | undefined;
  sendText(message: string): void;
  sendBinary(message: Uint8Array): void;
  pause(): void;
  resume(): void;
  close(code: number, reason: string): void;
  vanish(): void;
}

export interface TransportHarness {
  readonly transport: Transport;
  /** Another transport, for the address at which the first one listens. */
  rival(): Transport;
  connect(options?: { readonly protocol?: string; readonly path?: string; readonly origin?: string }): TestClient;
  /** Lets the world turn until it holds, or fails. */
  until(condition: () => boolean): Promise<void>;
  /** Passes the time for which a closing connection waits for a peer that does not read. */
  passLinger(): void;
  readonly faults: readonly unknown[];
}

export interface HarnessLimits {
  readonly frameBytesMax: number;
  readonly bodyBytesMax: number;
  readonly backpressureBytesMax: number;
}

/** Broker side of one connection: what it was told, in order. */
class Recorder implements ConnectionHandler {
  readonly connection: Connection;
  readonly calls: string[] = [];
  sending = false;
  throwOn: 'onText' | 'onClose' | undefined;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onText(message: string): void {
    this.#called(`text ${message}`);
    if (this.throwOn === 'onText') throw new Error('thrown by onText');
  }

  onBinary(message: Uint8Array): void {
    this.#called(`binary ${Array.from(message)}`);
  }

  onWritable(): void {
    this.#called('writable');
  }

  onClose(code: number, reason: string): void {
    this.#called(`close ${code} ${reason}`);
    if (this.throwOn === 'onClose') throw new Error('thrown by onClose');
  }

  send(message: Uint8Array): SendOutcome {
    this.sending = true;
    const outcome = this.connection.sendBinary(message);
    this.sending = false;
    return outcome;
  }

  #called(what: string): void {
    this.calls.push(this.sending ? `${what} (inside a send)` : what);
  }
}

class TestDoor implements Door {
  readonly recorders: Recorder[] = [];
  readonly wishes: UpgradeWish[] = [];
  onAdmit: (wish: UpgradeWish) => Admission = ({ protocols }) =>
    protocols.includes(SUBPROTOCOL) ? { protocol: SUBPROTOCOL } : { status: 400, headers: {}, body: 'no' };
  onAccept: (connection: Connection) => void = () => {};

  admit(wish: UpgradeWish): Admission {
    this.wishes.push(wish);
    return this.onAdmit(wish);
  }

  accept(connection: Connection): ConnectionHandler {
    this.onAccept(connection);
    const recorder = new Recorder(connection);
    this.recorders.push(recorder);
    return recorder;
  }

  request(): void {}
}

/** What every transport promises, run against one of them. */
export function describeTransport(name: string, make: (limits: HarnessLimits) => Promise<TransportHarness>): void {
  describe(`transport contract: ${name}`, () => {
    const limits: HarnessLimits = { frameBytesMax: 65_536, bodyBytesMax: 65_536, backpressureBytesMax: 262_144 };
    let harness: TransportHarness;
    let door: TestDoor;

    beforeEach(async () => {
      harness = await make(limits);
      door = new TestDoor();
      await harness.transport.listen(door);
    });

    afterEach(async () => {
      await closeTransport(harness.transport, { afterwards: harness.passLinger });
    });

    async function closeTransport(transport: Transport, { afterwards = () => {} } = {}): Promise<void> {
      let closed = false;
      void transport.close().then(() => {
        closed = true;
      });
      afterwards();
      await harness.until(() => closed);
    }

    async function connected(): Promise<{ client: TestClient; broker: Recorder }> {
      const before = door.recorders.length;
      const client = harness.connect();
      await harness.until(() => client.state === 'open' && door.recorders.length > before);
      return { client, broker: door.recorders[before] as Recorder };
    }

    describe('messages', () => {
      it('arrive at the broker in order, text and binary told apart', async () => {
        const { client, broker } = await connected();
        client.sendText('one');
        client.sendBinary(Uint8Array.of(2, 0, 255));
        client.sendText('drei ✓');
        client.sendBinary(new Uint8Array(0));
        client.sendText('');
        await harness.until(() => broker.calls.length === 5);
        expect(broker.calls).toEqual(['text one', 'binary 2,0,255', 'text drei ✓', 'binary ', 'text ']);
      });

      it('arrive at the client in order, text and binary told apart', async () => {
        const { client, broker } = await connected();
        expect(broker.connection.sendText('one')).toBe('sent');
        expect(broker.connection.sendBinary(Uint8Array.of(2, 0, 255))).toBe('sent');
        expect(broker.connection.sendText('drei ✓')).toBe('sent');
        await harness.until(() => client.messages.length === 3);
        expect(client.messages).toEqual(['one', Uint8Array.of(2, 0, 255), 'drei ✓']);
      });

      it('are copied by the time sendBinary returns', async () => {
        const { client, broker } = await connected();
        const scratch = Uint8Array.of(1);
        broker.connection.sendBinary(scratch);
        scratch[0] = 2;
        broker.connection.sendBinary(scratch);
        await harness.until(() => client.messages.length === 2);
        expect(client.messages).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
      });

      it('of different connections do not mix', async () => {
        const first = await connected();
        const second = await connected();
        first.client.sendText('a');
        second.client.sendText('b');
        await harness.until(() => first.broker.calls.length + second.broker.calls.length === 2);
        expect([first.broker.calls, second.broker.calls]).toEqual([['text a'], ['text b']]);
      });

      it('of exactly the largest size pass; a larger one closes with 1009', async () => {
        const { client, broker } = await connected();
        client.sendText('x'.repeat(limits.frameBytesMax));
        await harness.until(() => broker.calls.length === 1);
        client.sendText('x'.repeat(limits.frameBytesMax + 1));
        await harness.until(() => client.closedWith !== undefined && broker.calls.length === 2);
        expect(client.closedWith?.code).toBe(1009);
        expect(broker.calls[1]).toMatch(/^close 1009 /);
      });
    });

    describe('a slow peer', () => {
      it('gets what was not lost, in order, and the broker learns when there is room', async () => {
        const { client, broker } = await connected();
        client.pause();
        const outcomes: SendOutcome[] = [];
        while (outcomes.at(-1) !== 'lost') {
          outcomes.push(broker.send(numbered(outcomes.length)));
          if (outcomes.length > 5_000) throw new Error('nothing is ever lost');
        }
        expect(outcomes[0]).toBe('sent');
        expect(outcomes.at(-2)).toBe('buffered');
        expect(broker.connection.bufferedBytes).toBeGreaterThan(limits.backpressureBytesMax);
        expect(broker.calls).toEqual([]);

        client.resume();
        await harness.until(() => client.messages.length === outcomes.length - 1 && broker.calls.length > 0);
        expect(client.messages.map((message) => numberOf(message as Uint8Array))).toEqual(
          Array.from({ length: outcomes.length - 1 }, (_, i) => i),
        );
        expect(new Set(broker.calls)).toEqual(new Set(['writable']));
        expect(broker.connection.bufferedBytes).toBe(0);
        expect(broker.send(numbered(0))).toBe('sent');
      });

      it('gets everything, and the close code, before it is closed', async () => {
        const { client, broker } = await connected();
        const sent = fill(client, broker);
        broker.connection.close(4429, 'too slow');
        client.resume();
        await harness.until(() => client.closedWith !== undefined && broker.calls.length > 0);
        expect(client.messages.length).toBe(sent);
        expect(client.closedWith).toEqual({ code: 4429, reason: 'too slow' });
        expect(broker.calls).toEqual(['close 4429 too slow']);
      });

      it('that never reads is cut off in the end', async () => {
        const { client, broker } = await connected();
        fill(client, broker);
        broker.connection.close(4429, 'too slow');
        harness.passLinger();
        await harness.until(() => broker.calls.length > 0);
        expect(broker.calls).toEqual(['close 1006 ']);
        expect(broker.connection.bufferedBytes).toBe(0);
      });

      it('does not hold up another', async () => {
        const slow = await connected();
        const quick = await connected();
        fill(slow.client, slow.broker);
        expect(quick.broker.send(numbered(7))).toBe('sent');
        await harness.until(() => quick.client.messages.length === 1);
      });

      function fill(client: TestClient, broker: Recorder): number {
        client.pause();
        let sent = 0;
        while (broker.send(numbered(sent)) !== 'lost') sent += 1;
        return sent;
      }
    });

    describe('the end of a connection', () => {
      it('by the peer is told with code and reason, after its messages, once', async () => {
        const { client, broker } = await connected();
        client.sendText('last words');
        client.close(4000, 'enough');
        await harness.until(() => broker.calls.length === 2 && client.closedWith !== undefined);
        expect(broker.calls).toEqual(['text last words', 'close 4000 enough']);
      });

      it('by a peer that vanishes is told as 1006', async () => {
        const { client, broker } = await connected();
        client.vanish();
        await harness.until(() => broker.calls.length > 0);
        expect(broker.calls).toEqual([expect.stringMatching(/^close 1006 /)]);
      });

      it('by the broker tells the peer code and reason, after what was sent', async () => {
        const { client, broker } = await connected();
        broker.connection.sendText('last words');
        broker.connection.close(4409, 'taken over');
        expect(broker.calls).toEqual([]);
        await harness.until(() => client.closedWith !== undefined && broker.calls.length > 0);
        expect(client.messages).toEqual(['last words']);
        expect(client.closedWith).toEqual({ code: 4409, reason: 'taken over' });
        expect(broker.calls).toEqual(['close 4409 taken over']);
      });

      it('makes every method harmless', async () => {
        const { client, broker } = await connected();
        client.vanish();
        await harness.until(() => broker.calls.length > 0);
        expect(broker.connection.sendText('x')).toBe('lost');
        expect(broker.connection.sendBinary(Uint8Array.of(1))).toBe('lost');
        expect(broker.connection.bufferedBytes).toBe(0);
        broker.connection.close(4000, 'again');
        expect(broker.connection.remote).not.toBe('');
        expect(broker.calls).toHaveLength(1);
      });

      it('can be asked for twice, and the first code counts', async () => {
        const { client, broker } = await connected();
        broker.connection.close(4400, 'first');
        broker.connection.close(4401, 'second');
        expect(broker.connection.sendText('x')).toBe('lost');
        await harness.until(() => client.closedWith !== undefined && broker.calls.length > 0);
        expect(client.closedWith?.code).toBe(4400);
        expect(broker.calls).toEqual(['close 4400 first']);
      });

      it('throws away what the peer had under way', async () => {
        const { client, broker } = await connected();
        client.sendText('too late');
        broker.connection.close(4400, 'no more');
        await harness.until(() => broker.calls.length > 0 && client.closedWith !== undefined);
        expect(broker.calls).toEqual(['close 4400 no more']);
      });

      it('may come at once, from accept', async () => {
        door.onAccept = (connection) => connection.close(4503, 'full');
        const client = harness.connect();
        await harness.until(() => client.closedWith !== undefined && (door.recorders[0]?.calls.length ?? 0) > 0);
        expect(client.closedWith).toEqual({ code: 4503, reason: 'full' });
        expect(door.recorders[0]?.calls).toEqual(['close 4503 full']);
      });

      it('has its reason cut to what a close frame holds, between characters', async () => {
        const { client, broker } = await connected();
        broker.connection.close(4400, `${'x'.repeat(122)}éé`);
        await harness.until(() => client.closedWith !== undefined);
        expect(client.closedWith?.reason).toBe('x'.repeat(122));
      });
    });

    describe('a handler that throws', () => {
      it('ends its own connection with 1011 and is reported; others go on', async () => {
        const faulty = await connected();
        const healthy = await connected();
        faulty.broker.throwOn = 'onText';
        faulty.client.sendText('boom');
        await harness.until(() => faulty.client.closedWith !== undefined && faulty.broker.calls.length === 2);
        expect(faulty.client.closedWith?.code).toBe(1011);
        expect(faulty.broker.calls).toEqual(['text boom', 'close 1011 internal error']);
        expect(harness.faults).toEqual([new Error('thrown by onText')]);
        healthy.client.sendText('still here');
        await harness.until(() => healthy.broker.calls.length === 1);
      });

      it('on the way out is reported', async () => {
        const { client, broker } = await connected();
        broker.throwOn = 'onClose';
        client.vanish();
        await harness.until(() => broker.calls.length > 0);
        expect(harness.faults).toEqual([new Error('thrown by onClose')]);
      });

      it('on the way in turns its own connection away', async () => {
        door.onAccept = () => {
          throw new Error('thrown by accept');
        };
        const client = harness.connect();
        await harness.until(() => client.closedWith !== undefined);
        expect(client.closedWith?.code).toBe(1011);
        expect(harness.faults).toEqual([new Error('thrown by accept')]);
      });
    });

    describe('the address', () => {
      it('is never shared', async () => {
        await expect(harness.rival().listen(new TestDoor())).rejects.toMatchObject({
          name: 'TransportError',
          code: 'address_in_use',
        });
      });

      it('is free again after close', async () => {
        const rival = harness.rival();
        await closeTransport(harness.transport);
        await rival.listen(new TestDoor());
        await closeTransport(rival);
      });
    });

    describe('the door', () => {
      it('is shut for a peer that is not admitted', async () => {
        const client = harness.connect({ protocol: 'other.1' });
        await harness.until(() => client.closedWith !== undefined);
        expect(client.closedWith?.code).toBe(1006);
        expect(door.recorders).toEqual([]);
      });

      it('is shut where admitting throws, and the fault is reported', async () => {
        door.onAdmit = () => {
          throw new Error('thrown by admit');
        };
        const client = harness.connect();
        await harness.until(() => client.closedWith !== undefined);
        expect(harness.faults).toEqual([new Error('thrown by admit')]);
      });

      it('sees path, subprotocols and headers, and what it admits is known of the connection', async () => {
        door.onAdmit = () => ({ protocol: 'other.1' });
        const client = harness.connect({ protocol: 'other.1', path: '/there', origin: 'https://a.example' });
        await harness.until(() => client.state === 'open' && door.recorders.length > 0);
        const [wish] = door.wishes;
        expect(wish).toMatchObject({ path: '/there', protocols: ['other.1'] });
        expect(wish?.headers.get('origin')).toBe('https://a.example');
        expect(door.recorders[0]?.connection.protocol).toBe('other.1');
      });

      it('is shut by stopAccepting; whoever is inside stays', async () => {
        const { client, broker } = await connected();
        harness.transport.stopAccepting();
        const late = harness.connect();
        await harness.until(() => late.closedWith !== undefined);
        expect(late.closedWith?.code).toBe(1006);
        expect(door.recorders).toEqual([broker]);
        client.sendText('still here');
        await harness.until(() => broker.calls.length === 1);
      });

      it('closes for good at once after its connections, and they still learn why', async () => {
        const { client, broker } = await connected();
        client.sendText('on its way, and never read');
        broker.connection.sendText('goodbye');
        broker.connection.close(4503, 'by hand');
        await closeTransport(harness.transport);
        await harness.until(() => client.closedWith !== undefined);
        expect(client.messages).toEqual(['goodbye']);
        expect(client.closedWith).toEqual({ code: 4503, reason: 'by hand' });
      });

      it('closes for good: everybody gets what was sent, then 1001', async () => {
        const both = [await connected(), await connected()];
        for (const { broker } of both) broker.connection.sendText('goodbye');
        await closeTransport(harness.transport);
        await harness.until(() => both.every(({ client }) => client.closedWith !== undefined));
        for (const { client, broker } of both) {
          expect(client.messages).toEqual(['goodbye']);
          expect(client.closedWith?.code).toBe(1001);
          expect(broker.calls).toEqual([expect.stringMatching(/^close 1001 /)]);
        }
      });
    });
  });
}

const CHUNK_BYTES = 16_384;

function numbered(i: number): Uint8Array {
  const bytes = new Uint8Array(CHUNK_BYTES);
  new DataView(bytes.buffer).setUint32(0, i);
  return bytes;
}

function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}
