import { describe, expect, it } from 'vitest';
import { Samples } from '../../../../bench/matcher/timings.ts';

describe('Samples', () => {
  it('is all zero without samples', () => {
    expect(new Samples(10).timings()).toEqual({ mean: 0, p50: 0, p99: 0, max: 0 });
    expect(new Samples(10).maxUndisturbed([])).toBe(0);
  });

  it('orders what it recorded, and shares it out', () => {
    const samples = new Samples(200);
    // What began so long ago has lasted for at least as long.
    for (let i = 1; i <= 100; i += 1) samples.record(performance.now() - i * 1_000);
    const { mean, p50, p99, max } = samples.timings();
    expect(p50).toBeGreaterThanOrEqual(51e6);
    expect(p99).toBeGreaterThanOrEqual(p50);
    expect(max).toBeGreaterThanOrEqual(100e6);
    expect(max).toBeGreaterThanOrEqual(p99);
    expect(mean).toBeGreaterThanOrEqual(50.5e6);
    expect(samples.timings(100).max).toBeCloseTo(max / 100);
  });

  it('records no more than it has room for', () => {
    const samples = new Samples(1);
    samples.record(performance.now() - 5);
    samples.record(performance.now() - 500_000);
    expect(samples.timings().max).toBeLessThan(500e6);
  });

  it('leaves out what a pause fell into', () => {
    const samples = new Samples(2);
    const now = performance.now();
    samples.record(now - 90_000);
    samples.record(now - 1_000);
    const { max } = samples.timings();
    expect(samples.maxUndisturbed([])).toBe(max);
    const pause = { startMs: now - 50_000, endMs: now - 49_000 };
    expect(samples.maxUndisturbed([pause])).toBeLessThan(90e6);
    expect(samples.maxUndisturbed([pause])).toBeGreaterThanOrEqual(1e6);
    expect(samples.maxUndisturbed([{ startMs: now - 500, endMs: now - 400 }, pause])).toBe(0);
  });
});
