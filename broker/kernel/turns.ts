import { Ring } from './ring.ts';
import type { Time } from './time.ts';

/**
 * Runs pieces of work one a turn of the event loop, so that many costly ones asked for at once let everybody else go
 * between them. Who asks has a lane, and lanes take turns: one that asks for a thousand pieces delays another's by one.
 */
export class Turns {
  readonly #time: Time;
  readonly #waitingMax: number;
  /** Those that have work, the next first. */
  readonly #lanes = new Set<Ring<() => void>>();
  #scheduled = false;

  /** At most `waitingMax` pieces wait in one lane. */
  constructor(time: Time, waitingMax: number) {
    this.#time = time;
    this.#waitingMax = waitingMax;
  }

  lane(): Lane {
    const waiting = new Ring<() => void>(this.#waitingMax);
    return {
      add: (work) => {
        if (!waiting.push(work)) return false;
        this.#lanes.add(waiting);
        this.#schedule();
        return true;
      },
      clear: () => {
        waiting.clear();
        this.#lanes.delete(waiting);
      },
    };
  }

  #schedule(): void {
    if (this.#scheduled || this.#lanes.size === 0) return;
    this.#scheduled = true;
    this.#time.afterReads(() => {
      this.#scheduled = false;
      this.#runOne();
      this.#schedule();
    });
  }

  #runOne(): void {
    const [lane] = this.#lanes;
    if (lane === undefined) return;
    const work = lane.shift();
    // To the end of the line, or out of it.
    this.#lanes.delete(lane);
    if (lane.length > 0) this.#lanes.add(lane);
    work?.();
  }
}

export interface Lane {
  /** `work` must not throw. False, and nothing will be done, when too many wait. */
  add(work: () => void): boolean;
  /** What waits is not done. */
  clear(): void;
}
