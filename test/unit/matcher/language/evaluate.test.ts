import { describe, expect, it } from 'vitest';
import type { JsonValue, MatchableEvent } from '../../../../matcher/event.ts';
import type { Condition, Verdict } from '../../../../matcher/language/ast.ts';
import { evaluate } from '../../../../matcher/language/evaluate.ts';
import { parsePredicate } from '../../../../matcher/language/parse.ts';

const unknown = undefined;

const data: JsonValue = JSON.parse(`{
  "one": 1, "two": 2, "five": 5, "negative": -3, "zero": 0, "huge": 1e308, "infinite": 1e999,
  "textFive": "5", "a": "a", "b": "b", "A": "A", "empty": "", "path": "a%b_c", "windows": "C:\\\\temp", "smile": "x😀y",
  "composed": "\\u00e9", "decomposed": "e\\u0301",
  "yes": true, "no": false, "nothing": null,
  "object": {"inner": {"deep": 7}, "length": 3, "floor plan": "open", "in": 4, "0": "zero"},
  "list": [1, "two", true, null, [1], {"x": 9}], "numbers": [1, 2], "none": [], "nulls": [null],
  "__proto__": {"own": 1}, "constructor": 8
}`);

const event: MatchableEvent = {
  topic: 'sensors/1/temp',
  data,
  attributes: { level: 3, unit: 'C', ok: true, 'two words': 'w' },
  source: 'probe',
  id: 'e-1',
  time: 1000,
  size: 64,
  contentType: 'application/json',
};

/** Each row: a predicate, and its verdict over the event above. */
function gives(rows: readonly (readonly [text: string, verdict: Verdict])[]): void {
  it.each(rows)('%s is %s', (text, verdict) => {
    expect(evaluate(parsePredicate(text), event)).toBe(verdict);
  });
}

describe('evaluate: missing and null', () => {
  gives([
    ['missing = 1', unknown],
    ['missing <> 1', unknown],
    ['missing < 1', unknown],
    ['missing = missing', unknown],
    ['missing BETWEEN 1 AND 2', unknown],
    ['missing NOT BETWEEN 1 AND 2', unknown],
    ['missing IN (1)', unknown],
    ['missing NOT IN (1)', unknown],
    ['missing IN numbers', unknown],
    ['missing IN none', unknown],
    ["missing LIKE '%'", unknown],
    ["missing NOT LIKE '%'", unknown],
    ["contains(missing, '')", unknown],
    ['missing', unknown],
    ['NOT missing', unknown],
    ['missing + 1 = 2', unknown],
    ['nothing = 1', unknown],
    ['nothing <> 1', unknown],
    ['nothing = nothing', unknown],
    ['nothing', unknown],
    ['missing IS NULL', true],
    ['missing IS NOT NULL', false],
    ['EXISTS missing', false],
    ['NOT EXISTS missing', true],
    ['nothing IS NULL', true],
    ['nothing IS NOT NULL', false],
    ['EXISTS nothing', true],
    ['one IS NULL', false],
    ['one IS NOT NULL', true],
    ['EXISTS one', true],
    ['missing == null', true],
    ['missing != null', false],
    ['null = one', false],
    ['null <> one', true],
    ['empty IS NULL', false],
    ['object IS NULL', false],
    ['$attr.missing IS NULL', true],
    ['EXISTS $attr.level', true],
    ['EXISTS $id', true],
  ]);
});

describe('evaluate: Kleene', () => {
  const values: readonly (readonly [string, Verdict])[] = [
    ['yes', true],
    ['no', false],
    ['missing', unknown],
  ];
  const and = (a: Verdict, b: Verdict): Verdict => (a === false || b === false ? false : a && b);
  const or = (a: Verdict, b: Verdict): Verdict => (a === true || b === true ? true : a === unknown ? unknown : b);
  gives(
    values.flatMap(([left, a]) =>
      values.flatMap(([right, b]): [string, Verdict][] => [
        [`${left} AND ${right}`, and(a, b)],
        [`${left} OR ${right}`, or(a, b)],
      ]),
    ),
  );
  gives([
    ['NOT yes', false],
    ['NOT no', true],
    ['NOT missing', unknown],
    ['no AND yes AND missing', false],
    ['missing OR no OR yes', true],
  ]);
});

describe('evaluate: equality has types', () => {
  gives([
    ['five = 5', true],
    ["textFive = '5'", true],
    ["'5' = 5", false],
    ["'5' <> 5", true],
    ['textFive = 5', false],
    ['textFive <> 5', true],
    ['yes = true', true],
    ["yes = 'true'", false],
    ['yes = 1', false],
    ['no = 0', false],
    ["empty = ''", true],
    ['empty = 0', false],
    ['zero = -0', true],
    ["a = 'A'", false],
    ['composed = decomposed', false],
    ['one = one', true],
    ['one = two', false],
    ['object = object', false],
    ['object <> object', true],
    ['list = list', false],
    ['list <> 1', true],
    ['object = 1', false],
    ['numbers = 1', false],
  ]);
});

describe('evaluate: order', () => {
  gives([
    ['one < two', true],
    ['two < one', false],
    ['one <= 1', true],
    ['one < 1', false],
    ['one >= 1', true],
    ['one > 1', false],
    ['negative < zero', true],
    ['infinite > huge', true],
    ["a < 'b'", true],
    ["A < 'a'", true],
    ["a < 'B'", false],
    ["empty < 'a'", true],
    ["'é' < 'z'", false],
    [`'\\uffff' < '😀'`, false],
    ["five < '6'", unknown],
    ['textFive < 6', unknown],
    ['yes > no', unknown],
    ['no < 1', unknown],
    ['object < 1', unknown],
    ['numbers > 0', unknown],
    ['NOT one < two', false],
    ['NOT textFive < 6', unknown],
    ['two BETWEEN 1 AND 3', true],
    ['two BETWEEN 2 AND 2', true],
    ['two BETWEEN 3 AND 1', false],
    ['two NOT BETWEEN 3 AND 4', true],
    ["a BETWEEN 'a' AND 'b'", true],
    ["two BETWEEN 'a' AND 3", unknown],
    ["two BETWEEN 'a' AND 1", false],
    ["two NOT BETWEEN 'a' AND 1", true],
    ['two BETWEEN missing AND 3', unknown],
    ['two BETWEEN missing AND 1', false],
  ]);
});

describe('evaluate: sets', () => {
  gives([
    ['one IN (1, 2)', true],
    ['one IN (2, 3)', false],
    ["one IN ('1')", false],
    ["one NOT IN ('1')", true],
    ['yes IN (true)', true],
    ['object IN (1)', false],
    ['object NOT IN (1)', true],
    ['1 IN list', true],
    ["'two' IN list", true],
    ['true IN list', true],
    ['3 IN list', unknown],
    ['3 NOT IN list', unknown],
    ['3 IN numbers', false],
    ['3 NOT IN numbers', true],
    ['one IN numbers', true],
    ['1 NOT IN list', false],
    ['1 IN none', false],
    ['1 IN nulls', unknown],
    ['1 IN one', unknown],
    ['1 IN object', unknown],
    ["'a' IN a", unknown],
    ['1 NOT IN missing', unknown],
    ['numbers = 1', false],
  ]);
});

describe('evaluate: text', () => {
  gives([
    ["startsWith(path, 'a%')", true],
    ["startsWith(path, 'A')", false],
    ["endsWith(path, '_c')", true],
    ["contains(path, 'b')", true],
    ["contains(path, '')", true],
    ["contains(one, '1')", unknown],
    ["NOT contains(one, '1')", unknown],
    ["contains(list, 'two')", unknown],
    ["path LIKE 'a%c'", true],
    ["path LIKE 'A%'", false],
    ["path NOT LIKE 'a%'", false],
    ["path LIKE 'a!%b!_c' ESCAPE '!'", true],
    [String.raw`windows LIKE 'C:\\%' ESCAPE '\'`, true],
    [String.raw`windows LIKE 'C:\\%' ESCAPE '\\'`, false],
    [String.raw`windows LIKE 'C:\\%'`, true],
    ["smile LIKE 'x_y'", true],
    ["smile LIKE 'x__y'", false],
    ["one LIKE '1'", unknown],
    ["one NOT LIKE '1'", unknown],
    ["empty LIKE ''", true],
    ["empty LIKE '_'", false],
  ]);
});

describe('evaluate: arithmetic', () => {
  gives([
    ['one + two = 3', true],
    ['five - two * 2 = 1', true],
    ['five / 2 = 2.5', true],
    ['five % 2 = 1', true],
    ['-five % 3 = -2', true],
    ['-one = -1', true],
    ['one / zero = 1', unknown],
    ['one / zero <> 1', unknown],
    ['one % 0 = 1', unknown],
    ['huge * 10 > 1', unknown],
    ['infinite - infinite = 0', unknown],
    ['infinite + 1 > 0', unknown],
    ['-infinite < 0', unknown],
    ["a + 'b' = 'ab'", unknown],
    ["'a' + 1 <> 2", unknown],
    ['yes + 1 = 2', unknown],
    ['textFive * 1 = 5', unknown],
    ["-a = 'a'", unknown],
    ['one + nothing = 1', unknown],
  ]);
});

describe('evaluate: truth', () => {
  gives([
    ['yes', true],
    ['no', false],
    ['true', true],
    ['FALSE', false],
    ['one', unknown],
    ['zero', unknown],
    ['a', unknown],
    ['empty', unknown],
    ['object', unknown],
    ['NOT one', unknown],
    ['one OR yes', true],
    ['$attr.ok', true],
    ['$attr.level', unknown],
  ]);
});

describe('evaluate: names read own properties', () => {
  gives([
    ['object.inner.deep = 7', true],
    ["object['floor plan'] = 'open'", true],
    ['object.in = 4', true],
    ['object.length = 3', true],
    ['list.length = 6', unknown],
    ['a.length = 1', unknown],
    ['EXISTS list.length', false],
    ['EXISTS a[0]', false],
    ['list[0] = 1', true],
    ['list[5].x = 9', true],
    ['list[4][0] = 1', true],
    ['EXISTS list[3]', true],
    ['EXISTS list[6]', false],
    ["EXISTS list['0']", false],
    ['EXISTS object[0]', false],
    ["object['0'] = 'zero'", true],
    ['EXISTS object.constructor', false],
    ['EXISTS object.__proto__', false],
    ['EXISTS object.toString', false],
    ['EXISTS missing.inner', false],
    ['EXISTS nothing.inner', false],
    ['__proto__.own = 1', true],
    ['constructor = 8', true],
    ['$data.one = 1', true],
    ['$attr.level = 3', true],
    ["$attr['two words'] = 'w'", true],
    ['EXISTS $attr.constructor', false],
    ["$topic = 'sensors/1/temp'", true],
    ["$source = 'probe' AND $id = 'e-1' AND $contentType = 'application/json'", true],
    ['$time = 1000 AND $size = 64', true],
    ['EXISTS One', false],
  ]);
});

describe('evaluate: what an event may lack or carry', () => {
  const verdict = (text: string, about: MatchableEvent): Verdict => evaluate(parsePredicate(text), about);

  it('every name is missing in an event of a topic alone', () => {
    for (const name of ['a', 'a.b', '$attr.x', '$source', '$id', '$time', '$size', '$contentType']) {
      expect(verdict(`EXISTS ${name}`, { topic: 't' })).toBe(false);
    }
  });

  it.each([null, 5, 'text', true])('fields are missing in the body %j', (body) => {
    expect(verdict('EXISTS a', { topic: 't', data: body })).toBe(false);
    expect(verdict('EXISTS length', { topic: 't', data: body })).toBe(false);
  });

  it('an array as the body is read through $data', () => {
    expect(verdict('$data[1].x = 2', { topic: 't', data: [1, { x: 2 }] })).toBe(true);
  });

  it('NaN is as null, wherever it stands', () => {
    const odd: MatchableEvent = {
      topic: 't',
      data: { a: Number.NaN, list: [Number.NaN] },
      attributes: { x: Number.NaN },
    };
    expect(verdict('a IS NULL AND EXISTS a AND $attr.x IS NULL', odd)).toBe(true);
    expect(verdict('a <> 1', odd)).toBe(unknown);
    expect(verdict('1 IN list', odd)).toBe(unknown);
    expect(verdict('a + 1 = 1', odd)).toBe(unknown);
  });

  it('objects without a prototype, and ones with hostile own names, are read alike', () => {
    const bare = Object.assign(Object.create(null) as { [key: string]: JsonValue }, { a: 1, hasOwnProperty: 2 });
    expect(verdict('a = 1 AND hasOwnProperty = 2', { topic: 't', data: bare })).toBe(true);
  });
});

describe('NOT at the leaves is exact, which the index relies on', () => {
  const operands = ['one', 'textFive', 'a', 'yes', 'nothing', 'missing', 'object', 'list', '5', "'a'", 'true'];
  const pairs = [
    ['<', '>='],
    ['<=', '>'],
    ['=', '<>'],
  ] as const;
  it.each(pairs)('NOT (a %s b) is a %s b', (operator, opposite) => {
    for (const left of operands) {
      for (const right of operands) {
        const negation = evaluate(parsePredicate(`NOT ${left} ${operator} ${right}`), event);
        expect(negation).toBe(evaluate(parsePredicate(`${left} ${opposite} ${right}`), event));
      }
    }
  });
});

it('evaluate walks a condition as deep as the limits allow', () => {
  const text = `${'NOT ('.repeat(32)}yes${')'.repeat(32)}`;
  const condition: Condition = parsePredicate(text);
  expect(evaluate(condition, event)).toBe(true);
});
