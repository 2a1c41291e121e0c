import { createHistogram } from 'node:perf_hooks';

/** Microseconds. */
export interface Timings {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
}

/**
 * Times `work` once for each item. `prepare` makes the item's input, outside the clock. The clock itself costs some
 * 50 ns a call, which is left in.
 */
export function timeEach<T>(count: number, prepare: (i: number) => T, work: (input: T) => void): Timings {
  const histogram = createHistogram();
  for (let i = 0; i < count; i += 1) {
    const input = prepare(i);
    const start = process.hrtime.bigint();
    work(input);
    const elapsed = process.hrtime.bigint() - start;
    histogram.record(elapsed < 1n ? 1n : elapsed);
  }
  return { mean: histogram.mean / 1e3, p50: histogram.percentile(50) / 1e3, p99: histogram.percentile(99) / 1e3 };
}

/** How long `work` takes, in seconds. */
export function secondsOf(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}
