import type { Time } from './time.ts';

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
  #endMs = 0;

  /** A turn may go on for `sliceMs` with such work; what is left waits until the sockets were read again. */
  constructor(time: Time, sliceMs = 1) {
    this.#time = time;
    this.#sliceMs = sliceMs;
  }

  /** The slice of this turn is over. The first who asks begins it. */
  get spent(): boolean {
    if (this.#isOpen) return this.#time.monotonicMs() >= this.#endMs;
    this.#isOpen = true;
    this.#endMs = this.#time.monotonicMs() + this.#sliceMs;
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
    for (const goOn of this.#waiting) {
      if (this.spent) return;
      this.#waiting.delete(goOn);
      goOn();
    }
  };
}
