import { describe, expect, it } from 'vitest';
import { Matcher } from '../../../../matcher/index.ts';

function idsOf(matcher: Matcher, event: Parameters<Matcher['match']>[0]): number[] {
  const { ids, count } = matcher.match(event);
  return [...ids.subarray(0, count)].sort((a, b) => a - b);
}

describe('a bag', () => {
  it('tells filters without another test from those with a bound on the first field of all', () => {
    const matcher = new Matcher();
    matcher.add(1, { topic: 't', when: "a >= 5 AND b = 'x'" });
    matcher.add(2, { topic: 't', when: "b = 'x'" });
    expect(idsOf(matcher, { topic: 't', data: { a: 1, b: 'x' } })).toEqual([2]);
    expect(idsOf(matcher, { topic: 't', data: { b: 'x' } })).toEqual([2]);
    expect(idsOf(matcher, { topic: 't', data: { a: 5, b: 'x' } })).toEqual([1, 2]);
  });

  it.each([
    [100, 1020],
    [700, 700],
    [1, 1100],
    [1500, 30],
  ])('finds each of %i filters that a signature decides in part and %i that it does not once', (partly, not) => {
    const matcher = new Matcher();
    for (let i = 0; i < partly; i += 1) matcher.add(i, { topic: 't', when: `b = 'x' AND a <> ${-1000 - i}` });
    for (let i = 0; i < not; i += 1) {
      matcher.add(partly + i, { topic: 't', when: `b = 'x' AND a BETWEEN ${-1000 - i} AND 500` });
    }
    expect(idsOf(matcher, { topic: 't', data: { a: 1, b: 'x' } })).toEqual(
      Array.from({ length: partly + not }, (_, i) => i),
    );
  });

  it('forgets what was left to verify when reading an event throws', () => {
    const matcher = new Matcher();
    matcher.add(1, { topic: 't', when: "b = 'x' AND a BETWEEN 1 AND 5" });
    matcher.add(2, { topic: 't', when: "b = 'x' AND s LIKE '%q%'" });
    const data = {
      a: 3,
      b: 'x',
      get s(): string {
        throw new Error('unreadable');
      },
    };
    expect(() => matcher.match({ topic: 't', data })).toThrow('unreadable');
    expect(idsOf(matcher, { topic: 't', data: { a: 3, b: 'y', s: 'q' } })).toEqual([]);
  });
});

describe('filters of two ranges', () => {
  /** Candidates of an event, on average over a thousand. */
  function candidatesOf(matcher: Matcher, event: (i: number) => Parameters<Matcher['match']>[0]): number {
    const before = matcher.stats.candidates;
    for (let i = 0; i < 1000; i += 1) matcher.match(event(i));
    return (matcher.stats.candidates - before) / 1000;
  }
  const spread = (i: number, step: number): number => (i * step) % 1000;
  const event = (i: number) => ({ topic: 't', data: { a: spread(i, 617), b: spread(i, 389) } });
  const filter = (i: number) => {
    const [a, b] = [spread(i, 7.31), spread(i, 3.77)];
    return { topic: '#', when: `a BETWEEN ${a} AND ${a + 20} AND b BETWEEN ${b} AND ${b + 20}` };
  };

  it('are not all offered to every event because the first events told nothing of the numbers', () => {
    const matcher = new Matcher();
    matcher.add(0, { topic: '#', when: 'a >= -5 AND b >= -5' });
    for (let i = 0; i < 3000; i += 1) matcher.match({ topic: 't', data: { a: 0, b: 0 } });
    for (let i = 1; i <= 3000; i += 1) matcher.add(i, filter(i));
    for (let i = 0; i < 5000; i += 1) matcher.match(event(i));
    matcher.retune(3001);
    matcher.retune(3001);
    expect(candidatesOf(matcher, event)).toBeLessThan(150);
  });

  it('move when numbers go where they never were', () => {
    const matcher = new Matcher();
    matcher.add(0, { topic: '#', when: 'a >= -5 AND b >= -5' });
    for (let i = 0; i < 3000; i += 1) matcher.match(event(i));
    for (let i = 1; i <= 3000; i += 1) matcher.add(i, filter(i));
    const later = (i: number) => ({ topic: 't', data: { a: 5000 + spread(i, 617), b: 5000 + spread(i, 389) } });
    for (let i = 1; i <= 3000; i += 1) {
      const [a, b] = [5000 + spread(i, 7.31), 5000 + spread(i, 3.77)];
      matcher.replace(i, { topic: '#', when: `a BETWEEN ${a} AND ${a + 20} AND b BETWEEN ${b} AND ${b + 20}` });
    }
    for (let i = 0; i < 5000; i += 1) matcher.match(later(i));
    for (let round = 0; round < 4; round += 1) matcher.retune(3001);
    expect(candidatesOf(matcher, later)).toBeLessThan(150);
  });
});
