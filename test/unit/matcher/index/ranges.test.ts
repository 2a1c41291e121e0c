import { describe, expect, it } from 'vitest';
import { evaluate, Matcher, parsePredicate } from '../../../../matcher/index.ts';

/** The subscriptions that match a value of `a`, and those that should. */
function contest(predicates: readonly string[]) {
  const matcher = new Matcher();
  for (const [i, when] of predicates.entries()) matcher.add(i, { topic: 't', when });
  const conditions = predicates.map((when) => parsePredicate(when));
  return {
    matcher,
    check(a: number) {
      const event = { topic: 't', data: { a } };
      const { ids, count } = matcher.match(event);
      const live = (i: number) => matcher.has(i) && evaluate(conditions[i] as never, event) === true;
      expect(
        [...ids.subarray(0, count)].sort((x, y) => x - y),
        `a = ${a}`,
      ).toEqual([...conditions.keys()].filter(live));
    },
  };
}

describe('ranges', () => {
  const edges = [0, 5e-324, 1e-40, 0.1, 28.4, 1, 16777217, 3.4e38, 3.5e38, 1e300, 1.7976931348623157e308];
  const bounds = [...edges, ...edges.filter((edge) => edge > 0).map((edge) => -edge)];

  it('are exact at and next to every threshold, tiny, huge or infinite', () => {
    const predicates = bounds.flatMap((bound) => ['<', '<=', '>', '>='].map((operator) => `a ${operator} ${bound}`));
    for (const low of bounds)
      for (const high of bounds) if (low <= high) predicates.push(`a BETWEEN ${low} AND ${high}`);
    const { check } = contest(predicates);
    const values = bounds.flatMap((bound) => [
      bound,
      bound * (1 - 2 ** -53),
      bound * (1 + 2 ** -52),
      Math.fround(bound),
    ]);
    for (const value of [...values, -0, Infinity, -Infinity, 5, 1e100, -1e305]) check(value);
  });

  it('survive thousands of equal thresholds, added and removed in any order', () => {
    const predicates = Array.from({ length: 3000 }, (_, i) => `a >= ${i % 3} AND a <= ${(i % 3) + 2} AND b <> ${i}`);
    const { matcher, check } = contest(predicates);
    for (let i = 0; i < 3000; i += 1) {
      if (i % 500 === 0) for (const a of [-1, 0, 1.5, 2, 3, 4, 4.1]) check(a);
      matcher.remove((i * 7) % 3000);
    }
    expect(matcher.stats.bytes).toEqual(new Matcher().stats.bytes);
  });

  it('look at few candidates outside the answer', () => {
    const predicates = Array.from({ length: 20_000 }, (_, i) => `a BETWEEN ${i} AND ${i + 20}`);
    const { matcher, check } = contest(predicates.concat('a > 19999.5', 'a < 0.5'));
    check(10_000.5);
    expect(matcher.stats.candidates).toBeLessThan(200);
  });
});
