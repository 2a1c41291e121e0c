import { connect as connectTcp, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { realTime, type Time } from '../../broker/kernel/time.ts';
import { SUBPROTOCOL } from '../../broker/protocol/index.ts';
import { LINGER_MS } from '../../broker/transports/linger.ts';
import type { ConnectionHandler, Door, Transport } from '../../broker/transports/transport.ts';
import { createUwsTransport, type UwsOptions } from '../../broker/transports/uws.ts';
import { httpExchange } from '../support/http-exchange.ts';
import { describeHttp, type HttpHarness } from './http.conformance.ts';
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
  bodyBytesMax: 65_536,
  backpressureBytesMax: 262_144,
  idleTimeoutMs: 60_000,
  time: realTime,
  onFault: (fault) => {
    throw fault;
  },
};

/** The address is known only once it listens, and the rival is made before that. */
async function uwsHarness(
  limits: Pick<UwsOptions, 'frameBytesMax' | 'bodyBytesMax' | 'backpressureBytesMax'>,
): Promise<TransportHarness & HttpHarness> {
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
    connect: ({ protocol = SUBPROTOCOL, path = '/', origin } = {}) =>
      uwsClient(`ws://127.0.0.1:${port}${path}`, protocol, origin),
    request: (request) => httpExchange(port, request),
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

function uwsClient(url: string, protocol: string, origin?: string): TestClient {
  const socket = new WebSocket(url, protocol, { perMessageDeflate: false, ...(origin !== undefined && { origin }) });
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
describeHttp('uws', uwsHarness);

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
      admit: () => ({ protocol: SUBPROTOCOL }),
      accept: () => handler,
      request: ({ path }, reply) => reply.send({ status: path === '/page' ? 200 : 404, headers: {}, body: 'abc' }),
      ...door,
    });
    return { port, calls };
  }

  it('says which port was bound', async () => {
    expect((await listening()).port).toBeGreaterThan(0);
  });

  it('survives bytes that are no HTTP', async () => {
    const { port } = await listening();
    await rawAnswer(port, '\u0000\u0001garbage\r\n\r\n');
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
      admit: () => ({ protocol: SUBPROTOCOL }),
      accept: () => ({ onText: () => {}, onBinary: () => {}, onWritable: () => {}, onClose: () => {} }),
      request: () => {},
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
