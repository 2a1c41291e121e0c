import { describe, expect, it } from 'vitest';
import { explainFilter, type JsonValue, Matcher, printExplanation } from '../../../../matcher/index.ts';

function reasonOf(when: string, data: JsonValue): string {
  const { predicate } = explainFilter({ topic: 't', data }, { topic: 't', when });
  return `${predicate?.verdict}: ${predicate?.reason}`;
}

describe('explain: reasons', () => {
  it.each<[string, JsonValue, string]>([
    ['temperature > 30', { temperature: 28.4 }, 'false: temperature is 28.4, which is not > 30; short by 1.6'],
    ['temperature > 30', { temperature: 31 }, 'true: temperature is 31, which is > 30'],
    ['temperature > 30', { temperature: 30 }, 'false: temperature is 30, which is not > 30; it is exactly the limit'],
    ['temperature < 30', { temperature: 30.25 }, 'false: temperature is 30.25, which is not < 30; over by 0.25'],
    ['humidity < 50', {}, 'unknown: humidity is missing, so the comparison is unknown'],
    ['humidity < 50', { humidity: null }, 'unknown: humidity is null, so the comparison is unknown'],
    ['x = 5', { x: '5' }, 'false: x is "5", which is not = 5: a string never equals a number'],
    ['x < 5', { x: '4' }, 'unknown: x is "4": a string against a number has no order, so the comparison is unknown'],
    ['a + b = 3', { a: 1 }, 'unknown: a + b has no value, so the comparison is unknown'],
    ['a > b', { a: 1, b: 4 }, 'false: a is 1, which is not > b (4); short by 3'],
    ['x IN (1, 2)', { x: 3.5 }, 'false: x is 3.5, which is not one of the 2 listed; off by 1.5'],
    ["x IN ('a')", { x: 3 }, 'false: x is 3, which is not one of the 1 listed'],
    ['x NOT IN (1, 2)', { x: 3 }, 'true: x is 3, which is not one of the 2 listed'],
    ['x BETWEEN 1 AND 2', { x: 3 }, 'false: x is 3, which is not between 1 and 2; over by 1'],
    ['x BETWEEN 1 AND 2', { x: 0.9 }, 'false: x is 0.9, which is not between 1 and 2; short by 0.1'],
    ['x BETWEEN 1 AND 2', { x: 2 }, 'true: x is 2, which is between 1 and 2'],
    ['x NOT BETWEEN 1 AND 5', { x: 2 }, 'false: x is 2, which is between 1 and 5; inside by 1'],
    ['x NOT BETWEEN 1 AND 5', { x: 5 }, 'false: x is 5, which is between 1 and 5; it is exactly the limit'],
    ['x > 1e308', { x: -1.7e308 }, 'false: x is -1.7e+308, which is not > 1e+308'],
    ["x LIKE 'a%'", { x: 'abc' }, 'true: x is "abc", which fits the pattern'],
    ["x LIKE 'a%'", { x: 1 }, 'unknown: x is 1, which is not a string, so the condition is unknown'],
    ["startsWith(x, 'b')", { x: 'abc' }, 'false: x is "abc", which does not start with "b"'],
    ["'a' IN tags", { tags: ['b'] }, 'false: \'a\' is "a", which is not in tags, an array of 1'],
    ["'a' IN tags", { tags: 1 }, 'unknown: tags is 1, not an array, so the condition is unknown'],
    ['x IS NULL', {}, 'true: x is missing'],
    ['EXISTS x', { x: {} }, 'true: x is object of 0'],
    ['armed', { armed: 'yes' }, 'unknown: armed is "yes", which is not a boolean, so the condition is unknown'],
    ['NOT armed', { armed: true }, 'false: the negated condition is true'],
    ['x = 1 AND y = 2', { x: 1 }, 'unknown: 1 of 2 parts is unknown'],
    ['x = 1 OR y = 2', { x: 0, y: 0 }, 'false: all 2 parts are false'],
  ])('%s on %j', (when, data, expected) => {
    expect(reasonOf(when, data)).toBe(expected);
  });
});

describe('explain: the nearest miss', () => {
  it('is a number, for programs, where the clause that failed compares numbers', () => {
    const when = 'a > 30 AND b = 5 AND c BETWEEN 1 AND 2 AND d < 7 AND e = 1 AND f > 0';
    const data = { a: 28.4, b: 7, c: 0.5, d: 7, e: '1', f: 1 };
    const { predicate } = explainFilter({ topic: 't', data }, { topic: 't', when });
    expect(predicate?.clauses.map(({ miss }) => miss)).toEqual([
      { where: 'short', by: 1.6 },
      { where: 'off', by: 2 },
      { where: 'short', by: 0.5 },
      { where: 'over', by: 0 },
      undefined,
      undefined,
    ]);
  });
});

describe('explain: topics', () => {
  it.each([
    ['a/+', 'a/b', 'true', 'every level matches', undefined],
    ['a/b', 'a/c', 'false', 'level 2 is "c", the filter wants "b"', 1],
    ['a/b/c', 'a/b', 'false', 'the topic ends after 2 levels, the filter wants "c" next', 2],
    ['a', 'a/b', 'false', 'the filter ends after 1 level, the topic goes on with "b"', 1],
    ['a//b', 'a/x/b', 'false', 'level 2 is "x", the filter wants an empty level', 1],
    ['#', '$SYS/a', 'false', 'a wildcard on the first level does not match $SYS, which starts with $', 0],
  ])('%s on %s', (filter, topic, verdict, reason, level) => {
    expect(explainFilter({ topic }, { topic: filter })).toEqual({
      matched: verdict === 'true',
      topic: { filter, topic, verdict, reason, ...(level === undefined ? {} : { level }) },
    });
  });
});

describe('explain: the tree', () => {
  it('prints a line a clause, with control characters escaped', () => {
    const event = { topic: 'sensors/1/climate', data: { temperature: 28.4, name: 'a\u001b[31m' } };
    const matcher = new Matcher();
    matcher.add(3, { topic: 'sensors/+/climate', when: "temperature > 30 && (humidity < 50 || name = 'x')" });
    expect(printExplanation(matcher.explain(event, 3))).toBe(
      [
        '✗ no match',
        '  ✓ topic sensors/+/climate: every level matches',
        "  ✗ temperature > 30 AND (humidity < 50 OR name = 'x'): 1 of 2 parts is false",
        '    ✗ temperature > 30: temperature is 28.4, which is not > 30; short by 1.6',
        "    ? humidity < 50 OR name = 'x': 1 of 2 parts is unknown",
        '      ? humidity < 50: humidity is missing, so the comparison is unknown',
        '      ✗ name = \'x\': name is "a\\u001b[31m", which is not = "x"',
      ].join('\n'),
    );
    expect(() => matcher.explain(event, 4)).toThrow(RangeError);
  });

  it('shows the values that a clause read, with their types, and shortens large ones', () => {
    const data = { a: 1, list: [1, 2], text: 'x'.repeat(5000) };
    const when = 'a < b OR list = 1 OR text = 1';
    const { predicate } = explainFilter({ topic: 't', data }, { topic: 't', when });
    expect(predicate?.clauses.map(({ values }) => values)).toEqual([
      [
        { reference: 'a', type: 'number', shown: '1' },
        { reference: 'b', type: 'missing' },
      ],
      [{ reference: 'list', type: 'array', shown: 'array of 2' }],
      [{ reference: 'text', type: 'string', shown: `"${'x'.repeat(119)}…` }],
    ]);
    expect(JSON.stringify(predicate).length).toBeLessThan(2000);
  });

  it('makes each test once, however deep it lies', () => {
    const readsAt = (depth: number): number => {
      let reads = 0;
      const data = {
        get text() {
          reads += 1;
          return 'b';
        },
      };
      const when = `${'NOT '.repeat(depth)}text LIKE 'a%'`;
      const { predicate } = explainFilter({ topic: 't', data }, { topic: 't', when });
      expect(predicate?.verdict).toBe(depth % 2 === 0 ? 'false' : 'true');
      return reads;
    };
    expect(readsAt(60)).toBe(readsAt(0));
  });
});
