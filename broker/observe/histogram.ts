/** Upper bounds are 1 µs, 2 µs, 4 µs … 2^20 µs (1.05 s); then one bucket for all that took longer. */
const BOUNDED_BUCKETS = 21;
const LARGEST_BOUND_US = 2 ** (BOUNDED_BUCKETS - 1);

/** Upper bounds of the buckets in seconds, the unbounded last one left out. */
export const BUCKET_BOUNDS_SECONDS: readonly number[] = Array.from({ length: BOUNDED_BUCKETS }, (_, i) => 2 ** i / 1e6);

/**
 * Counts how long something took, in buckets that double. Recording costs a few nanoseconds and allocates nothing; it
 * is exact to a factor of two, which is what an alert or a graph over months needs.
 */
export class DurationHistogram {
  // Doubles: they hold whole numbers up to 2^53, where 32 bits would be full within days.
  readonly #counts = new Float64Array(BOUNDED_BUCKETS + 1);
  #sumMs = 0;

  /**
   * That something took `ms`, 0 or more, fractions included, `times` times. A bound belongs to the bucket below it, as in
   * Prometheus.
   */
  record(ms: number, times = 1): void {
    this.#sumMs += ms * times;
    const us = ms * 1000;
    // The bucket is the base-2 logarithm, rounded up; clz32 takes it without a call to Math.log2.
    const bucket = us > LARGEST_BOUND_US ? BOUNDED_BUCKETS : us <= 1 ? 0 : 32 - Math.clz32(Math.ceil(us) - 1);
    this.#counts[bucket] = (this.#counts[bucket] as number) + times;
  }

  get sumSeconds(): number {
    return this.#sumMs / 1000;
  }

  /** How many were recorded in each bucket, the unbounded one last. Not cumulative. A copy. */
  counts(): readonly number[] {
    return Array.from(this.#counts);
  }
}
