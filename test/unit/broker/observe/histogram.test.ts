import { describe, expect, it } from 'vitest';
import { BUCKET_BOUNDS_SECONDS, DurationHistogram } from '../../../../broker/observe/histogram.ts';

function bucketOf(ms: number): number {
  const histogram = new DurationHistogram();
  histogram.record(ms);
  return histogram.counts().indexOf(1);
}

describe('DurationHistogram', () => {
  it('puts a duration into the first bucket whose bound is not below it', () => {
    // Bounds themselves, and the numbers just around them, are where a logarithm goes wrong.
    for (let bucket = 0; bucket < BUCKET_BOUNDS_SECONDS.length; bucket++) {
      const boundMs = 2 ** bucket / 1000;
      expect([boundMs, bucketOf(boundMs * 0.75)]).toEqual([boundMs, bucketOf(boundMs)]);
      expect([boundMs, bucketOf(boundMs)]).toEqual([boundMs, bucket]);
      expect([boundMs, bucketOf(boundMs * 1.25)]).toEqual([boundMs, bucket + 1]);
    }
  });

  it('has a last bucket for everything longer', () => {
    const last = BUCKET_BOUNDS_SECONDS.length;
    expect([bucketOf(2_000), bucketOf(1e12), bucketOf(Number.MAX_VALUE)]).toEqual([last, last, last]);
  });

  it('counts 0 into the first', () => {
    expect(bucketOf(0)).toBe(0);
  });

  it('sums in seconds', () => {
    const histogram = new DurationHistogram();
    histogram.record(250);
    histogram.record(500);
    expect(histogram.sumSeconds).toBe(0.75);
  });

  it('gives out copies', () => {
    const histogram = new DurationHistogram();
    const before = histogram.counts();
    histogram.record(1);
    expect(before.every((count) => count === 0)).toBe(true);
  });
});
