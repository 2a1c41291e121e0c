import { connect as connectTcp, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { realTime, type Time } from '../../broker/kernel/time.ts';
import { SUBPROTOCOL } from '../../broker/protocol/index.ts';
import { LINGER_MS } from '../../broker/transports/linger.ts';
import type { ConnectionHandler, Door, Transport } from '../../broker/transports/transport.ts';
import { createUwsTransport, type UwsOptions } from '../../broker/transports/uws.ts';
import { describeTransport, type TestClient, type TransportHarness } from './transport.conformance.ts';

/** Real time, but for the linger, which passes when the test says so. */
function timeWithLingerInHand(): { readonly time: Time; passLinger(): void } {
  const lingering = new Set<() => void>();
  const time: Time = {
    ...realTime,
    every(periodMs, tick) {
      if (periodMs < LINGER_MS) return realTime.every(periodMs, tick);
      lingering.add(tick);
      return () => void lingering.delete(tick);
    },
  };
  return {
    time,
    passLinger: () => {
      for (const tick of [...lingering]) tick();
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it never came about');
    await sleep(1);
  }
}

const baseOptions: UwsOptions = {
  host: '127.0.0.1',
  port: 0,
  frameBytesMax: 65_536,
  backpressureBytesMax: 262_144,
  idleTimeoutMs: 60_000,
  time: realTime,
  onFault: (fault) => {
    throw fault;
  },
};

/** The address is known only once it listens, and the rival is made before that. */
async function uwsHarness(
  limits: Pick<UwsOptions, 'frameBytesMax' | 'backpressureBytesMax'>,
): Promise<TransportHarness> {
  const { time, passLinger } = timeWithLingerInHand();
  const faults: unknown[] = [];
  const port = await freePort();
  const options = { ...baseOptions, ...limits, port, time, onFault: (fault: unknown) => void faults.push(fault) };
  const transport = await createUwsTransport(options);
  const rival = await createUwsTransport(options);
  return {
    transport,
    faults,
    rival: () => rival,
    connect: ({ protocol = SUBPROTOCOL } = {}) => uwsClient(`ws://127.0.0.1:${port}/`, protocol),
    async page(path) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return {
        status: response.status,
        contentType: response.headers.get('content-type') ?? '',
        body: await response.text(),
      };
    },
    until,
    passLinger,
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function uwsClient(url: string, protocol: string): TestClient {
  const socket = new WebSocket(url, protocol, { perMessageDeflate: false });
  const messages: (string | Uint8Array)[] = [];
  let closedWith: TestClient['closedWith'];
  socket.on('message', (data: Buffer, isBinary) => void messages.push(isBinary ? new Uint8Array(data) : `${data}`));
  socket.on('close', (code, reason) => {
    closedWith = { code, reason: reason.toString() };
  });
  // A close always follows.
  socket.on('error', () => {});
  return {
    messages,
    get state() {
      if (closedWith !== undefined) return 'closed';
      return socket.readyState === WebSocket.CONNECTING ? 'connecting' : 'open';
    },
    get closedWith() {
      return closedWith;
    },
    sendText: (message) => socket.send(message),
    sendBinary: (message) => socket.send(message),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: (code, reason) => socket.close(code, reason),
    vanish: () => socket.terminate(),
  };
}

describeTransport('uws', uwsHarness);

describe('uws on the wire', () => {
  const transports: Transport[] = [];

  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
  });

  async function listening(door: Partial<Door> = {}): Promise<{ port: number; calls: string[] }> {
    const calls: string[] = [];
    const handler: ConnectionHandler = {
      onText: (message) => void calls.push(`text ${message}`),
      onBinary: () => {},
      onWritable: () => {},
      onClose: (code) => void calls.push(`close ${code}`),
    };
    const transport = await createUwsTransport(baseOptions);
    transports.push(transport);
    const { port } = await transport.listen({
      accept: () => handler,
      page: (path) => (path === '/page' ? { status: 200, contentType: 'text/plain', body: 'abc' } : undefined),
      ...door,
    });
    return { port, calls };
  }

  it('says which port was bound', async () => {
    expect((await listening()).port).toBeGreaterThan(0);
  });

  it('takes connections at /tellwhen too, and nowhere else', async () => {
    const { port } = await listening();
    const good = uwsClient(`ws://127.0.0.1:${port}/tellwhen`, SUBPROTOCOL);
    await until(() => good.state === 'open');
    const bad = uwsClient(`ws://127.0.0.1:${port}/elsewhere`, SUBPROTOCOL);
    await until(() => bad.closedWith !== undefined);
    expect(good.state).toBe('open');
  });

  it('names the subprotocol it speaks to whoever offers none or another', async () => {
    const { port } = await listening();
    for (const offer of ['', 'Sec-WebSocket-Protocol: mqtt, other\r\n']) {
      const answer = await rawAnswer(port, `${UPGRADE}${offer}\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 400 /);
      expect(answer).toContain(SUBPROTOCOL);
    }
  });

  it('finds its subprotocol among several', async () => {
    const { port } = await listening();
    const answer = await rawAnswer(port, `${UPGRADE}Sec-WebSocket-Protocol: mqtt, ${SUBPROTOCOL}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 101 /);
    expect(answer.toLowerCase()).toContain(`sec-websocket-protocol: ${SUBPROTOCOL}`);
  });

  it('answers HEAD without a body and refuses other methods', async () => {
    const { port } = await listening();
    const head = await fetch(`http://127.0.0.1:${port}/page`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '3', '']);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const init = method === 'POST' || method === 'PUT' ? { method, body: 'x'.repeat(100_000) } : { method };
      const response = await fetch(`http://127.0.0.1:${port}/page`, init);
      expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, 'GET, HEAD']);
      await response.text();
    }
  });

  it('survives a page whose reader has left, and bytes that are no HTTP', async () => {
    let finish = (): void => {};
    let asked = false;
    const { port } = await listening({
      page: (path) => {
        if (path !== '/slow') return { status: 200, contentType: 'text/plain', body: 'abc' };
        asked = true;
        return new Promise((resolve) => {
          finish = () => resolve({ status: 200, contentType: 'text/plain', body: 'late' });
        });
      },
    });
    const reader = connectTcp(port, '127.0.0.1');
    reader.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => asked);
    reader.destroy();
    await rawAnswer(port, '\u0000\u0001garbage\r\n\r\n');
    finish();
    expect(await (await fetch(`http://127.0.0.1:${port}/page`)).text()).toBe('abc');
  });

  it('tells a peer that only shut its sending side, or that sends bytes that are no frame, as 1006', async () => {
    const { port, calls } = await listening();
    for (const misdeed of ['end', 'garbage'] as const) {
      const socket = connectTcp(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(`${UPGRADE}Sec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`);
      await new Promise((resolve) => socket.once('data', resolve));
      if (misdeed === 'end') socket.end();
      else socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
      await until(() => calls.length > 0);
      expect([misdeed, ...calls.splice(0)]).toEqual([misdeed, 'close 1006']);
      socket.destroy();
    }
  });

  it('cuts off a frame of more than twice the limit without reading it', async () => {
    const { port, calls } = await listening();
    const client = uwsClient(`ws://127.0.0.1:${port}/`, SUBPROTOCOL);
    await until(() => client.state === 'open');
    client.sendBinary(new Uint8Array(2 * baseOptions.frameBytesMax + 1));
    await until(() => client.closedWith !== undefined && calls.length > 0);
    expect([client.closedWith?.code, ...calls]).toEqual([1006, 'close 1006']);
  });

  it('says what is wrong with an address', async () => {
    const door: Door = {
      accept: () => ({ onText: () => {}, onBinary: () => {}, onWritable: () => {}, onClose: () => {} }),
      page: () => undefined,
    };
    for (const host of ['no-such-host.invalid', '192.0.2.1']) {
      const transport = await createUwsTransport({ ...baseOptions, host });
      transports.push(transport);
      await expect(transport.listen(door)).rejects.toMatchObject({
        code: 'address_invalid',
        message: expect.stringContaining(host),
      });
    }
  });
});

const UPGRADE = [
  'GET / HTTP/1.1',
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '',
].join('\r\n');

/** Sends bytes on a bare connection; what comes back within the first reads, until it closes or falls silent. */
function rawAnswer(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.setEncoding('utf8');
    let answer = '';
    const finish = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (data) => {
      answer += data;
      if (answer.includes('\r\n\r\n')) finish();
    });
    socket.on('close', finish);
    socket.on('error', finish);
    socket.write(request);
  });
}
