import type { Time } from '../kernel/time.ts';
import { LeaseClock, LeaseSweep } from '../leases/index.ts';
import { NO_SLOT, type Tuple } from './tuple.ts';

/** More than a lease table ends at a time: here an end is a removal, and not a redelivery. */
const EXPIRIES_PER_SWEEP = 10_000;

/**
 * The leases of tuples: on the clock of all leases, in the same two phases, but not in their table. A tuple belongs to its
 * space and not to a session, whose leases are counted; nobody is granted it a second time while its lease runs, so its
 * number is enough of a token; and their ends are not spread, because an end wakes nobody.
 */
export class TupleLeases {
  readonly #clock: LeaseClock;
  readonly #sweep: LeaseSweep;
  readonly #tuples: (Tuple | undefined)[] = [];
  readonly #free: number[] = [];

  /** `expired` is told of a tuple whose lease ended, once. */
  constructor(time: Time, expired: (tuple: Tuple) => void) {
    this.#clock = new LeaseClock(time, { stalls: 0, shiftedMs: 0 });
    this.#sweep = new LeaseSweep({
      time,
      clock: this.#clock,
      budget: EXPIRIES_PER_SWEEP,
      expire: (slot) => {
        const tuple = this.#tuples[slot];
        // Gone between the timer and now.
        if (tuple === undefined) return;
        this.stopOf(tuple);
        expired(tuple);
      },
    });
  }

  start(): void {
    this.#sweep.start();
  }

  stop(): void {
    this.#sweep.stop();
  }

  /** The lease of a tuple begins, or has a new end: so many milliseconds from now. */
  run(tuple: Tuple, ms: number): void {
    if (tuple.leaseSlot === NO_SLOT) {
      tuple.leaseSlot = this.#free.pop() ?? this.#tuples.length;
      this.#tuples[tuple.leaseSlot] = tuple;
    }
    this.#sweep.schedule(tuple.leaseSlot, this.#clock.nowMs() + ms);
  }

  /** The tuple is gone: its lease ends without effect. */
  stopOf(tuple: Tuple): void {
    const { leaseSlot } = tuple;
    if (leaseSlot === NO_SLOT) return;
    this.#sweep.cancel(leaseSlot);
    this.#tuples[leaseSlot] = undefined;
    this.#free.push(leaseSlot);
    tuple.leaseSlot = NO_SLOT;
  }

  /** Whole milliseconds; 0 where none runs. */
  remainingMs({ leaseSlot }: Tuple): number {
    if (leaseSlot === NO_SLOT) return 0;
    return Math.max(0, Math.floor(this.#sweep.deadlineMs(leaseSlot) - this.#clock.nowMs()));
  }
}
