import type { Time } from '../kernel/time.ts';

/** So long a turn may go on flushing; what is left waits until the sockets were read again. */
const SLICE_MS = 5;
/** Flushes between two looks at the clock. */
const STEP = 16;

/** The outgoing side of a connection, with something gathered. */
export interface Flushable {
  flushDue(): void;
}

/**
 * Who has something to send at the end of this turn of the event loop, first come, first served. An event for a hundred
 * thousand connections takes as many system calls; done in one turn they would hold up everybody else for half a second.
 */
export class Flushes {
  readonly #time: Time;
  #due: Flushable[] = [];
  /** Those before it are done. */
  #next = 0;
  #scheduled = false;

  constructor(time: Time) {
    this.#time = time;
  }

  /** Once for each time that it has something: it is forgotten when it is flushed. */
  add(one: Flushable): void {
    this.#due.push(one);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#time.afterReads(this.#flush);
  }

  readonly #flush = (): void => {
    const due = this.#due;
    const endMs = this.#time.monotonicMs() + SLICE_MS;
    while (this.#next < due.length) {
      const until = Math.min(due.length, this.#next + STEP);
      while (this.#next < until) due[this.#next++]?.flushDue();
      if (this.#next < due.length && this.#time.monotonicMs() >= endMs) {
        this.#forgetDone();
        this.#time.afterReads(this.#flush);
        return;
      }
    }
    this.#due = [];
    this.#next = 0;
    this.#scheduled = false;
  };

  /** Where there is always more to flush, there is no end of it. Cost: one move of each that is flushed, at most. */
  #forgetDone(): void {
    if (this.#next * 2 < this.#due.length) return;
    this.#due = this.#due.slice(this.#next);
    this.#next = 0;
  }
}
