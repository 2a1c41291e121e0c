import { describe, expect, it } from 'vitest';
import { Matcher } from '../../../../matcher/index.ts';

const topic = 'plant/readings';

/** Brackets within brackets; true only of temperatures and humidities that no event here has. */
function deep(i: number): string {
  let condition = `temperature > ${100 + i}`;
  for (let depth = 0; depth < 40; depth += 1) {
    condition =
      depth % 2 === 0
        ? `(${condition} OR humidity > ${200 + i + depth})`
        : `(${condition} AND pressure > ${-i - depth})`;
  }
  return condition;
}

function matcherWithTraffic(): Matcher {
  const matcher = new Matcher();
  matcher.add(0, { topic, when: 'temperature > 1000 OR humidity > 1000 OR pressure > 1000' });
  for (let i = 0; i < 4096; i += 1) {
    matcher.match({ topic, data: { temperature: i % 90, humidity: i % 100, pressure: i % 900 } });
  }
  // It came before anything was known of events.
  matcher.retune(1);
  return matcher;
}

describe('a filter of brackets within brackets', () => {
  it('is found by the rare conditions that cover it, and offered to no other event', () => {
    const matcher = matcherWithTraffic();
    for (let i = 1; i <= 100; i += 1) expect(matcher.add(i, { topic, when: deep(i) }).cost).toBe('indexed');
    const keys = matcher.costOf({ topic, when: deep(1) }).keys.map(({ key }) => key);
    expect(keys).toEqual(expect.arrayContaining(['humidity > 201', 'temperature > 101']));
    const before = matcher.stats.candidates;
    for (let i = 0; i < 90; i += 1) matcher.match({ topic, data: { temperature: i, humidity: i, pressure: 5 } });
    expect(matcher.stats.candidates - before).toBe(0);
    expect(matcher.match({ topic, data: { temperature: 101.5, humidity: 0, pressure: 5 } }).count).toBe(1);
    expect(matcher.match({ topic, data: { temperature: 0, humidity: 205, pressure: 5 } }).count).toBeGreaterThan(0);
  });

  it('is found once by an event that has several of its keys', () => {
    const matcher = matcherWithTraffic();
    matcher.add(1, { topic, when: deep(1) });
    const { ids, count } = matcher.match({ topic, data: { temperature: 500, humidity: 500, pressure: 5 } });
    expect([...ids.subarray(0, count)]).toEqual([1]);
  });

  it('leaves nothing behind', () => {
    const matcher = matcherWithTraffic();
    matcher.add(1, { topic, when: deep(1) });
    matcher.remove(1);
    matcher.remove(0);
    expect(matcher.stats.bytes).toEqual(new Matcher().stats.bytes);
  });

  it.each([
    ['two ranges that overlap', '(n > 3 AND (n > 5 OR n < 2)) OR n BETWEEN 4 AND 9', 'indexed'],
    ['all numbers', "(n > 3 OR n < 5) AND (k LIKE '%a%' OR n > 0 OR n < 1)", 'indexed'],
    ['a part without a key', "(n > 3 AND m > 2) OR (k NOT LIKE '%a%' AND k LIKE '_%')", 'partly'],
    ['keys that are many in each part and few in all', many(60), 'indexed'],
  ])('%s', (_, when, cost) => {
    const matcher = new Matcher();
    expect(matcher.add(1, { topic: 'a', when }).cost).toBe(cost);
    for (let n = -1; n < 12; n += 1) {
      const expected = new Matcher();
      // By its topic alone it is verified on every event.
      expected.add(1, { topic: 'a', when: `(${when}) AND (x NOT LIKE '%x%' OR NOT EXISTS x)` });
      const event = { topic: 'a', data: { n, m: n, k: n % 2 ? 'abc' : 'c' } };
      expect(matcher.match(event).count).toBe(expected.match(event).count);
    }
  });
});

/** So many ranges twice, which are half as many together. */
function many(count: number): string {
  const part = (by: number): string =>
    Array.from({ length: count }, (_, i) => `(n > ${i * 2 + by} AND n < ${i * 2 + by + 1.5})`).join(' OR ');
  return `((${part(0)}) AND EXISTS n) OR ((${part(0)}) AND EXISTS m)`;
}
