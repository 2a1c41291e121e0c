import type { Socket } from 'node:net';
import type { Slices } from '../kernel/slices.ts';
import type { Time } from '../kernel/time.ts';
import { acceptGuarded, type OnFault } from './guard.ts';
import { after, LINGER_MS } from './linger.ts';
import type { Connection, ConnectionHandler, Door, SendOutcome } from './transport.ts';

export interface TcpConnectionOptions {
  readonly socket: Socket;
  readonly protocol: string;
  readonly time: Time;
  /** What all connections of the transport together may take of a turn of the event loop to read. */
  readonly slices: Slices;
  readonly backpressureBytesMax: number;
  readonly onFault: OnFault;
  /** It is over. */
  readonly onGone: () => void;
}

/**
 * What one connection may read at a time, before others who wait have theirs, and how much of what came is read before that is
 * looked at. The system hands over what has come by megabytes, which of small packets is a second's work; two kilobytes of
 * them are some hundred packets, a millisecond if each is a subscription.
 */
const QUANTUM_MS = 2;
const PIECE_BYTES = 2_048;

/** As a WebSocket says that no close frame came: TCP has none. */
const NO_CLOSE_FRAME = 1006;

/** One TCP connection, and what its events mean to the handler behind it. */
export class TcpConnection implements Connection {
  readonly remote: string;
  readonly protocol: string;
  readonly #options: TcpConnectionOptions;
  readonly #socket: Socket;
  #handler: ConnectionHandler | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #farewell: { readonly code: number; readonly reason: string; readonly stopLinger: () => void } | undefined;
  /** Why it broke, for logs. */
  #fault = '';
  /** What came and has to wait for its turn, while nothing more is read. */
  #waiting: Buffer | undefined;

  constructor(options: TcpConnectionOptions) {
    const { socket, protocol } = options;
    this.#options = options;
    this.#socket = socket;
    this.protocol = protocol;
    this.remote = socket.remoteAddress ?? '';
    socket.on('data', (bytes) => this.#received(bytes));
    socket.on('drain', () => this.#drained());
    socket.on('error', (error) => {
      this.#fault = error.message;
    });
    socket.on('close', () => this.#gone());
  }

  /** Apart from the constructor, because the door may close the connection at once. */
  enter(door: Door): void {
    this.#handler = acceptGuarded(door, this, this.#options.onFault);
  }

  sendText(message: string): SendOutcome {
    return this.#send(Buffer.from(message));
  }

  sendBinary(message: Uint8Array): SendOutcome {
    // The socket keeps what it is given until the kernel has taken it.
    return this.#send(Buffer.from(message));
  }

  #send(bytes: Buffer): SendOutcome {
    if (this.#state !== 'open' || this.bufferedBytes > this.#options.backpressureBytesMax) return 'lost';
    this.#socket.write(bytes);
    return this.bufferedBytes > 0 ? 'buffered' : 'sent';
  }

  get bufferedBytes(): number {
    return this.#state === 'closed' ? 0 : this.#socket.writableLength;
  }

  /** The system tries by itself. */
  nudge(): void {}

  close(code: number, reason: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    const stopLinger = after(this.#options.time, LINGER_MS, () => this.#socket.destroy());
    this.#farewell = { code, reason, stopLinger };
    // Not destroyed at once: the system would throw away what the peer has not read yet, should it send anything more.
    this.#socket.end();
  }

  #received(bytes: Buffer): void {
    if (this.#waiting !== undefined) this.#waiting = Buffer.concat([this.#waiting, bytes]);
    else this.#read(bytes);
  }

  #read(bytes: Buffer): void {
    const { time, slices } = this.#options;
    const endMs = time.monotonicMs() + QUANTUM_MS;
    for (let at = 0; at < bytes.length && this.#state === 'open'; at += PIECE_BYTES) {
      if (slices.spent || time.monotonicMs() > endMs) {
        this.#waiting = bytes.subarray(at);
        this.#socket.pause();
        slices.wait(this.#goOn);
        return;
      }
      this.#handler?.onBinary(bytes.subarray(at, at + PIECE_BYTES));
    }
  }

  readonly #goOn = (): void => {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#read(waiting);
    if (this.#waiting === undefined) this.#socket.resume();
  };

  #drained(): void {
    if (this.#state === 'open') this.#handler?.onWritable();
  }

  #gone(): void {
    this.#state = 'closed';
    this.#options.slices.forget(this.#goOn);
    this.#farewell?.stopLinger();
    this.#handler?.onClose(this.#farewell?.code ?? NO_CLOSE_FRAME, this.#farewell?.reason ?? this.#fault);
    this.#options.onGone();
  }
}
