/** So many failed events are remembered, by position. */
const FAILED_MAX = 10_000;

/**
 * The wanted events and the workers on them, each of whom takes one at a time. There are never more workers than events
 * are still wanted, so that none is taken in vain.
 */
export class WorkTally {
  readonly #failed = new Set<number>();
  #wanted: number;
  #workers: number;

  /** @param wanted how many events shall be done; infinite: whatever comes */
  constructor({ wanted, concurrency }: { readonly wanted: number; readonly concurrency: number }) {
    this.#wanted = wanted;
    this.#workers = Math.min(wanted, concurrency);
  }

  get workers(): number {
    return this.#workers;
  }

  /** Positions of the events that failed and were not done since; of very many, the first. */
  get failed(): readonly number[] {
    return [...this.#failed];
  }

  /** One is done. Says whether its worker shall go on. */
  done(seq: number): 'go on' | 'enough' {
    this.#failed.delete(seq);
    this.#wanted -= 1;
    if (this.#workers <= this.#wanted) return 'go on';
    this.#workers -= 1;
    return 'enough';
  }

  /** One failed, and may come again. */
  fail(seq: number): void {
    if (this.#failed.size < FAILED_MAX) this.#failed.add(seq);
  }
}
