import type { HeldLease } from '../lease.ts';
import type { Settler } from '../settler.ts';

/**
 * What was taken, and nobody else sees, until it is committed or given back. Its lease is renewed meanwhile, for an hour
 * at most, or what the broker allows: work longer than that, and the loss of the connection, put it back at its old place.
 *
 *     await using job = await jobs.in(['resize', String], { manual: true });
 *     await work(job.tuple);
 *     await job.commit();                   // left without: given back
 */
export class Taken<T> implements AsyncDisposable {
  /** Of `in` and `inp` the tuple, of `inAll` all of them. */
  readonly tuple: T;
  readonly #leases: readonly HeldLease[];
  readonly #settler: Settler;

  /** Made by the library only. */
  constructor(tuple: T, leases: readonly HeldLease[], settler: Settler) {
    this.tuple = tuple;
    this.#leases = leases;
    this.#settler = settler;
  }

  /** Fires, with a TellwhenError as its reason, when it is lost, which is before another may take it: stop working on it. */
  get signal(): AbortSignal {
    const signals = this.#leases.map(({ signal }) => signal);
    return signals.length === 1 ? (signals[0] as AbortSignal) : AbortSignal.any(signals);
  }

  /**
   * Gone from the space, for good; of a durable one on disk. Rejects with TellwhenError: `lease_expired` or
   * `lease_settled` where it was too late; `connection_lost` when the answer was lost with the connection: then it may be
   * gone or back.
   */
  async commit(): Promise<void> {
    await Promise.all(this.#leases.map((lease) => this.#settler.ack(lease)));
  }

  /** Back where it was, for whoever is next. Rejects as `commit` does. */
  async abort(): Promise<void> {
    await Promise.all(this.#leases.map((lease) => this.#settler.release(lease, 0)));
  }

  /** Ours for `ms` more, counted from now, and that each time it is renewed. Resolves with what remains. */
  async extend(ms: number): Promise<number> {
    return Math.min(...(await Promise.all(this.#leases.map((lease) => this.#settler.extend(lease, ms)))));
  }

  /** Aborts, unless it is settled or lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#leases.every(({ state }) => state === 'held')) await this.abort();
  }
}
