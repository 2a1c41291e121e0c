import type { MemoryTransport } from './memory.ts';
import type { MemoryPeer } from './memory-peer.ts';

interface SocketEvents {
  readonly open: object;
  readonly message: { readonly data: string | ArrayBuffer };
  readonly error: object;
  readonly close: { readonly code: number; readonly reason: string; readonly wasClean: boolean };
}

type Listeners = { readonly [T in keyof SocketEvents]: ((event: SocketEvents[T]) => void)[] };

const READY_STATES = { connecting: 0, open: 1, closing: 2, closed: 3 } as const;

const ABNORMAL = 1006;
/** RFC 6455 §7.4.1: what the other end is told of a close without a code. */
const NO_STATUS = 1005;

/**
 * An in-memory connection in the shape of a browser's WebSocket, down to what it throws, so that a client library runs
 * on it unchanged. `peer` is there to make faults with.
 */
export class MemorySocket {
  /** Binary messages come as ArrayBuffers, whatever this says. */
  binaryType = 'arraybuffer';
  /** The broker's end always reads. */
  readonly bufferedAmount = 0;
  readonly url: string;
  readonly protocol: string;
  readonly peer: MemoryPeer;
  readonly #listeners: Listeners = { open: [], message: [], error: [], close: [] };

  constructor(transport: MemoryTransport, url: string, protocol: string) {
    this.url = url;
    this.protocol = protocol;
    this.peer = transport.connect(protocol);
    this.peer.handler = {
      onOpen: () => this.#tell('open', {}),
      onText: (data) => this.#tell('message', { data }),
      onBinary: (message) => this.#tell('message', { data: message.slice().buffer }),
      onClose: (code, reason) => {
        const wasClean = code !== ABNORMAL;
        if (!wasClean) this.#tell('error', {});
        this.#tell('close', { code, reason, wasClean });
      },
    };
  }

  get readyState(): number {
    return READY_STATES[this.peer.state];
  }

  addEventListener<T extends keyof SocketEvents>(type: T, listener: (event: SocketEvents[T]) => void): void {
    this.#listeners[type].push(listener);
  }

  send(data: string | ArrayBuffer | ArrayBufferView): void {
    if (this.peer.state === 'connecting') throw new DOMException('still connecting', 'InvalidStateError');
    if (typeof data === 'string') this.peer.sendText(data);
    else if (data instanceof ArrayBuffer) this.peer.sendBinary(new Uint8Array(data));
    else this.peer.sendBinary(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  close(code?: number, reason = ''): void {
    const allowed = code === undefined || code === 1000 || (code >= 3000 && code <= 4999);
    if (!allowed) throw new DOMException(`${code} is not for applications`, 'InvalidAccessError');
    this.peer.close(code ?? NO_STATUS, reason);
  }

  #tell<T extends keyof SocketEvents>(type: T, event: SocketEvents[T]): void {
    for (const listener of this.#listeners[type]) listener(event);
  }
}

/** For a client library that takes its WebSocket from outside. */
export function memorySockets(transport: MemoryTransport): (url: string, protocol: string) => MemorySocket {
  return (url, protocol) => new MemorySocket(transport, url, protocol);
}
