import { describe, expect, it } from 'vitest';
import { COSTLY_FILTERS_MAX, FilterError, Matcher } from '../../../matcher/index.ts';

const keysOf = (matcher: Matcher, when: string | undefined, topic = '#'): string[] =>
  matcher
    .costOf({ topic, when })
    .keys.map(({ key }) => key)
    .sort();

const numbers = Array.from({ length: 100 }, (_, i) => i).join(', ');

describe('Matcher.costOf', () => {
  it.each<[string | undefined, string[]]>([
    ["site = 'x'", ["site = 'x'"]],
    ['temperature > 30', ['temperature > 30']],
    ['temperature >= 0.1', ['temperature >= 0.1']],
    ['temperature < -2.5', ['temperature < -2.5']],
    ['$attr.n <= 7', ['$attr.n <= 7']],
    ['a BETWEEN 1 AND 5', ['a >= 1 AND a <= 5']],
    ["startsWith(path, '/shop/')", ["startsWith(path, '/shop/')"]],
    [`n IN (${numbers}) AND s <> 'x'`, ['n IN (0, 1, 2, … 97 more)']],
    ["s IN ('p', 'q')", ["s = 'p'", "s = 'q'"]],
    ["s = 'p' OR n > 3", ['n > 3', "s = 'p'"]],
    ["name NOT LIKE '%x%'", ['topic #']],
    ["name LIKE '%pump_%'", ["contains(name, 'pum')"]],
    ["contains(name, 'ok')", ["contains(name, 'ok')"]],
    ["endsWith($attr.site, '!')", ["contains($attr.site, '!')"]],
    ["name LIKE '_%_'", ['topic #']],
    [undefined, ['topic #']],
    ["s = 'it''s'", ["s = 'it''s'"]],
  ])('of %j, before it is added and while it is held, names its keys as %j', (when, keys) => {
    const matcher = new Matcher();
    expect(keysOf(matcher, when)).toEqual(keys);
    expect(matcher.stats).toEqual(new Matcher().stats);
    matcher.add(1, { topic: '#', when });
    expect(keysOf(matcher, when)).toEqual(keys);
  });

  it('names both of two bands that are the key together', () => {
    const matcher = new Matcher();
    const when = 'a BETWEEN 1 AND 5 AND b BETWEEN 1 AND 5';
    matcher.add(0, { topic: '#', when });
    for (let i = 0; i < 1000; i += 1) matcher.match({ topic: 't', data: { a: i, b: (i * 7919) % 1000 } });
    // One filter is not worth a place to look into; those of many are, and the one that was there before moves to it.
    for (let i = 1; i <= 300; i += 1) {
      const [a, b] = [(i * 37) % 900, (i * 53) % 900];
      matcher.add(i, { topic: '#', when: `a BETWEEN ${a} AND ${a + 100} AND b BETWEEN ${b} AND ${b + 100}` });
    }
    matcher.retune(301);
    expect(keysOf(matcher, when, '#')).toEqual(['a >= 1 AND a <= 5 AND b >= 1 AND b <= 5']);
  });

  it('follows what events show', () => {
    const matcher = new Matcher();
    const rare = { topic: '#', when: "kind = 'rare' AND n > 10" };
    const hot = { topic: '#', when: "kind = 'hot' AND n > 10" };
    matcher.add(1, rare);
    matcher.add(2, hot);
    for (let i = 0; i < 4000; i += 1) {
      matcher.match({ topic: 't', data: { kind: i % 100 === 0 ? 'rare' : 'hot', n: i % 20 } });
    }
    matcher.retune(2);
    const [costOfRare, costOfHot] = [matcher.costOf(rare), matcher.costOf(hot)];
    expect(costOfRare.keys[0]?.key).toBe("kind = 'rare'");
    expect(costOfRare.offersPerEvent).toBeCloseTo(0.01, 2);
    expect(costOfHot.offersPerEvent).toBeGreaterThan(0.3);
    expect(costOfHot.testsPerEvent).toBeGreaterThan(10 * costOfRare.testsPerEvent);
    for (const cost of [costOfRare, costOfHot]) {
      expect(cost.testsPerOffer).toBeGreaterThanOrEqual(1);
      expect(cost.testsPerOffer).toBeLessThanOrEqual(2);
      expect(cost.testsPerEvent).toBeCloseTo(cost.offersPerEvent * cost.testsPerOffer);
    }
  });

  it('says the class, and how many share the filter', () => {
    const matcher = new Matcher();
    const filter = { topic: '#', when: "x NOT LIKE '%a%'" };
    expect(matcher.costOf(filter)).toMatchObject({ cost: 'residual', subscriptions: 0 });
    for (let i = 0; i < 2000; i += 1) matcher.add(i, filter);
    expect(matcher.costOf({ topic: '#', when: " x  NOT LIKE '%a%' " })).toMatchObject({ subscriptions: 2000 });
    matcher.add(3000, { topic: 'a', when: 'x = 1' });
    expect(matcher.costOf({ topic: 'a', when: 'x = 1' })).toMatchObject({ cost: 'indexed', subscriptions: 1 });
    expect(matcher.costOf({ topic: 'a/#', when: 'x <> 1' })).toMatchObject({ cost: 'partly', subscriptions: 0 });
  });

  it('is nothing for what is never true', () => {
    const matcher = new Matcher();
    matcher.add(1, { topic: '#', when: 'x > 5 AND x < 1' });
    expect(matcher.costOf({ topic: '#', when: 'x > 5 AND x < 1' })).toEqual({
      cost: 'indexed',
      subscriptions: 1,
      keys: [],
      offersPerEvent: 0,
      testsPerOffer: 0,
      testsPerEvent: 0,
    });
    matcher.retune(1);
    expect(matcher.costliest().filters).toEqual([]);
  });

  it('shortens long constants, and refuses what is no filter', () => {
    const matcher = new Matcher();
    const [key = ''] = keysOf(matcher, `s = '${'x'.repeat(8000)}'`);
    expect(key.length).toBeLessThan(200);
    expect(() => matcher.costOf({ topic: 'a', when: 'x >' })).toThrow(FilterError);
  });
});

describe('Matcher.costliest', () => {
  const texts = (matcher: Matcher, page?: { from?: number; limit?: number }) =>
    matcher.costliest(page).filters.map(({ filter }) => filter.when ?? filter.topic);

  it('lists at once what is added, the most expensive first, and not what has gone', () => {
    const matcher = new Matcher();
    matcher.add(1, { topic: 'a/b', when: 'x = 1' });
    matcher.add(2, { topic: '#', when: "x NOT LIKE '%a%'" });
    matcher.add(3, { topic: '#', when: "x NOT LIKE '%a%' AND y NOT LIKE '%b%'" });
    matcher.add(4, { topic: '#', when: "x NOT LIKE '%a%'" });
    expect(texts(matcher)).toEqual(["x NOT LIKE '%a%' AND y NOT LIKE '%b%'", "x NOT LIKE '%a%'", 'x = 1']);
    expect(matcher.costliest().filters[1]).toMatchObject({ cost: 'residual', subscriptions: 2, testsPerEvent: 2 });
    matcher.remove(3);
    expect(texts(matcher)).toEqual(["x NOT LIKE '%a%'", 'x = 1']);
    for (const id of [1, 2, 4]) matcher.remove(id);
    expect(matcher.costliest()).toEqual({
      filters: [],
      next: undefined,
      listed: 0,
      sweep: { at: 0, of: 0, rounds: expect.any(Number) },
    });
  });

  it('is in pages', () => {
    const matcher = new Matcher();
    for (let i = 0; i < 25; i += 1) matcher.add(i, { topic: 'a', when: `x = ${i}` });
    const seen: string[] = [];
    for (let from: number | undefined = 0; from !== undefined; ) {
      const page = matcher.costliest({ from, limit: 10 });
      seen.push(...page.filters.map(({ filter }) => filter.when ?? ''));
      from = page.next;
    }
    expect(new Set(seen).size).toBe(25);
    expect(matcher.costliest({ from: 99 })).toMatchObject({ filters: [], next: undefined, listed: 25 });
    for (const page of [{ limit: 0 }, { limit: 101 }, { from: -1 }, { from: 0.5 }]) {
      expect(() => matcher.costliest(page)).toThrow(RangeError);
    }
  });

  it('ends a page early that would be long', () => {
    const matcher = new Matcher();
    for (let i = 0; i < 30; i += 1) matcher.add(i, { topic: 'a', when: `x = '${i}${'y'.repeat(8000)}'` });
    const { filters, next } = matcher.costliest({ limit: 30 });
    expect(filters.length).toBeLessThan(30);
    expect(next).toBe(filters.length);
  });

  it('corrects what events have shown to be cheaper, and finds what has become dear', () => {
    const matcher = new Matcher();
    const count = COSTLY_FILTERS_MAX + 500;
    for (let i = 0; i < count; i += 1) matcher.add(i, { topic: '#', when: `x = ${i} AND y > ${i}` });
    // Only the last one's value occurs.
    for (let i = 0; i < 2000; i += 1) matcher.match({ topic: 't', data: { x: count - 1, y: 1 } });
    expect(matcher.costliest().listed).toBe(COSTLY_FILTERS_MAX);
    expect(matcher.costliest().sweep).toEqual({ at: 0, of: count, rounds: 0 });
    for (let i = 0; i < 10; i += 1) matcher.retune(count / 10);
    expect(matcher.costliest().sweep).toEqual({ at: 0, of: count, rounds: 1 });
    expect(texts(matcher, { limit: 1 })).toEqual([`x = ${count - 1} AND y > ${count - 1}`]);
    expect(matcher.stats.filtersLookedAt).toBeGreaterThanOrEqual(count);
  });

  it('looks at the most expensive more often than at the rest', () => {
    const matcher = new Matcher();
    matcher.add(0, { topic: '#', when: "x = 'hot' AND y NOT LIKE '%a%'" });
    for (let i = 1; i < 3000; i += 1) matcher.add(i, { topic: `quiet/${i}`, when: `z = ${i}` });
    matcher.match({ topic: 't', data: { x: 'hot' } });
    for (let i = 0; i < 2000; i += 1) matcher.match({ topic: 't', data: { x: 'cold' } });
    const before = matcher.stats.filtersLookedAt;
    matcher.retune(80);
    expect(matcher.stats.filtersLookedAt - before).toBe(90);
  });
});

describe('Matcher.retune', () => {
  it('looks at fewer filters in a call where they are long, and at all of them in time', () => {
    const matcher = new Matcher();
    const long = Array.from({ length: 250 }, (_, i) => `field${i} <> 1`).join(' AND ');
    for (let i = 0; i < 40; i += 1) matcher.add(i, { topic: '#', when: `x = ${i} AND ${long}` });
    matcher.retune(32);
    expect(matcher.stats.filtersLookedAt).toBeGreaterThan(0);
    expect(matcher.stats.filtersLookedAt).toBeLessThanOrEqual(3);
    for (let i = 0; i < 40; i += 1) matcher.retune(32);
    expect(matcher.costliest().sweep.rounds).toBeGreaterThanOrEqual(1);
  });
});

describe('a limit of residual filters', () => {
  const like = (text: string) => ({ topic: '#', when: `x NOT LIKE '%${text}%'` });

  it('refuses one more, and takes those again that are there', () => {
    const matcher = new Matcher({ residualMax: 2 });
    matcher.add(1, like('a'));
    matcher.add(2, like('b'));
    matcher.add(3, like('b'));
    const before = matcher.stats;
    expect(() => matcher.add(4, like('c'))).toThrow(expect.objectContaining({ code: 'residual_limit' }));
    expect(matcher.stats).toEqual(before);
    matcher.add(4, { topic: 'a/#', when: "x NOT LIKE '%c%'" });
    expect(() => matcher.replace(4, like('c'))).toThrow(expect.objectContaining({ code: 'residual_limit' }));
    expect(matcher.filterOf(4)?.topic).toBe('a/#');
    matcher.remove(1);
    matcher.replace(4, like('c'));
    expect(matcher.stats.residual).toBe(2);
  });

  it('is one of filters under each topic filter too, that no key finds', () => {
    const matcher = new Matcher({ residualMax: 2 });
    const under = (topic: string, text: string) => ({ topic, when: `x NOT LIKE '%${text}%'` });
    matcher.add(1, under('a/#', 'a'));
    matcher.add(2, under('a/#', 'b'));
    matcher.add(3, under('a/#', 'b'));
    const before = matcher.stats;
    expect(() => matcher.add(4, under('a/#', 'c'))).toThrow(
      expect.objectContaining({ code: 'residual_limit', message: expect.stringContaining('every event of a/#') }),
    );
    expect(matcher.stats).toEqual(before);
    matcher.add(4, under('a/b', 'c'));
    matcher.add(5, { topic: 'a/#', when: "x NOT LIKE '%c%' AND y = 1" });
    matcher.remove(3);
    expect(() => matcher.add(6, under('a/#', 'c'))).toThrow(FilterError);
    matcher.remove(2);
    matcher.add(6, under('a/#', 'c'));
    for (const id of [1, 4, 5, 6]) matcher.remove(id);
    expect(matcher.stats.bytes).toEqual(new Matcher().stats.bytes);
    for (const id of [1, 2]) matcher.add(id, under('a/#', `${id}`));
    expect(() => matcher.add(3, under('a/#', 'c'))).toThrow(FilterError);
  });
});

describe('Matcher.dryRun', () => {
  it('finds what match finds, and leaves no trace', () => {
    const matcher = new Matcher();
    for (let i = 0; i < 50; i += 1) matcher.add(i, { topic: i % 2 ? '#' : 't/+', when: `x > ${i} OR s = 'v${i}'` });
    const event = { topic: 't/1', data: { x: 20.5, s: 'v40' } };
    const found = ({ ids, count }: { ids: Int32Array; count: number }) => [...ids.subarray(0, count)].sort();
    const fresh = matcher.stats;
    const costs = matcher.costliest();
    for (let i = 0; i < 100; i += 1) matcher.dryRun(event);
    expect({ ...matcher.stats, bytes: {} }).toEqual({ ...fresh, bytes: {} });
    expect(matcher.costliest()).toEqual(costs);
    const dry = found(matcher.dryRun(event));
    expect(dry).toHaveLength(22);
    expect(found(matcher.match(event))).toEqual(dry);
    expect(matcher.stats.events).toBe(1);
  });
});
