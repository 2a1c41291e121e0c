import type { Time } from '../kernel/time.ts';
import { fitCloseReason } from './close-reason.ts';
import { acceptGuarded, type OnFault } from './guard.ts';
import { after, LINGER_MS } from './linger.ts';
import type { Connection, ConnectionHandler, Door, SendOutcome } from './transport.ts';

/** What is used of a WebSocket of uWebSockets.js. Any call on a closed one throws. */
export interface NativeSocket {
  /** 0: buffered; 1: sent; 2: lost. */
  send(message: string | Uint8Array, isBinary: boolean): number;
  getBufferedAmount(): number;
  getRemoteAddressAsText(): ArrayBuffer;
  ping(): number;
  end(code: number, reason: string): void;
  close(): void;
}

export interface UwsConnectionOptions {
  readonly socket: NativeSocket;
  readonly protocol: string;
  readonly time: Time;
  readonly frameBytesMax: number;
  readonly onFault: OnFault;
}

const OUTCOMES: readonly SendOutcome[] = ['buffered', 'sent', 'lost'];

const MESSAGE_TOO_BIG = 1009;

const decoder = new TextDecoder();

/** One WebSocket, and what its events mean to the handler behind it. */
export class UwsConnection implements Connection {
  readonly remote: string;
  readonly protocol: string;
  readonly #time: Time;
  readonly #frameBytesMax: number;
  readonly #onFault: OnFault;
  #handler: ConnectionHandler | undefined;
  /** Undefined once it is closed and must not be touched. */
  #socket: NativeSocket | undefined;
  #leaving: { readonly code: number; readonly reason: string; readonly stopLinger: () => void } | undefined;

  constructor({ socket, protocol, time, frameBytesMax, onFault }: UwsConnectionOptions) {
    this.#socket = socket;
    this.protocol = protocol;
    this.#time = time;
    this.#frameBytesMax = frameBytesMax;
    this.#onFault = onFault;
    this.remote = decoder.decode(socket.getRemoteAddressAsText());
  }

  /** Apart from the constructor, because the door may close the connection at once, and `closed` must find it. */
  enter(door: Door): void {
    this.#handler = acceptGuarded(door, this, this.#onFault);
  }

  sendText(message: string): SendOutcome {
    return this.#send(message, false);
  }

  sendBinary(message: Uint8Array): SendOutcome {
    return this.#send(message, true);
  }

  #send(message: string | Uint8Array, isBinary: boolean): SendOutcome {
    if (this.#socket === undefined || this.#leaving !== undefined) return 'lost';
    return OUTCOMES[this.#socket.send(message, isBinary)] ?? 'lost';
  }

  get bufferedBytes(): number {
    return this.#socket?.getBufferedAmount() ?? 0;
  }

  /**
   * The last bytes for a peer that was ready to take them were seen to wait, under load and rarely, until something else
   * was sent to it; why is not known. A ping is something else.
   */
  nudge(): void {
    if (this.#leaving === undefined) this.#socket?.ping();
  }

  /**
   * uWS drops a close frame, and all that waits before it, where the hard limit is passed: so it is not sent before the
   * peer has read everything.
   */
  close(code: number, reason: string): void {
    if (this.#socket === undefined || this.#leaving !== undefined) return;
    const stopLinger = after(this.#time, LINGER_MS, () => this.#socket?.close());
    this.#leaving = { code, reason: fitCloseReason(reason), stopLinger };
    this.#endOnceFlushed();
  }

  #endOnceFlushed(): void {
    if (this.#leaving !== undefined && this.bufferedBytes === 0) {
      this.#socket?.end(this.#leaving.code, this.#leaving.reason);
    }
  }

  // What uWS tells us.

  received(message: ArrayBuffer, isBinary: boolean): void {
    if (this.#leaving !== undefined) return;
    if (message.byteLength > this.#frameBytesMax) {
      this.close(MESSAGE_TOO_BIG, `a frame of ${message.byteLength} bytes; at most ${this.#frameBytesMax}`);
    } else if (isBinary) {
      this.#handler?.onBinary(new Uint8Array(message));
    } else {
      this.#handler?.onText(decoder.decode(message));
    }
  }

  drained(): void {
    if (this.#leaving === undefined) this.#handler?.onWritable();
    else this.#endOnceFlushed();
  }

  closed(code: number, reason: ArrayBuffer): void {
    this.#socket = undefined;
    const text = decoder.decode(reason);
    if (this.#leaving === undefined) {
      this.#handler?.onClose(code, text);
      return;
    }
    this.#leaving.stopLinger();
    // uWS calls this from inside `end`, that is, from inside somebody's `close`.
    this.#time.afterReads(() => this.#handler?.onClose(code, text));
  }
}
