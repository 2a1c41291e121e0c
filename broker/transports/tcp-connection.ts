import type { Socket } from 'node:net';
import type { Time } from '../kernel/time.ts';
import { acceptGuarded, type OnFault } from './guard.ts';
import { after, LINGER_MS } from './linger.ts';
import type { Connection, ConnectionHandler, Door, SendOutcome } from './transport.ts';

export interface TcpConnectionOptions {
  readonly socket: Socket;
  readonly protocol: string;
  readonly time: Time;
  readonly backpressureBytesMax: number;
  readonly onFault: OnFault;
  /** It is over. */
  readonly onGone: () => void;
}

/**
 * What one connection may take of a turn of the event loop, and how much of what came is read before that is looked at. The
 * system hands over what has come by megabytes, which of small packets is a second's work, and everybody else waits.
 */
const TURN_MS = 2;
const SLICE_BYTES = 8_192;

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
  /** What it has had of this turn; and what came and has to wait for the next one, while nothing more is read. */
  #spentMs = 0;
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
    const { time } = this.#options;
    if (this.#spentMs === 0) time.afterReads(() => this.#nextTurn());
    for (let at = 0; at < bytes.length && this.#state === 'open'; at += SLICE_BYTES) {
      if (this.#spentMs > TURN_MS) {
        this.#waiting = bytes.subarray(at);
        this.#socket.pause();
        return;
      }
      const beganMs = time.monotonicMs();
      this.#handler?.onBinary(bytes.subarray(at, at + SLICE_BYTES));
      this.#spentMs += Math.max(Number.MIN_VALUE, time.monotonicMs() - beganMs);
    }
  }

  #nextTurn(): void {
    this.#spentMs = 0;
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#read(waiting);
    if (this.#waiting === undefined) this.#socket.resume();
  }

  #drained(): void {
    if (this.#state === 'open') this.#handler?.onWritable();
  }

  #gone(): void {
    this.#state = 'closed';
    this.#farewell?.stopLinger();
    this.#handler?.onClose(this.#farewell?.code ?? NO_CLOSE_FRAME, this.#farewell?.reason ?? this.#fault);
    this.#options.onGone();
  }
}
