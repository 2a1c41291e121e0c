import type { Time } from '../kernel/time.ts';

/** What travels one way over a WebSocket. */
export type Frame =
  | { readonly kind: 'text'; readonly text: string; readonly size: number }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array; readonly size: number }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string; readonly size: number };

export interface MemoryPipeOptions {
  readonly time: Time;
  /** What the two kernels of a real connection would hold before anything waits at the sender. */
  readonly kernelBytes: number;
  readonly deliver: (frame: Frame) => void;
  /** The reader took something, after something had waited at the sender. */
  readonly onDrained: () => void;
}

/**
 * One direction of a connection. A frame arrives after the reads of the turn in which it was sent, in order; a paused
 * reader leaves it where it is. Its length is bounded by its sender, who asks `bufferedBytes` first.
 */
export class MemoryPipe {
  readonly #options: MemoryPipeOptions;
  #frames: Frame[] = [];
  #bytes = 0;
  #paused = false;
  #cut = false;
  #scheduled = false;
  #waited = false;

  constructor(options: MemoryPipeOptions) {
    this.#options = options;
  }

  /** Bytes that wait at the sender. */
  get bufferedBytes(): number {
    return Math.max(0, this.#bytes - this.#options.kernelBytes);
  }

  push(frame: Frame): void {
    if (this.#cut) return;
    this.#frames.push(frame);
    this.#bytes += frame.size;
    if (this.bufferedBytes > 0) this.#waited = true;
    this.#schedule();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  /** What is under way is lost, and nothing more arrives. */
  cut(): void {
    this.#cut = true;
    this.#frames = [];
    this.#bytes = 0;
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused || this.#frames.length === 0) return;
    this.#scheduled = true;
    this.#options.time.afterReads(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  /** One read: what is here now, and not what its receivers send meanwhile. */
  #run(): void {
    const batch = this.#frames;
    this.#frames = [];
    let taken = 0;
    while (taken < batch.length && !this.#paused && !this.#cut) {
      const frame = batch[taken++] as Frame;
      this.#bytes -= frame.size;
      this.#options.deliver(frame);
    }
    if (this.#cut) return;
    if (taken < batch.length) this.#frames = [...batch.slice(taken), ...this.#frames];
    if (this.#waited && this.bufferedBytes === 0) {
      this.#waited = false;
      this.#options.onDrained();
    }
    this.#schedule();
  }
}
