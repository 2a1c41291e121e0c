import { describe, expect, it } from 'vitest';
import { evaluate, Matcher, parsePredicate } from '../../../../matcher/index.ts';

const topic = 'plant/log';

function matched(matcher: Matcher, data: unknown): number[] {
  const { ids, count } = matcher.match({ topic, data: data as never });
  return [...ids.subarray(0, count)].sort((a, b) => a - b);
}

const TEXTS = [
  '',
  'p',
  'pump',
  'pump pump',
  'a pump-17 of ours',
  'PUMP',
  'pu mp',
  '😀 pump 😀',
  'é',
  'aaaa',
  'ab'.repeat(300),
  `${'x'.repeat(5000)}pump`,
];

const PREDICATES = [
  "s LIKE '%pump%'",
  "s LIKE 'pu%mp%'",
  "s LIKE '%p_mp%'",
  "s LIKE '%!%!%%' ESCAPE '!'",
  "contains(s, 'a')",
  "contains(s, 'aa')",
  "endsWith(s, 'ours')",
  "s LIKE '%😀%'",
  "contains(s, 'é')",
  "s LIKE '%ump%' OR s LIKE '%bab%'",
  "NOT contains(s, 'pump')",
  "s LIKE '%pump%' AND s NOT LIKE '%ours'",
  "contains(s, 'm') AND contains(s, 'mp-') AND n > 3",
  "contains(s, '')",
];

describe('what is looked for in a text', () => {
  it('is found as by the oracle, by one filter or many, in data that is decoded or not', () => {
    const alone = PREDICATES.map((when) => {
      const matcher = new Matcher();
      matcher.add(0, { topic, when });
      return matcher;
    });
    const together = new Matcher();
    for (const [id, when] of PREDICATES.entries()) together.add(id, { topic, when });
    for (let i = 0; i < 2000; i += 1) together.add(1000 + i, { topic, when: `s LIKE '%zz${i.toString(36)}zz%'` });
    for (const s of [...TEXTS, 5, null, ['pump'], { pump: 1 }]) {
      const data = { s, n: 5 };
      const expected = PREDICATES.flatMap((when, id) =>
        evaluate(parsePredicate(when), { topic, data }) === true ? [id] : [],
      );
      expect(matched(together, data), JSON.stringify(s)).toEqual(expected);
      expect(
        alone.flatMap((matcher, id) => (matched(matcher, data).length > 0 ? [id] : [])),
        JSON.stringify(s),
      ).toEqual(expected);
    }
  });

  it('costs an event nothing where its text has nothing of it', () => {
    const matcher = new Matcher();
    for (let i = 0; i < 1000; i += 1) matcher.add(i, { topic, when: `s LIKE '%never ${i}%'` });
    const before = matcher.stats.candidates;
    for (let i = 0; i < 100; i += 1) expect(matched(matcher, { s: `site-${i} of many` })).toEqual([]);
    expect(matcher.stats.candidates - before).toBe(0);
    expect(matched(matcher, { s: 'was never 7 before' })).toEqual([7]);
  });

  it('is found by what is rare of it, once events have shown that', () => {
    const matcher = new Matcher();
    const filters = ['common-alpha', 'common-beta', 'common-gamma'];
    for (const [id, part] of filters.entries()) {
      for (let i = 0; i < 20; i += 1) matcher.add(id * 20 + i, { topic, when: `s LIKE '%${part}%' AND n > ${i}` });
    }
    const text = (i: number): string => `common-${i} is what all of them have in common`;
    for (let i = 0; i < 3000; i += 1) matcher.match({ topic, data: { s: text(i), n: -1 } });
    for (let round = 0; round < 12; round += 1) {
      matcher.retune(60);
      for (let i = 0; i < 500; i += 1) matcher.match({ topic, data: { s: text(i), n: -1 } });
    }
    const before = matcher.stats.candidates;
    for (let i = 0; i < 100; i += 1) matcher.match({ topic, data: { s: text(i), n: -1 } });
    expect(matcher.stats.candidates - before).toBeLessThan(100 * 60 * 0.1);
    expect(matched(matcher, { s: 'a common-beta', n: 1 })).toEqual([20]);
  });

  it('leaves nothing behind when it is removed or replaced', () => {
    const matcher = new Matcher();
    for (let i = 0; i < 300; i += 1) matcher.add(i, { topic, when: `s LIKE '%part ${i}%'` });
    matched(matcher, { s: 'part 7' });
    for (let i = 0; i < 300; i += 2) matcher.replace(i, { topic, when: `contains(s, '${i} of it')` });
    expect(matched(matcher, { s: 'part 299, 288 of it' })).toEqual([8, 29, 88, 288, 299]);
    for (let i = 0; i < 300; i += 1) matcher.remove(i);
    expect(matcher.stats.bytes).toEqual(new Matcher().stats.bytes);
  });
});
