import type { Frame } from './memory-pipe.ts';

/** What a client end is told. Set before the next turn, or the first messages pass unseen. */
export interface MemoryPeerHandler {
  onOpen?(): void;
  onText?(message: string): void;
  onBinary?(message: Uint8Array): void;
  /** The last call. 1006 where there was no close frame. */
  onClose?(code: number, reason: string): void;
}

/** The connection, as its client end uses it. */
export interface PeerLink {
  send(frame: Frame): void;
  pause(): void;
  resume(): void;
  /** No frame of either side arrives any more; both ends learn of it in the next turn. */
  vanish(): void;
}

type PeerState = 'connecting' | 'open' | 'closing' | 'closed';

const encoder = new TextEncoder();

/** The client end of an in-memory connection, with the faults a test wants to make. */
export class MemoryPeer {
  handler: MemoryPeerHandler = {};
  readonly #link: PeerLink;
  #state: PeerState = 'connecting';

  constructor(link: PeerLink) {
    this.#link = link;
  }

  get state(): PeerState {
    return this.#state;
  }

  /** Without effect unless open, as with the other senders. */
  sendText(text: string): void {
    this.#send({ kind: 'text', text, size: encoder.encode(text).length });
  }

  /** The bytes are copied before it returns. */
  sendBinary(message: Uint8Array): void {
    this.#send({ kind: 'binary', bytes: message.slice(), size: message.length });
  }

  /** Starts the closing handshake; what is under way still arrives. */
  close(code: number, reason: string): void {
    if (this.#state === 'connecting') {
      this.vanish();
    } else if (this.#state === 'open') {
      this.#send({ kind: 'close', code, reason, size: 0 });
      this.#state = 'closing';
    }
  }

  /** Is gone without a close frame, as when a process is killed; what is under way, both ways, is lost. */
  vanish(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closing';
    this.#link.vanish();
  }

  /** Stops reading, so that what the broker sends piles up there. */
  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  // What the link tells it.

  opened(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.handler.onOpen?.();
  }

  received(frame: Frame): void {
    if (this.#state === 'closed') return;
    if (frame.kind === 'text') this.handler.onText?.(frame.text);
    else if (frame.kind === 'binary') this.handler.onBinary?.(frame.bytes);
    else this.closed(frame.code, frame.reason);
  }

  closed(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.handler.onClose?.(code, reason);
  }

  #send(frame: Frame): void {
    if (this.#state === 'open') this.#link.send(frame);
  }
}
