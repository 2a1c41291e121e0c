import type { Chance } from '../../../broker/kernel/chance.ts';
import type { Time } from '../../../broker/kernel/time.ts';
import { after } from '../../../broker/transports/linger.ts';

/**
 * The clock that a transport in memory is given so that its frames take time. What one pipe carries stays in order, because
 * a pipe asks for one reading at a time; what several carry does not.
 */
export class LaggingTime implements Time {
  readonly #time: Time;
  readonly #chance: Chance;
  readonly #lagMsMax: number;

  constructor(time: Time, chance: Chance, lagMsMax: number) {
    this.#time = time;
    this.#chance = chance;
    this.#lagMsMax = lagMsMax;
  }

  monotonicMs(): number {
    return this.#time.monotonicMs();
  }

  wallMs(): number {
    return this.#time.wallMs();
  }

  every(periodMs: number, tick: () => void): () => void {
    return this.#time.every(periodMs, tick);
  }

  afterReads(then: () => void): void {
    const lagMs = Math.floor(this.#chance.fraction() * (this.#lagMsMax + 1));
    if (lagMs === 0) this.#time.afterReads(then);
    else after(this.#time, lagMs, then);
  }
}
