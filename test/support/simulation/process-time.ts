import type { SimulatedTime } from '../../../broker/kernel/simulated-time.ts';
import type { Time } from '../../../broker/kernel/time.ts';

/**
 * The clock of one process in a simulation. It dies with the process: from then on nothing of it is called, whatever it
 * had set up. Its monotonic origin is its own, and its wall clock may be wrong, as those of a real process.
 */
export class ProcessTime implements Time {
  readonly #world: SimulatedTime;
  readonly #originMs: number;
  readonly #wallErrorMs: number;
  readonly #stops = new Set<() => void>();
  #alive = true;
  /** Calls it will still live to see. */
  #callsLeft = Number.POSITIVE_INFINITY;
  #died: () => void = () => {};

  constructor(world: SimulatedTime, { originMs = 0, wallErrorMs = 0 } = {}) {
    this.#world = world;
    this.#originMs = originMs - world.monotonicMs();
    this.#wallErrorMs = wallErrorMs;
  }

  get alive(): boolean {
    return this.#alive;
  }

  monotonicMs(): number {
    return this.#world.monotonicMs() + this.#originMs;
  }

  wallMs(): number {
    return this.#world.wallMs() + this.#wallErrorMs;
  }

  every(periodMs: number, tick: () => void): () => void {
    const stop = this.#world.every(periodMs, () => this.#call(tick));
    this.#stops.add(stop);
    if (!this.#alive) stop();
    return () => {
      stop();
      this.#stops.delete(stop);
    };
  }

  afterReads(then: () => void): void {
    this.#world.afterReads(() => this.#call(then));
  }

  /** At once. Idempotent. */
  kill(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const stop of this.#stops) stop();
    this.#stops.clear();
    this.#died();
  }

  /** Between two calls of the event loop, `calls` from now; then `died` is called. */
  killAfter(calls: number, died: () => void): void {
    this.#callsLeft = calls;
    this.#died = died;
  }

  #call(then: () => void): void {
    if (!this.#alive) return;
    if (this.#callsLeft <= 0) {
      this.kill();
      return;
    }
    this.#callsLeft -= 1;
    then();
  }
}
