import { describe, expect, it } from 'vitest';
import { Outline } from '../../../../matcher/compile/outline.ts';
import { compileFilter, FilterError, type MatchableEvent, Matcher } from '../../../../matcher/index.ts';

/** The values of `a` among these, and none, for which a predicate is true. */
const values = [-6, -5, -1, 0, 1, 5, 6, 'x', '-5', "it's", 'a%', true, undefined];

function matchesOf(when: string): unknown[] {
  const matcher = new Matcher();
  matcher.add(0, { topic: 't', when });
  const event = (a: unknown): MatchableEvent => ({ topic: 't', data: a === undefined ? {} : { a: a as number } });
  return values.filter((a) => matcher.match(event(a)).count === 1);
}

/** Has a predicate compiled as often as it takes until its clauses are known. */
function remember(when: string): void {
  for (let i = 0; i < 3; i += 1) compileFilter({ topic: 't', when });
}

/** Two clauses of seven letters and `= 1` that outlines give one hash. */
function clausesOfOneHash(): [string, string] {
  const outline = new Outline();
  const byHash = new Map<number, string>();
  for (let state = 1; ; ) {
    let name = '';
    for (let i = 0; i < 7; i += 1) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      name += String.fromCharCode(0x61 + ((state >>> 16) % 26));
    }
    const clause = `${name} = 1`;
    outline.read(clause);
    const hash = outline.clauseHashes[0] as number;
    const known = byHash.get(hash);
    if (known !== undefined && known !== clause) return [known, clause];
    byHash.set(hash, clause);
  }
}

describe('a clause that was seen with other literals', () => {
  it.each<[string, readonly (readonly [when: string, matches: readonly unknown[]])[]]>([
    [
      'a sign apart from a zero',
      [
        ['a > - 0', [1, 5, 6]],
        ['a > - 5', [-1, 0, 1, 5, 6]],
      ],
    ],
    [
      'a sign apart in a list',
      [
        ['a IN (- 0, 6)', [0, 6]],
        ['a IN (- 5, 6)', [-5, 6]],
      ],
    ],
    [
      'signs in brackets',
      [
        ['a = -(-(0))', [0]],
        ['a = -(-(5))', [5]],
        ['a = -(-(-5))', [-5]],
      ],
    ],
    [
      'a sign that joins the number',
      [
        ['a >= 5', [5, 6]],
        ['a >= -1', [-1, 0, 1, 5, 6]],
        ['a >= 6', [6]],
      ],
    ],
    [
      'a number and a string',
      [
        ['a = 5', [5]],
        ["a = '-5'", ['-5']],
        ['a = 6', [6]],
      ],
    ],
    [
      'lists of other lengths',
      [
        ['a IN (1, 5)', [1, 5]],
        ['a IN (6, 1, 6, -6)', [-6, 1, 6]],
        ['a IN (5)', [5]],
      ],
    ],
    ['a list that comes to one value', [['a NOT IN (1, 1)', values.filter((a) => a !== 1 && a !== undefined)]]],
    [
      'quotes in a string',
      [
        ["a = 'x'", ['x']],
        ["a = 'it''s'", ["it's"]],
        ["a = 'it\\'s'", ["it's"]],
      ],
    ],
    [
      'a word in a string',
      [
        ["a = 'x' OR a = 1", [1, 'x']],
        ["a = ' OR ' OR a = 1", [1]],
      ],
    ],
    [
      'arithmetic',
      [
        ['a + 1 > 6', [6]],
        ['a + 1 > 5', [5, 6]],
        ['a > 1 + 4', [6]],
        ['a > 1 + 0', [5, 6]],
      ],
    ],
    [
      'what two literals decide',
      [
        ['1 < 2 AND a = 1', [1]],
        ['2 < 1 AND a = 1', []],
        ['0 < 2 AND a = 5', [5]],
      ],
    ],
    [
      'a pattern and its escape',
      [
        ["a LIKE 'a!%' ESCAPE '!'", ['a%']],
        ["a LIKE 'a?%' ESCAPE '?'", ['a%']],
      ],
    ],
    [
      'ranges that meet or do not',
      [
        ['a > 0 AND a < 5', [1]],
        ['a > 5 AND a < 0', []],
        ['a > -2 AND a < 1', [-1, 0]],
      ],
    ],
    [
      'bounds',
      [
        ['a BETWEEN 1 AND 5', [1, 5]],
        ['a BETWEEN -1 AND 0', [-1, 0]],
        ['a NOT BETWEEN -5 AND 5', [-6, 6]],
      ],
    ],
    [
      'prefixes',
      [
        ["startsWith(a, 'it')", ["it's"]],
        ["startsWith(a, 'x')", ['x']],
        ["startsWith(a, '-5.')", []],
      ],
    ],
  ])('is read with its own: %s', (_name, series) => {
    for (const [first] of series) {
      remember(first);
      for (const [when, matches] of series) expect(matchesOf(when), `${when} after ${first}`).toEqual(matches);
    }
  });

  it.each<[string, string, string, number]>([
    ['a LIKE', "a LIKE 'x!%' ESCAPE '!'", "a LIKE 'x!a' ESCAPE '!'", 7],
    ['an ESCAPE', "a LIKE 'x' ESCAPE '!'", "a LIKE 'x' ESCAPE '!!'", 18],
    ['an escape', "b = 1 AND a = 'x'", "b = 1 AND a = 'x\\y'", 16],
    ['a number', 'b = 1 AND a = 5', 'b = 1 AND a = 1e999', 14],
    ['a step', 'tags[0] = 5', 'tags[0.5] = 5', 5],
  ])('is refused where its own literals are wrong: %s', (_name, right, wrong, offset) => {
    remember(right);
    expect(() => compileFilter({ topic: 't', when: wrong })).toThrow(
      expect.objectContaining({ name: 'FilterError', text: wrong, offset }),
    );
  });

  it('is not taken for another whose text has the same hash and length', () => {
    const [one, other] = clausesOfOneHash();
    expect(one).not.toBe(other);
    remember(one);
    expect(compileFilter({ topic: 't', when: one }).key).toBe(`t\0${one}`);
    remember(other);
    const { tests, key } = compileFilter({ topic: 't', when: other });
    expect(key).toBe(`t\0${other}`);
    expect(tests).toEqual([
      expect.objectContaining({ reference: expect.objectContaining({ path: [other.slice(0, 7)] }) }),
    ]);
  });

  it('is not allowed deeper than the limit by a sign', () => {
    const when = (number: number): string => `(((a > ${number})))`;
    const limits = { depthMax: 3 };
    remember(when(1));
    remember(when(-1));
    expect(compileFilter({ topic: 't', when: when(1) }, limits).cost).toBe('indexed');
    expect(compileFilter({ topic: 't', when: when(-1) }).cost).toBe('indexed');
    expect(() => compileFilter({ topic: 't', when: when(-1) }, limits)).toThrow(FilterError);
  });

  it('gives no answer of its own to another text of the same pieces', () => {
    remember("room['x'] = 1");
    remember("room['y'] = 1");
    expect(compileFilter({ topic: 't', when: "room['x'] = 1" }).key).toContain('room.x = 1');
    expect(compileFilter({ topic: 't', when: "room['y'] = 1" }).key).toContain('room.y = 1');
    expect(compileFilter({ topic: 't', when: "room['x'] = 1" }).hash).not.toBe(
      compileFilter({ topic: 't', when: "room['y'] = 1" }).hash,
    );
  });
});

describe('the hash of a filter', () => {
  it.each([
    ['a > 1 AND b = 2', '2 = b && a > 1'],
    ['a > 1 OR a > 1', 'a > 1'],
    ['a > 1 AND b < 2 OR b < 2 AND a > 1', 'a > 1 AND b < 2'],
    ['(a > 1 OR b < 2) AND (b < 2 OR a > 1)', 'b < 2 OR a > 1'],
    ['(a > 1 OR b < 2) OR (c = 1 OR a > 1)', 'NOT (a <= 1 AND b >= 2 AND c <> 1)'],
    ['a = 1 OR a = 2 OR b > 1', 'b > 1 OR a IN (2, 1, 1)'],
    ['a <> 1 AND a <> 2 AND b > 1', 'b > 1 AND NOT a IN (1, 2)'],
    ["a = 'x' AND a = 'x'", 'a = "x"'],
    ["a LIKE 'x%' AND a LIKE 'x%'", "a LIKE 'x%'"],
    ["NOT contains(a, 'x')", "NOT contains(a, 'x') AND NOT contains(a, 'x')"],
    ['a BETWEEN 1 AND 2', 'a >= 1 AND a <= 2'],
    ['a NOT BETWEEN 1 AND 2', 'a > 2 OR a < 1'],
    ['a = -0', 'a = 0.0'],
    ['a + 1 > b', 'b < 1 + a'],
    ['a > 1 AND (b = 1 OR FALSE)', 'b = 1 AND a > 1'],
    ['a IS NULL AND a IS NULL AND EXISTS b', 'EXISTS $data.b AND a = null'],
  ])('is one for %s and %s, as is the key', (one, other) => {
    const [left, right] = [one, other].map((when) => compileFilter({ topic: 't', when }));
    expect(right?.key).toBe(left?.key);
    expect(right?.hash).toBe(left?.hash);
    expect(right?.tests).toHaveLength(left?.tests?.length ?? -1);
  });

  it.each([
    ['a = 1', "a = '1'"],
    ['a = 1', 'a <> 1'],
    ['a = 1', 'a = TRUE'],
    ['a = 0', 'a = FALSE'],
    ['a > 1', 'a >= 1'],
    ['a > 1', 'b > 1'],
    ['a IN (1, 2)', 'a NOT IN (1, 2)'],
    ['a IN (1, 2)', "a IN (1, '2')"],
    ['a = 1 AND b = 2', 'a = 1 OR b = 2'],
    ['a = 1 AND b = 2', 'a = 2 AND b = 1'],
    ["startsWith(a, 'x')", "a = 'x'"],
    ['a IS NULL', 'a IS NOT NULL'],
  ])('differs for %s and %s', (one, other) => {
    expect(compileFilter({ topic: 't', when: one }).hash).not.toBe(compileFilter({ topic: 't', when: other }).hash);
    expect(compileFilter({ topic: 't', when: one }).hash).not.toBe(compileFilter({ topic: 'u', when: one }).hash);
  });
});

describe('compiling', () => {
  it('of ten thousand different shapes, and of hostile ones, leaves answers as they are', () => {
    const hostile = [
      `a IN (${Array.from({ length: 1024 }, (_, i) => i % 700).join(', ')})`,
      `${'('.repeat(60)}a = 1${')'.repeat(60)}`,
      `${'NOT '.repeat(60)}a = 1`,
      Array.from({ length: 256 }, (_, i) => `a <> ${i % 3}`).join(' AND '),
      Array.from({ length: 256 }, (_, i) => `a = ${i % 3}`).join(' OR '),
      Array.from({ length: 256 }, (_, i) => `a > ${i}`).join(' AND '),
    ];
    hostile.forEach(remember);
    const before = hostile.map(matchesOf);
    for (let i = 0; i < 10_000; i += 1) compileFilter({ topic: 't', when: `field${i} = 1 AND other${i} > 2` });
    expect(hostile.map(matchesOf)).toEqual(before);
    expect(before[0]).toEqual([0, 1, 5, 6]);
    expect(before[1]).toEqual([1]);
    expect(before[2]).toEqual([1]);
    expect(before[4]).toEqual([0, 1]);
    expect(before[5]).toEqual([]);
  });
});
