import { expect, it } from 'vitest';
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

it.each(['IN', 'NOT IN'])('%s a list that is too long for an entry says what evaluate says', (operator) => {
  const list = [...literals, ...Array.from({ length: 500 }, (_, i) => `'text ${i}'`), ...literals].join(', ');
  const when = `a ${operator} (${list})`;
  const matcher = new Matcher();
  matcher.add(1, { topic: '#', when });
  matcher.add(2, { topic: '#', when: `b = 1 AND ${when}` });
  const condition = parsePredicate(when);
  for (const value of [...values, 'text 7', 'text 500']) {
    const event = { topic: 't', data: value === undefined ? { b: 1 } : { a: value, b: 1 } };
    const expected = evaluate(condition, event) === true ? [1, 2] : [];
    const { ids, count } = matcher.match(event);
    expect([...ids.subarray(0, count)].sort(), JSON.stringify(value)).toEqual(expected);
  }
});
