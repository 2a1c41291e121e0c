import { describe, expect, it } from 'vitest';
import { evaluate, type JsonValue, Matcher, parsePredicate } from '../../../../matcher/index.ts';

const literals = [0, 5, "'5'", 'TRUE', "''", "'it''s'", -1.5];
const values: (JsonValue | undefined)[] = [
  0,
  -0,
  5,
  '5',
  true,
  false,
  '',
  "it's",
  -1.5,
  1e300,
  null,
  [],
  [5],
  {},
  undefined,
];

const textsOf = (count: number, name = (i: number): string => `text ${i}`): string[] =>
  Array.from({ length: count }, (_, i) => `'${name(i)}'`);

function found(matcher: Matcher, data: JsonValue, topic = 't'): number[] {
  const { ids, count } = matcher.match({ topic, data });
  return [...ids.subarray(0, count)].sort((a, b) => a - b);
}

/** What the matcher's next event of this data costs it. */
function workOf(matcher: Matcher, data: JsonValue): { candidates: number; tests: number; found: number } {
  const before = matcher.stats;
  const ids = found(matcher, data);
  const after = matcher.stats;
  return {
    candidates: after.candidates - before.candidates,
    tests: after.testsEvaluated - before.testsEvaluated,
    found: ids.length,
  };
}

describe('a list that is too long for an entry', () => {
  it.each(['IN', 'NOT IN'])('says with %s what evaluate says', (operator) => {
    const list = [...literals, ...textsOf(500), ...literals].join(', ');
    const when = `a ${operator} (${list})`;
    const matcher = new Matcher();
    matcher.add(1, { topic: '#', when });
    matcher.add(2, { topic: '#', when: `b = 1 AND ${when}` });
    matcher.add(3, { topic: 't', when: `c LIKE '%x%' OR ${when}` });
    const condition = parsePredicate(when);
    for (const value of [...values, 'text 7', 'text 500']) {
      const data = value === undefined ? { b: 1 } : { a: value, b: 1 };
      const expected = evaluate(condition, { topic: 't', data }) === true ? [1, 2, 3] : [];
      expect(found(matcher, data), JSON.stringify(value)).toEqual(expected);
    }
  });

  it('may be of prefixes', () => {
    const matcher = new Matcher();
    const starts = textsOf(100, (i) => `/${i + 100}`).map((start) => `startsWith(path, ${start})`);
    expect(matcher.add(1, { topic: '#', when: starts.join(' OR ') })).toEqual({ cost: 'indexed' });
    expect(matcher.costOf({ topic: '#', when: starts.join(' OR ') }).keys[0]?.key).toBe(
      "startsWith(path, '/100', '/101', '/102', … 97 more)",
    );
    expect(found(matcher, { path: '/142/x' })).toEqual([1]);
    expect(found(matcher, { path: '/200/x' })).toEqual([]);
  });

  it('may have as many values as a predicate has room for', () => {
    const matcher = new Matcher({ limits: { charactersMax: 16_384, literalsMax: 4096 } });
    const characters = Array.from({ length: 4090 }, (_, i) => String.fromCharCode(0x4e00 + i));
    const when = (count: number) => `a IN (${characters.slice(0, count).map((text) => `'${text}'`)})`;
    matcher.add(1, { topic: 't', when: when(4000) });
    matcher.add(2, { topic: 't', when: when(4090) });
    expect(found(matcher, { a: characters[3999] as string })).toEqual([1, 2]);
    expect(found(matcher, { a: characters[4089] as string })).toEqual([2]);
    matcher.remove(1);
    matcher.remove(2);
    expect(matcher.stats.bytes).toEqual(new Matcher().stats.bytes);
  });
});

describe('filters found by long lists', () => {
  const COUNT = 200;
  const listOf = (i: number): string => textsOf(1000, (j) => `${i}.${j}`).join(',');

  it('are no work for an event that has no value of theirs, and one candidate for one that has', () => {
    const matcher = new Matcher({ limits: { charactersMax: 16_384 } });
    for (let i = 0; i < COUNT; i += 1) matcher.add(i, { topic: 't', when: `a IN (${listOf(i)}) AND b <> ${i}` });
    expect(workOf(matcher, { a: 'other', b: -1 })).toEqual({ candidates: 0, tests: 0, found: 0 });
    expect(workOf(matcher, { b: -1 })).toEqual({ candidates: 0, tests: 0, found: 0 });
    expect(workOf(matcher, { a: '17.3', b: -1 })).toEqual({ candidates: 1, tests: 0, found: 1 });
    expect(workOf(matcher, { a: '17.3', b: 17 })).toEqual({ candidates: 1, tests: 0, found: 0 });
  });

  it('are found under a topic filter by the list, whose values are not known yet, and not by the topic', () => {
    const matcher = new Matcher();
    for (let i = 0; i < COUNT; i += 1) {
      matcher.add(i, { topic: 'plant/line', when: `a IN (${textsOf(70, (j) => `${i}.${j}`)})` });
    }
    const before = matcher.stats;
    expect(found(matcher, { a: 'other' }, 'plant/line')).toEqual([]);
    expect(matcher.stats.candidates - before.candidates).toBe(0);
    expect(found(matcher, { a: '3.69' }, 'plant/line')).toEqual([3]);
    expect(found(matcher, { a: '3.69' }, 'plant/other')).toEqual([]);
  });

  it('are offered by as many lists as hold the value', () => {
    const matcher = new Matcher();
    for (let i = 0; i < COUNT; i += 1) {
      const own = textsOf(100, (j) => `${i}.${j}`);
      matcher.add(i, { topic: 't', when: `a IN (${[...own, ...(i % 4 === 0 ? ["'shared'"] : [])]}) AND b = 'x'` });
    }
    for (let i = 0; i < 200; i += 1) matcher.match({ topic: 't', data: { b: 'x' } });
    matcher.retune(COUNT);
    expect(workOf(matcher, { a: 'shared', b: 'x' })).toMatchObject({ candidates: COUNT / 4, found: COUNT / 4 });
    for (let i = 0; i < COUNT; i += 8) matcher.remove(i);
    expect(workOf(matcher, { a: 'shared', b: 'x' })).toMatchObject({ candidates: COUNT / 8, found: COUNT / 8 });
  });

  it('share a list, in whatever order it is written', () => {
    const bytesOf = (count: number): number => {
      const matcher = new Matcher();
      const list = textsOf(500);
      for (let i = 0; i < count; i += 1) {
        const written = i % 2 === 0 ? list : [...list].reverse();
        matcher.add(i, { topic: 't', when: `a IN (${written}) AND b <> ${i}` });
      }
      expect(found(matcher, { a: 'text 499', b: -1 })).toHaveLength(count);
      return matcher.stats.bytes.symbols;
    };
    // Beside the list, a symbol for each number.
    expect(bytesOf(101)).toBeLessThan(bytesOf(1) * 1.5);
  });

  it('are found by what events have less often than any of the values', () => {
    const matcher = new Matcher();
    const when = `a IN (${textsOf(100)}) AND b = 'x'`;
    matcher.add(1, { topic: 't', when });
    for (let i = 0; i < 2000; i += 1) {
      matcher.match({ topic: 't', data: { a: `text ${i % 400}`, b: i % 50 === 0 ? 'x' : 'y' } });
    }
    matcher.retune(1);
    expect(matcher.costOf({ topic: 't', when }).keys).toEqual([{ key: "b = 'x'", share: expect.closeTo(0.02, 2) }]);
    const list = { topic: 't', when: `a IN (${textsOf(100)})` };
    expect(matcher.costOf(list).keys[0]?.share).toBeCloseTo(0.25, 2);
    for (let i = 0; i < 1000; i += 1) matcher.match({ topic: 't', data: { a: 'text 0', b: 'x' } });
    expect(matcher.costOf(list).keys[0]?.share).toBeLessThanOrEqual(1);
  });

  it('give their memory back', () => {
    const matcher = new Matcher();
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 300; i += 1) matcher.add(i, { topic: 't', when: `a IN (${textsOf(80, (j) => `${i + j}`)})` });
      for (let i = 0; i < 300; i += 1) matcher.remove((i * 7) % 300);
      expect(matcher.stats.bytes).toEqual(new Matcher().stats.bytes);
    }
  });
});
