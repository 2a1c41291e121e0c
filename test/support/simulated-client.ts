import type { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import type { MemoryPeer } from '../../broker/transports/memory-peer.ts';
import { type Client, type ConnectOptions, connect } from '../../client/index.ts';
import type { ClientTime } from '../../client/time.ts';
import type { WebSocketLike } from '../../client/websocket.ts';
import { turn } from './manual-time.ts';
import { type SimulatedBroker, simulatedBroker } from './simulated-broker.ts';

export interface SimulatedWorld extends SimulatedBroker {
  /** A client of the library, and a way to cut its line. */
  client(options?: ConnectOptions): Promise<SimulatedClient>;
  /** What a promise comes to, with all turns that it takes, and no time. Rejects as it does. */
  of<T>(promise: Promise<T>): Promise<T>;
  /** Moves the clock of the broker and of all clients, in steps, with turns in between. */
  pass(ms: number): Promise<void>;
}

export interface SimulatedClient {
  readonly client: Client;
  /** As when its process or the network is gone; it connects again by itself. */
  cut(): void;
}

/** Longer than anything takes that takes no time. */
const TURNS_MAX = 1_000;
const STEP_MS = 100;

/** A whole broker in memory and clients of the library, all on one clock that the test owns. */
export async function simulatedWorld(...config: Parameters<typeof simulatedBroker>): Promise<SimulatedWorld> {
  const simulated = await simulatedBroker(...config);
  const { time, transport } = simulated;
  const of = async <T>(promise: Promise<T>): Promise<T> => {
    let waiting = true;
    const over = (): void => {
      waiting = false;
    };
    promise.then(over, over);
    for (let turns = 0; waiting; turns++) {
      if (turns === TURNS_MAX) throw new Error('it waits for something else than its turn');
      time.settle();
      await turn();
    }
    return promise;
  };
  return {
    ...simulated,
    of,
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        time.advance(Math.min(STEP_MS, ms - passed));
        for (let turns = 0; turns < 3; turns++) {
          await turn();
          time.settle();
        }
      }
    },
    async client(options = {}) {
      let peer: MemoryPeer | undefined;
      const webSocket = (): WebSocketLike => {
        peer = transport.connect();
        return socketOf(peer);
      };
      const client = await of(connect('ws://memory', { webSocket, time: clientTime(time), ...options }));
      return { client, cut: () => peer?.vanish() };
    },
  };
}

function clientTime(time: SimulatedTime): ClientTime {
  return {
    nowMs: () => time.monotonicMs(),
    after(delayMs, then) {
      const stop = time.every(Math.max(delayMs, 1), () => {
        stop();
        then();
      });
      return stop;
    },
    endOfTurn: queueMicrotask,
    fraction: () => 0.5,
  };
}

interface SocketEvents {
  readonly open: object;
  readonly error: object;
  readonly message: { readonly data: unknown };
  readonly close: { readonly code: number; readonly reason: string };
}

function socketOf(peer: MemoryPeer): WebSocketLike {
  const listeners: { [T in keyof SocketEvents]: ((event: SocketEvents[T]) => void)[] } = {
    open: [],
    error: [],
    message: [],
    close: [],
  };
  const tell = <T extends keyof SocketEvents>(type: T, event: SocketEvents[T]): void => {
    for (const listener of listeners[type]) listener(event);
  };
  peer.handler = {
    onOpen: () => tell('open', {}),
    onText: (data) => tell('message', { data }),
    onBinary: (data) => tell('message', { data }),
    onClose: (code, reason) => tell('close', { code, reason }),
  };
  return {
    binaryType: 'arraybuffer',
    bufferedAmount: 0,
    send: (frame) => (typeof frame === 'string' ? peer.sendText(frame) : peer.sendBinary(frame)),
    close: (code = 1000, reason = '') => peer.close(code, reason),
    addEventListener: <T extends keyof SocketEvents>(type: T, listener: (event: SocketEvents[T]) => void): void => {
      listeners[type].push(listener);
    },
  };
}
