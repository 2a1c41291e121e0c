import { describe, expect, it } from 'vitest';
import { LoadEvents } from '../../../../bench/load/events.ts';
import { expectedCounts, type Shape, sitesFor, wantedOf } from '../../../../bench/load/subscriptions.ts';
import { Tally } from '../../../../bench/load/tally.ts';

const sites = sitesFor(100);
const spec = { topic: 'bench/x', seed: 7, sites, bySite: true, stamped: false };
const events = new LoadEvents(spec);

function bytesOf(n: number): Uint8Array {
  const bytes = new Uint8Array(events.bytes);
  events.write(n, bytes, 0);
  return bytes;
}

function told(numbers: readonly number[], { shape = 'all' as Shape, ordered = true, i = 0 } = {}): Tally {
  const tally = new Tally(wantedOf(shape, spec, i), events, { latency: undefined, ordered });
  for (const n of numbers) tally.taken(bytesOf(n), 0, events.bytes);
  return tally;
}

describe('the tally of a subscription', () => {
  it('counts what is right', () => {
    expect(told([0, 1, 2, 5])).toMatchObject({ count: 4, wrong: 0, seenBefore: 6 });
  });

  it('notices what comes twice, or late', () => {
    expect(told([0, 1, 1, 2]).wrong).toBe(1);
    expect(told([0, 2, 1, 3]).wrong).toBe(1);
  });

  it('notices what comes twice where order is not asked for, and nothing else', () => {
    expect(told([3, 1, 2, 200_000, 0], { ordered: false })).toMatchObject({ wrong: 0, seenBefore: 5 });
    expect(told([3, 1, 3], { ordered: false }).wrong).toBe(1);
  });

  it('notices what is for others', () => {
    const wanted = wantedOf('alerts', spec, 3);
    const all = Array.from({ length: 500 }, (_, n) => n);
    const mine = all.filter((n) => events.isWanted(n, wanted));
    expect(mine.length).toBeGreaterThan(0);
    expect(told(mine, { shape: 'alerts', i: 3 }).wrong).toBe(0);
    expect(told(all, { shape: 'alerts', i: 3 }).wrong).toBe(500 - mine.length);
  });

  it('notices what was changed', () => {
    const tally = told([]);
    const bytes = bytesOf(5);
    bytes[8] = 57;
    tally.taken(bytes, 0, bytes.length);
    tally.taken(new Uint8Array(3), 0, 3);
    expect(tally.wrong).toBe(2);
  });
});

describe('the subscriptions of a load', () => {
  it('want different things, a hundredth of all events each', () => {
    const wanted = Array.from({ length: 100 }, (_, i) => wantedOf('alerts', spec, i));
    expect(new Set(wanted.map((one) => JSON.stringify(one))).size).toBe(100);
    const counts = expectedCounts(wanted, events, { first: 0, end: 10_000 });
    const all = counts.reduce((sum, count) => sum + count, 0);
    expect(all / 10_000).toBeCloseTo(10, 0);
  });

  it.each(['all', 'tested', 'alerts', 'rare'] as const)('are expected to get what they want: %s', (shape) => {
    const wanted = Array.from({ length: 60 }, (_, i) => wantedOf(shape, spec, i));
    const slow = wanted.map((one) => {
      let count = 0;
      for (let n = 100; n < 1_000; n += 1) if (events.isWanted(n, one)) count += 1;
      return count;
    });
    expect([...expectedCounts(wanted, events, { first: 100, end: 1_000 })]).toEqual(slow);
  });
});
