import { Ring } from './ring.ts';
import type { Time } from './time.ts';

/**
 * Runs pieces of work one a turn of the event loop, in their order, so that many costly ones asked for at once let
 * everybody else go between them.
 */
export class Turns {
  readonly #time: Time;
  readonly #waiting: Ring<() => void>;

  /** At most `max` pieces wait. */
  constructor(time: Time, max: number) {
    this.#time = time;
    this.#waiting = new Ring(max);
  }

  /** `work` must not throw. False, and nothing will be done, when too many wait. */
  add(work: () => void): boolean {
    if (!this.#waiting.push(work)) return false;
    if (this.#waiting.length === 1) this.#time.afterReads(() => this.#run());
    return true;
  }

  #run(): void {
    this.#waiting.peek()?.();
    this.#waiting.shift();
    if (this.#waiting.length > 0) this.#time.afterReads(() => this.#run());
  }
}
