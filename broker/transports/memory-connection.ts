import type { Time } from '../kernel/time.ts';
import { fitCloseReason } from './close-reason.ts';
import { acceptGuarded, type OnFault } from './guard.ts';
import { after, LINGER_MS } from './linger.ts';
import { MemoryPeer } from './memory-peer.ts';
import { type Frame, MemoryPipe } from './memory-pipe.ts';
import type { Connection, ConnectionHandler, Door, SendOutcome } from './transport.ts';

export interface MemoryConnectionOptions {
  readonly protocol: string;
  readonly time: Time;
  readonly frameBytesMax: number;
  readonly backpressureBytesMax: number;
  readonly kernelBytes: number;
  readonly onFault: OnFault;
  /** The connection is over, for both ends. */
  readonly onGone: (connection: MemoryConnection) => void;
}

const NO_CLOSE_FRAME = 1006;
const MESSAGE_TOO_BIG = 1009;

const encoder = new TextEncoder();

/** The broker's end of an in-memory connection; `peer` is the other. Behaves as one over uWebSockets.js does. */
export class MemoryConnection implements Connection {
  readonly remote = 'memory';
  readonly protocol: string;
  readonly peer: MemoryPeer;
  readonly #options: MemoryConnectionOptions;
  readonly #inbound: MemoryPipe;
  readonly #outbound: MemoryPipe;
  #handler: ConnectionHandler | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #farewell: { readonly code: number; readonly reason: string; readonly stopLinger: () => void } | undefined;

  constructor(options: MemoryConnectionOptions) {
    const { time, kernelBytes } = options;
    this.protocol = options.protocol;
    this.#options = options;
    this.#inbound = new MemoryPipe({
      time,
      kernelBytes: Number.POSITIVE_INFINITY,
      deliver: (frame) => this.#received(frame),
      onDrained: () => {},
    });
    this.#outbound = new MemoryPipe({
      time,
      kernelBytes,
      deliver: (frame) => this.peer.received(frame),
      onDrained: () => this.#drained(),
    });
    this.peer = new MemoryPeer({
      send: (frame) => this.#inbound.push(frame),
      pause: () => this.#outbound.pause(),
      resume: () => this.#outbound.resume(),
      vanish: () => this.#vanished(),
    });
  }

  /** The door opens: the handler first, then the peer learns of it. */
  enter(door: Door): void {
    if (this.#state !== 'open') return;
    this.#handler = acceptGuarded(door, this, this.#options.onFault);
    this.peer.opened();
  }

  sendText(text: string): SendOutcome {
    return this.#send({ kind: 'text', text, size: encoder.encode(text).length });
  }

  sendBinary(message: Uint8Array): SendOutcome {
    return this.#send({ kind: 'binary', bytes: message.slice(), size: message.length });
  }

  #send(frame: Frame): SendOutcome {
    if (this.#state !== 'open' || this.bufferedBytes > this.#options.backpressureBytesMax) return 'lost';
    this.#outbound.push(frame);
    return this.bufferedBytes > 0 ? 'buffered' : 'sent';
  }

  get bufferedBytes(): number {
    return this.#state === 'closed' ? 0 : this.#outbound.bufferedBytes;
  }

  /** What waits here waits for its peer alone. */
  nudge(): void {}

  close(code: number, reason: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    const stopLinger = after(this.#options.time, LINGER_MS, () => this.#cutOff());
    this.#farewell = { code, reason: fitCloseReason(reason), stopLinger };
    this.#endOnceFlushed();
  }

  #endOnceFlushed(): void {
    if (this.#state !== 'closing' || this.#farewell === undefined || this.bufferedBytes > 0) return;
    const { code, reason } = this.#farewell;
    this.#outbound.push({ kind: 'close', code, reason, size: 0 });
    this.#end(code, reason);
  }

  #cutOff(): void {
    if (this.#state !== 'closing') return;
    this.#outbound.cut();
    this.#options.time.afterReads(() => this.peer.closed(NO_CLOSE_FRAME, ''));
    this.#end(NO_CLOSE_FRAME, '');
  }

  #received(frame: Frame): void {
    if (this.#state !== 'open') return;
    if (frame.size > this.#options.frameBytesMax) {
      this.close(MESSAGE_TOO_BIG, `a frame of ${frame.size} bytes; at most ${this.#options.frameBytesMax}`);
    } else if (frame.kind === 'text') {
      this.#handler?.onText(frame.text);
    } else if (frame.kind === 'binary') {
      this.#handler?.onBinary(frame.bytes);
    } else {
      this.#outbound.push(frame);
      this.#end(frame.code, frame.reason);
    }
  }

  #drained(): void {
    if (this.#state === 'open') this.#handler?.onWritable();
    else this.#endOnceFlushed();
  }

  #vanished(): void {
    this.#inbound.cut();
    this.#outbound.cut();
    this.#options.time.afterReads(() => this.peer.closed(NO_CLOSE_FRAME, ''));
    if (this.#state !== 'closed') this.#end(NO_CLOSE_FRAME, '');
  }

  #end(code: number, reason: string): void {
    this.#state = 'closed';
    this.#farewell?.stopLinger();
    this.#options.time.afterReads(() => {
      this.#handler?.onClose(code, reason);
      this.#options.onGone(this);
    });
  }
}
