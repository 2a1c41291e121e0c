import type { Time } from './time.ts';

/** Of what the turn before took, such work may have this part, so that it goes on where everything else has much to do. */
const SHARE = 1 / 4;
/** But no more, as after a standstill of the process. */
const SLICE_MS_MAX = 20;

/**
 * One slice of each turn of the event loop, for work that comes in many small pieces from many sides: who asks for ten
 * thousand pieces at once delays everything else by a slice, and others who ask for some by their share of the line.
 *
 *     while (pieces are left) {
 *       if (slices.spent) return slices.wait(goOn);
 *       …one piece
 *     }
 */
export class Slices {
  readonly #time: Time;
  readonly #sliceMs: number;
  /** Who has more to do than the slices so far were enough for, the next first. */
  readonly #waiting = new Set<() => void>();
  #isOpen = false;
  #beganMs = 0;
  #endMs = 0;
  /** What the turn before took, while somebody waits. */
  #turnMs = 0;

  /** A turn may go on for `sliceMs` with such work, or for a quarter of what the one before took; what is left waits until the sockets were read again. */
  constructor(time: Time, sliceMs = 1) {
    this.#time = time;
    this.#sliceMs = sliceMs;
  }

  /** The slice of this turn is over. The first who asks begins it. */
  get spent(): boolean {
    if (this.#isOpen) return this.#time.monotonicMs() >= this.#endMs;
    this.#isOpen = true;
    this.#beganMs = this.#time.monotonicMs();
    this.#endMs = this.#beganMs + Math.max(this.#sliceMs, Math.min(this.#turnMs * SHARE, SLICE_MS_MAX));
    this.#time.afterReads(this.#next);
    return false;
  }

  /** Calls `goOn` in a later slice, after those who wait already. It must not throw. */
  wait(goOn: () => void): void {
    this.#waiting.add(goOn);
  }

  /** Does not call it any more. */
  forget(goOn: () => void): void {
    this.#waiting.delete(goOn);
  }

  readonly #next = (): void => {
    this.#isOpen = false;
    this.#turnMs = this.#waiting.size > 0 ? this.#time.monotonicMs() - this.#beganMs : 0;
    for (const goOn of this.#waiting) {
      if (this.spent) return;
      this.#waiting.delete(goOn);
      goOn();
    }
  };
}
