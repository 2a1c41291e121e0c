import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { realTime, type Time } from '../../broker/kernel/time.ts';
import { SUBPROTOCOL } from '../../broker/protocol/index.ts';
import { LINGER_MS } from '../../broker/transports/linger.ts';
import type { NetworkOptions } from '../../broker/transports/network-options.ts';
import type { Transport } from '../../broker/transports/transport.ts';
import type { HttpHarness } from '../conformance/http.conformance.ts';
import type { TestClient, TransportHarness } from '../conformance/transport.conformance.ts';
import { httpExchange } from './http-exchange.ts';

export type CreateTransport = (options: NetworkOptions) => Promise<Transport>;

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

export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it never came about');
    await sleep(1);
  }
}

export const baseOptions: NetworkOptions = {
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
export async function networkHarness(
  create: CreateTransport,
  limits: Pick<NetworkOptions, 'frameBytesMax' | 'bodyBytesMax' | 'backpressureBytesMax'>,
): Promise<TransportHarness & HttpHarness> {
  const { time, passLinger } = timeWithLingerInHand();
  const faults: unknown[] = [];
  const port = await freePort();
  const options = { ...baseOptions, ...limits, port, time, onFault: (fault: unknown) => void faults.push(fault) };
  const transport = await create(options);
  const rival = await create(options);
  return {
    transport,
    faults,
    rival: () => rival,
    connect: ({ protocol = SUBPROTOCOL, path = '/', origin } = {}) =>
      webSocketClient(`ws://127.0.0.1:${port}${path}`, protocol, origin),
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

export function webSocketClient(url: string, protocol: string, origin?: string): TestClient {
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
