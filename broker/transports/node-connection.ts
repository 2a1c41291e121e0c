import type { Time } from '../kernel/time.ts';
import { fitCloseReason } from './close-reason.ts';
import { acceptGuarded, type OnFault } from './guard.ts';
import { after, LINGER_MS } from './linger.ts';
import type { Connection, ConnectionHandler, Door, SendOutcome } from './transport.ts';

/** What is used of a WebSocket of the package `ws`. */
export interface WsSocket {
  readonly bufferedAmount: number;
  send(message: string | Uint8Array, then: (error?: Error | null) => void): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

export interface NodeConnectionOptions {
  readonly socket: WsSocket;
  readonly protocol: string;
  readonly remote: string;
  readonly time: Time;
  readonly frameBytesMax: number;
  readonly backpressureBytesMax: number;
  readonly onFault: OnFault;
}

const NO_CLOSE_FRAME = 1006;
const MESSAGE_TOO_BIG = 1009;

const decoder = new TextDecoder();

/** One WebSocket of the package `ws`, and what its events mean to the handler behind it. */
export class NodeConnection implements Connection {
  readonly remote: string;
  readonly protocol: string;
  readonly #options: NodeConnectionOptions;
  #handler: ConnectionHandler | undefined;
  #isClosed = false;
  #waited = false;
  #heard = true;
  #leaving: { readonly code: number; readonly reason: string; readonly stopLinger: () => void } | undefined;

  constructor(options: NodeConnectionOptions) {
    this.#options = options;
    this.remote = options.remote;
    this.protocol = options.protocol;
  }

  enter(door: Door): void {
    this.#handler = acceptGuarded(door, this, this.#options.onFault);
  }

  sendText(message: string): SendOutcome {
    return this.#send(message);
  }

  /** The package may keep what it is given until the peer has read it. */
  sendBinary(message: Uint8Array): SendOutcome {
    return this.#send(message.slice());
  }

  #send(message: string | Uint8Array): SendOutcome {
    const { socket, backpressureBytesMax } = this.#options;
    if (this.#isClosed || this.#leaving !== undefined || this.bufferedBytes > backpressureBytesMax) return 'lost';
    socket.send(message, () => this.#written());
    if (this.bufferedBytes === 0) return 'sent';
    this.#waited = true;
    return 'buffered';
  }

  #written(): void {
    if (!this.#waited || this.#isClosed || this.#leaving !== undefined || this.bufferedBytes > 0) return;
    this.#waited = false;
    this.#handler?.onWritable();
  }

  get bufferedBytes(): number {
    return this.#isClosed ? 0 : this.#options.socket.bufferedAmount;
  }

  /** What waits here waits for its peer alone. */
  nudge(): void {}

  close(code: number, reason: string): void {
    if (this.#isClosed || this.#leaving !== undefined) return;
    const { socket, time } = this.#options;
    const stopLinger = after(time, LINGER_MS, () => socket.terminate());
    this.#leaving = { code, reason: fitCloseReason(reason), stopLinger };
    // Behind everything that was sent.
    socket.close(code, this.#leaving.reason);
  }

  /** To be called once an idle time: whoever has said nothing since the last call, not even that it is there, is gone. */
  checkAlive(): void {
    if (!this.#heard) this.#options.socket.terminate();
    this.#heard = false;
    this.#options.socket.ping();
  }

  // What the package tells us.

  heard(): void {
    this.#heard = true;
  }

  received(message: Uint8Array, isBinary: boolean): void {
    this.#heard = true;
    if (this.#leaving !== undefined) return;
    const { frameBytesMax } = this.#options;
    if (message.length > frameBytesMax) {
      this.close(MESSAGE_TOO_BIG, `a frame of ${message.length} bytes; at most ${frameBytesMax}`);
    } else if (isBinary) this.#handler?.onBinary(message);
    else this.#handler?.onText(decoder.decode(message));
  }

  closed(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#leaving?.stopLinger();
    // A peer that took our farewell repeats its code; one that was cut off says nothing.
    const farewell = code === NO_CLOSE_FRAME ? undefined : this.#leaving;
    const [endCode, endReason] = farewell === undefined ? [code, reason] : [farewell.code, farewell.reason];
    this.#options.time.afterReads(() => this.#handler?.onClose(endCode, endReason));
  }
}
