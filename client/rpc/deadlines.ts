import type { ClientTime } from '../time.ts';

/** Something that ends by time. */
export interface Mortal {
  /** When it is over, on the client's clock. */
  readonly dueMs: number;
}

/**
 * One timer for all deadlines: most requests are answered long before theirs, and a timer for each would be made for
 * nothing. Costs a look at each that is left when one is due.
 */
export class Deadlines<T extends Mortal> {
  readonly #time: ClientTime;
  readonly #all: Iterable<T>;
  readonly #due: (one: T) => void;
  #atMs = Number.POSITIVE_INFINITY;
  #stopTimer: (() => void) | undefined;

  /** `all`: those that are watched. `due` is to take it out of them. */
  constructor(time: ClientTime, all: Iterable<T>, due: (one: T) => void) {
    this.#time = time;
    this.#all = all;
    this.#due = due;
  }

  /** One more is to be watched, or is due at another time. */
  watch({ dueMs }: T): void {
    if (dueMs >= this.#atMs) return;
    this.#stopTimer?.();
    this.#atMs = dueMs;
    this.#stopTimer = this.#time.after(Math.max(0, dueMs - this.#time.nowMs()), this.#look);
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#atMs = Number.POSITIVE_INFINITY;
  }

  readonly #look = (): void => {
    this.stop();
    const nowMs = this.#time.nowMs();
    const due: T[] = [];
    let next: T | undefined;
    for (const one of this.#all) {
      if (one.dueMs <= nowMs) due.push(one);
      else if (next === undefined || one.dueMs < next.dueMs) next = one;
    }
    if (next !== undefined) this.watch(next);
    for (const one of due) this.#due(one);
  };
}
