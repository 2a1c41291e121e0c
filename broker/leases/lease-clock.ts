import type { Time } from '../kernel/time.ts';

/** Less than this is the ordinary unpunctuality of a busy event loop. */
const LATE_MS = 250;
/** More than this is not forgiven: a laptop that slept for a night must not keep every lease for a night. */
const SHIFT_MS_MAX = 60_000;

interface StallCounts {
  stalls: number;
  shiftedMs: number;
}

/**
 * The clock of leases: monotonic time, minus the time in which the broker stood still (garbage collection, SIGSTOP, a
 * paused machine) and could not have heard a renewal. Taking a stall off the clock shifts all deadlines at once.
 *
 * The sweep says when it will come next. Whoever reads the clock first when that is long past finds the stall, because
 * after one the sockets may be served before the timers.
 */
export class LeaseClock {
  readonly #time: Time;
  readonly #counts: StallCounts;
  #lostMs = 0;
  /** When the next sweep should come, in monotonic time. */
  #sweepDueMs = Number.POSITIVE_INFINITY;

  /** Adds what it forgives to `counts`. */
  constructor(time: Time, counts: StallCounts) {
    this.#time = time;
    this.#counts = counts;
  }

  /** Milliseconds. A reading that finds a stall may be behind the one before it, never behind the last sweep. */
  nowMs(): number {
    const monotonicMs = this.#time.monotonicMs();
    const lateMs = monotonicMs - this.#sweepDueMs;
    if (lateMs > LATE_MS) {
      const shiftMs = Math.min(lateMs, SHIFT_MS_MAX);
      this.#lostMs += shiftMs;
      this.#counts.stalls++;
      this.#counts.shiftedMs += shiftMs;
      // If the sweep is still not there, it is the rest of this stall that counts from here.
      this.#sweepDueMs = monotonicMs;
    }
    return monotonicMs - this.#lostMs;
  }

  expectSweepIn(ms: number): void {
    this.#sweepDueMs = this.#time.monotonicMs() + ms;
  }

  expectNoSweep(): void {
    this.#sweepDueMs = Number.POSITIVE_INFINITY;
  }
}
