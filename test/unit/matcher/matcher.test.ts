import { describe, expect, it } from 'vitest';
import { compileFilter, FilterError, type MatchableEvent, Matcher } from '../../../matcher/index.ts';

function matched(matcher: Matcher, event: MatchableEvent): number[] {
  const { ids, count } = matcher.match(event);
  return [...ids.subarray(0, count)].sort((a, b) => a - b);
}

describe('Matcher.add, replace, remove', () => {
  it('shares what equal filters need, however they are spelled', () => {
    const matcher = new Matcher();
    matcher.add(1, { topic: 'a', when: 'x > 1 AND y = 2' });
    matcher.add(2, { topic: 'a', when: '2 == y && !(x <= 1)' });
    matcher.add(3, compileFilter({ topic: 'a', when: 'y = 2 AND x > 1' }));
    expect(matcher.stats).toMatchObject({ subscriptions: 3, filters: 1, postings: 1 });
    expect(matched(matcher, { topic: 'a', data: { x: 2, y: 2 } })).toEqual([1, 2, 3]);
    expect(matcher.remove(1)).toBe(true);
    expect(matched(matcher, { topic: 'a', data: { x: 2, y: 2 } })).toEqual([2, 3]);
  });

  it('refuses numbers that are taken, absent, or none', () => {
    const matcher = new Matcher();
    matcher.add(0, { topic: 'a' });
    expect(() => matcher.add(0, { topic: 'b' })).toThrow(RangeError);
    expect(() => matcher.replace(1, { topic: 'b' })).toThrow(RangeError);
    for (const none of [-1, 0.5, 2 ** 31, Number.NaN])
      expect(() => matcher.add(none, { topic: 'a' })).toThrow(RangeError);
    expect(matcher.remove(1)).toBe(false);
  });

  it('changes nothing when a filter is refused', () => {
    const matcher = new Matcher();
    matcher.add(0, { topic: 'a' });
    const before = matcher.stats;
    expect(() => matcher.add(1, { topic: 'a', when: 'x >' })).toThrow(FilterError);
    expect(() => matcher.replace(0, { topic: 'a/#/b' })).toThrow(FilterError);
    expect(matcher.stats).toEqual(before);
    expect(matched(matcher, { topic: 'a' })).toEqual([0]);
  });

  it('takes subscriptions far apart, up to the largest int32', () => {
    const matcher = new Matcher();
    const numbers = [0, 1023, 1024, 1_000_000_000, 2 ** 31 - 1];
    for (const number of numbers) matcher.add(number, { topic: 'a' });
    expect(matched(matcher, { topic: 'a' })).toEqual(numbers);
    for (const number of numbers) expect(matcher.remove(number)).toBe(true);
    expect(matched(matcher, { topic: 'a' })).toEqual([]);
  });

  it('keeps each of many subscribers of one filter, while they leave in any order', () => {
    const matcher = new Matcher();
    const count = 20_000;
    for (let i = 0; i < count; i += 1) matcher.add(i, { topic: 'a' });
    const left = new Set(Array.from({ length: count }, (_, i) => i));
    for (let i = 0; i < count; i += 1) {
      if (i % 4999 === 0) expect(matched(matcher, { topic: 'a' })).toEqual([...left]);
      const gone = (i * 7919) % count;
      expect(matcher.remove(gone)).toBe(left.delete(gone));
    }
    expect(matcher.stats.bytes).toEqual(new Matcher().stats.bytes);
  });

  it('replaces the only subscription', () => {
    const matcher = new Matcher();
    matcher.add(5, { topic: 'a', when: 'x = 1' });
    matcher.replace(5, { topic: 'a', when: 'x = 2' });
    matcher.replace(5, { topic: 'a', when: 'x = 2' });
    expect(matched(matcher, { topic: 'a', data: { x: 1 } })).toEqual([]);
    expect(matched(matcher, { topic: 'a', data: { x: 2 } })).toEqual([5]);
  });

  it('replaces filters of all kinds by each other, and counts what is there', () => {
    const matcher = new Matcher({ residualMax: 1 });
    const kinds = [
      { when: 'x = 1', stats: { indexed: 1, partly: 0, residual: 0 } },
      { topic: '#', when: "x LIKE '%'", stats: { indexed: 0, partly: 0, residual: 1 } },
      { when: 'x > 2 AND x < 1', stats: { indexed: 1, partly: 0, residual: 0 } },
      { when: 'x > 1', stats: { indexed: 1, partly: 0, residual: 0 } },
      { when: "x LIKE '%'", stats: { indexed: 0, partly: 1, residual: 0 } },
      { stats: { indexed: 1, partly: 0, residual: 0 } },
    ];
    matcher.add(0, { topic: 'b' });
    matcher.replace(0, { topic: 'c' });
    for (const { topic = 'a', when, stats } of [...kinds, ...kinds.reverse()]) {
      matcher.replace(0, { topic, when });
      expect(matcher.stats).toMatchObject({ subscriptions: 1, filters: 1, ...stats });
      expect(matcher.filterOf(0)).toEqual(when === undefined ? { topic } : { topic, when });
    }
    expect(matched(matcher, { topic: 'a', data: { x: 1 } })).toEqual([0]);
    matcher.add(1, { topic: '#', when: "y LIKE '%'" });
    expect(() => matcher.replace(0, { topic: '#', when: "z LIKE '%'" })).toThrow(/as many as may be/);
    expect(matcher.filterOf(0)).toEqual({ topic: 'a', when: 'x = 1' });
    matcher.remove(0);
    matcher.remove(1);
    expect(matcher.stats.bytes).toEqual(new Matcher().stats.bytes);
  });
});

describe('Matcher.reads, version', () => {
  it('says of each topic whether a filter that fits asks for more than it', () => {
    const matcher = new Matcher();
    expect(matcher.reads('a')).toBe(false);
    matcher.add(0, { topic: '#' });
    matcher.add(1, { topic: 'a/+', when: "x = 1 OR y LIKE '%z'" });
    matcher.add(2, { topic: 'b', when: '$size > 5' });
    matcher.add(3, { topic: 'c', when: 'x > 2 AND x < 1' });
    expect(['a', 'a/1', 'a/2', 'b', 'b/1', 'c'].map((topic) => matcher.reads(topic))).toEqual([
      false,
      true,
      true,
      true,
      false,
      false,
    ]);
    matcher.add(4, { topic: 'a/+', when: "x = 1 OR y LIKE '%z'" });
    matcher.remove(1);
    matcher.retune(10);
    expect(matcher.reads('a/1')).toBe(true);
    matcher.replace(4, { topic: 'a/+' });
    expect(matcher.reads('a/1')).toBe(false);
    expect(matcher.reads('b')).toBe(true);
  });

  it('has another version after each change, and after nothing else', () => {
    const matcher = new Matcher();
    const versions = [matcher.version];
    const note = (): void => void versions.push(matcher.version);
    matcher.add(0, { topic: 'a' });
    note();
    matcher.add(1, { topic: 'a' });
    note();
    matcher.replace(1, { topic: 'b' });
    note();
    matcher.remove(1);
    note();
    expect(new Set(versions).size).toBe(5);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    matcher.match({ topic: 'a' });
    matcher.retune(1);
    matcher.remove(1);
    matcher.reads('a');
    expect(() => matcher.add(0, { topic: 'c' })).toThrow(RangeError);
    expect(matcher.version).toBe(versions.at(-1));
  });
});

describe('Matcher.match', () => {
  it('tells 5, "5" and true apart, and takes -0 for 0', () => {
    const matcher = new Matcher();
    for (const [i, when] of ['x = 5', "x = '5'", 'x = true', 'x = 0', 'x'].entries())
      matcher.add(i, { topic: 'a', when });
    expect(matched(matcher, { topic: 'a', data: { x: 5 } })).toEqual([0]);
    expect(matched(matcher, { topic: 'a', data: { x: '5' } })).toEqual([1]);
    expect(matched(matcher, { topic: 'a', data: { x: true } })).toEqual([2, 4]);
    expect(matched(matcher, { topic: 'a', data: { x: -0 } })).toEqual([3]);
    expect(matched(matcher, { topic: 'a', data: { x: [5] } })).toEqual([]);
  });

  it('reads data once, and only when the topic matches and a filter names a field', () => {
    const matcher = new Matcher();
    let reads = 0;
    const event = (topic: string): MatchableEvent => ({
      topic,
      get data() {
        reads += 1;
        return { x: 1, name: 'abc' };
      },
    });
    matcher.add(0, { topic: '#' });
    matcher.add(1, { topic: 'a', when: "$topic LIKE '_'" });
    expect(matched(matcher, event('a'))).toEqual([0, 1]);
    expect(reads).toBe(0);
    matcher.add(2, { topic: 'a', when: "x + 1 = 2 AND x >= 1 AND name LIKE 'a%' AND name > 'aa'" });
    expect(matched(matcher, event('a'))).toEqual([0, 1, 2]);
    expect(reads).toBe(1);
    matcher.remove(0);
    expect(matched(matcher, event('b'))).toEqual([]);
    expect(reads).toBe(1);
    matcher.add(3, { topic: 'c', when: 'x = 1' });
    matcher.remove(2);
    expect(matched(matcher, event('a'))).toEqual([1]);
    expect(reads).toBe(1);
  });

  it('reports a subscription once, though several branches of its filter hold', () => {
    const matcher = new Matcher();
    matcher.add(0, { topic: '#', when: 'x = 1 OR y = 2 OR (x > 0 AND z IN (1, 2, 3))' });
    expect(matched(matcher, { topic: 'a', data: { x: 1, y: 2, z: 3 } })).toEqual([0]);
    expect(matcher.stats.postings).toBeGreaterThan(1);
  });

  it('handles sets and alternatives that are too long for a record', () => {
    const matcher = new Matcher();
    const set = Array.from({ length: 500 }, (_, i) => i * 2).join(', ');
    matcher.add(0, { topic: 'a', when: `x IN (${set})` });
    matcher.add(1, { topic: 'a', when: `x NOT IN (${set})` });
    const clauses = Array.from({ length: 80 }, (_, i) => `(x = ${i} AND y > ${i} AND z < ${i})`).join(' OR ');
    matcher.add(2, { topic: 'a', when: `w <> 1 AND (${clauses})` });
    expect(matched(matcher, { topic: 'a', data: { x: 78, y: 100, z: 0, w: 2 } })).toEqual([0, 2]);
    expect(matched(matcher, { topic: 'a', data: { x: 89, y: 100, z: 0, w: 1 } })).toEqual([1]);
    for (let i = 0; i < 3; i += 1) matcher.remove(i);
    expect(matcher.stats).toMatchObject({ symbols: 0, slots: 0, opaqueAtoms: 0, topicFilters: 0 });
  });

  it('finds filters on thousands of fields without reading them all', () => {
    const matcher = new Matcher();
    for (let i = 0; i < 3000; i += 1) matcher.add(i, { topic: 'a', when: `f${i} = 1 AND g.h${i} > 2` });
    expect(matched(matcher, { topic: 'a', data: { f7: 1, f8: 1, g: { h7: 3, h9: 3 } } })).toEqual([7]);
    expect(matcher.stats.candidates).toBeLessThan(10);
  });
});

describe('Matcher.retune', () => {
  it('moves filters to the rarer key that events have shown, and answers the same', () => {
    const matcher = new Matcher();
    for (let i = 0; i < 200; i += 1)
      matcher.add(i, { topic: 'a', when: `kind = 'common${i % 2}' AND level > ${90 + (i % 9)}` });
    const event = (i: number) => ({ topic: 'a', data: { kind: `common${i % 2}`, level: i % 95 } });
    for (let i = 0; i < 2000; i += 1) matcher.match(event(i));
    const answer = matched(matcher, event(94));
    const before = matcher.stats.candidates;
    matched(matcher, event(10));
    const costly = matcher.stats.candidates - before;
    expect(matcher.retune(200)).toBeGreaterThan(0);
    const after = matcher.stats.candidates;
    expect(matched(matcher, event(10))).toEqual([]);
    expect(matcher.stats.candidates - after).toBeLessThan(costly);
    expect(matched(matcher, event(94))).toEqual(answer);
  });
});

describe('Matcher.stats', () => {
  it('counts events, matches, candidates and hits by kind, and prices filters', () => {
    const matcher = new Matcher();
    expect(matcher.add(0, { topic: 'a/+', when: "name = 'x'" })).toEqual({ cost: 'indexed' });
    expect(matcher.add(1, { topic: 'a/+', when: 'level > 3 AND level < 9' })).toEqual({ cost: 'indexed' });
    expect(matcher.add(2, { topic: 'a/b' })).toEqual({ cost: 'indexed' });
    expect(matcher.add(3, { topic: 'a/#', when: "name NOT LIKE '%q%'" })).toEqual({ cost: 'partly' });
    expect(matcher.add(4, { topic: '#', when: "name <> 'y'" })).toEqual({ cost: 'residual' });
    matcher.match({ topic: 'a/b', data: { name: 'x', level: 5 } });
    matcher.match({ topic: '$none' });
    expect(matcher.stats).toMatchObject({
      events: 2,
      eventsUnmatched: 1,
      matches: 5,
      hitsByEquality: 1,
      hitsByRange: 1,
      hitsByTopic: 3,
      indexed: 3,
      partly: 1,
      residual: 1,
    });
  });
});
