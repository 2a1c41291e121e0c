import { describe, expect, it } from 'vitest';
import { FilterError, type FilterErrorCode } from '../../../../matcher/filter-error.ts';
import { defaultPredicateLimits, type PredicateLimits } from '../../../../matcher/language/limits.ts';
import { parsePredicate } from '../../../../matcher/language/parse.ts';

function refusal(text: string, limits?: Partial<PredicateLimits>): FilterError {
  try {
    parsePredicate(text, limits);
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
  throw new Error(`was accepted: ${text}`);
}

/** Texts with `¦` where the fault is expected. */
function refuses(code: FilterErrorCode, marked: readonly string[]): void {
  describe(code, () => {
    it.each(marked)('%s', (line) => {
      const offset = line.indexOf('¦');
      const text = line.replace('¦', '');
      const error = refusal(text);
      expect({ code: error.code, offset: error.offset, text: error.text }).toEqual({ code, offset, text });
    });
  });
}

describe('parsePredicate refuses', () => {
  refuses('predicate_empty', ['¦', '¦   ', '¦\n\t\f']);

  refuses('predicate_syntax', [
    // Two expressions, which jsep takes without a word.
    'a = 1 ¦b = 2',
    "a = 'x' ¦'y'",
    'a ¦b',
    'a ¦1',
    'a = 1¦; b = 2',
    'a = 1¦;',
    'a = 1¦, b = 2',
    '(a¦, b)',
    'a = 1 ¦NOT b',
    'a ¦EXISTS b',
    // Something is missing.
    'a =¦',
    'a = 1 AND¦',
    'a = ¦= 1',
    '¦AND a',
    'a AND ¦OR b',
    '(¦)',
    '¦= 1',
    'NOT¦',
    'a IN (¦)',
    'a IN (1,¦)',
    'a IN (1,¦,2)',
    'a IN (¦,1)',
    'startsWith(a,¦)',
    'startsWith(¦)',
    'a BETWEEN 1¦',
    'a BETWEEN 1 ¦OR 2',
    '(a BETWEEN 1¦) AND b',
    'a BETWEEN 1 AND¦',
    'a IS¦',
    'a IS NOT¦',
    '¦in = 1',
    'a AND ¦like',
    'a ¦NOT = 1',
    "a ¦ESCAPE '!'",
    "a LIKE 'x' ESCAPE '!' ¦ESCAPE '!'",
    // Brackets.
    '¦(a = 1',
    '¦(a AND (b = 1)',
    'a = 1¦)',
    '(a¦]',
    'a IN (1¦]',
    'a IN [1¦)',
    'a[0¦',
    'a[0¦)',
    // Strings and numbers.
    "a = ¦'x",
    'a = ¦"x\'',
    String.raw`a = ¦'x\'`,
    String.raw`a = '¦\d'`,
    String.raw`a = 'x¦\%'`,
    String.raw`startsWith(a, '¦\%')`,
    String.raw`a = '¦\u12g4'`,
    String.raw`a = '¦\u{}'`,
    String.raw`a = '¦\u{110000}'`,
    String.raw`a = '¦\x41'`,
    String.raw`a LIKE '¦\u{110000}'`,
    'a = ¦0x10',
    'a = ¦1.2.3',
    'a = ¦1e',
    'a = ¦12abc',
    'a = ¦1_000',
    'a = ¦10n',
    'a = 1 ¦.5',
    'tags¦.0',
    'a.¦',
    "a.¦'b'",
    'a = ¦#',
    'a = ¦@x',
    'a = ¦\\',
    'a ¦∅ b',
    'a ¦😀',
    'a = ¦\u0000',
    // LIKE.
    "a LIKE 'x' ESCAPE ¦''",
    "a LIKE 'x' ESCAPE ¦'ab'",
    "a LIKE ¦'x!' ESCAPE '!'",
    "a LIKE ¦'!x' ESCAPE '!'",
    // Before SQL's `ESCAPE '\'` there are no escapes but those of LIKE.
    String.raw`a LIKE ¦'caf\u00e9\%' ESCAPE '\'`,
    String.raw`a LIKE ¦'x\' ESCAPE '\'`,
  ]);

  refuses('predicate_unsupported', [
    '1 < a ¦< 5',
    'a = b ¦= c',
    'a = 1 ¦IS NULL',
    'a IN (1) ¦= true',
    '¦f(a)',
    "¦startswith(a, 'x')",
    "a.startsWith¦('x')",
    'a.b¦()',
    '(a)¦(b)',
    '¦new a',
    '¦this.a',
    '¦typeof a',
    'a ¦instanceof b',
    'a = ¦undefined',
    'a = ¦NaN',
    'a < ¦Infinity',
    'a ¦? b : c',
    'a¦?.b',
    'a ¦?? b',
    'a ¦:= 1',
    'a ¦+= 1',
    'a ¦&&= b',
    'a ¦=> 1',
    'a ¦& 1',
    'a ¦| 1',
    'a ¦^ 1',
    '¦~a = 1',
    'a ¦<< 1 = 1',
    'a ¦>>> 1 = 1',
    'a ¦** 2 = 1',
    'a ¦<=> b',
    '¦`a`',
    'a = ¦/x/',
    '¦[1, 2]',
    'a = ¦[1]',
    'a = ¦{}',
    'a = ¦+1',
    'a ¦-- 1 = 2',
    '¦--a = 1',
    'a = 1 ¦-- comment',
    'a = 1 ¦// comment',
    'a = 1 ¦/* comment */',
    "a ¦ILIKE 'x'",
    "a ¦regexp 'x'",
    'a IS ¦TRUE',
    'a IS NOT ¦5',
    'a[¦b]',
    'a[¦-1]',
    'a[¦1.5]',
    'a[¦true]',
    "'abc'¦.length",
    "'abc'¦[0]",
    '(a)¦.b',
    'a IN (1)¦.b',
    '¦$nope = 1',
    '¦$Topic = 1',
    '¦$ = 1',
    '¦$data = 1',
    '¦$attr = 1',
    '¦$attr.a.b = 1',
    '¦$attr[0] = 1',
    '¦$topic.length = 1',
    'a = 1 AND ¦...b',
  ]);

  refuses('predicate_type', [
    '¦5',
    "¦'x'",
    '¦null',
    'a AND ¦5',
    'NOT ¦5',
    "(¦'x') OR a",
    '¦a + 1',
    '¦-a',
    '(¦a = 1) = (b = 1)',
    'a = (¦b = 1)',
    '(¦a < 1) < 5',
    '(¦NOT a) = true',
    'a = ¦NOT b',
    'a = ¦!b',
    'a + ¦NOT b = 1',
    '-(¦a = 1) = 1',
    "(¦startsWith(a, 'x')) = true",
    "¦startsWith(a, 'x') = true",
    '¦EXISTS a = true',
    'a = ¦EXISTS b',
    'a IN (¦b = 1)',
    '(¦a AND b) IN (1)',
    '(¦a = 1) IS NULL',
    '¦5 IS NULL',
    '¦a + 1 IS NULL',
    '¦5 = null',
    '¦null = null',
    'EXISTS ¦5',
    'EXISTS ¦null',
    'EXISTS (¦a = 1)',
    'EXISTS ¦EXISTS a',
    'a < ¦null',
    '¦null >= a',
    'a IN (1, ¦null)',
    '¦null IN (1)',
    'a BETWEEN ¦null AND 1',
    'a BETWEEN 1 AND ¦null',
    'a + ¦null = 1',
    '-¦null = 1',
    'a LIKE ¦null',
    'startsWith(a, ¦null)',
    'a IN (¦b)',
    'a IN (1, ¦b)',
    'a IN (¦1 + 1)',
    'a IN ¦$attr.list',
    'a IN ¦$topic',
    'a IN ¦5',
    'a IN ¦b + 1',
    'a LIKE ¦b',
    'a LIKE ¦5',
    "a LIKE ¦'x' + 'y'",
    "a LIKE 'x' ESCAPE ¦5",
    "a LIKE 'x' ESCAPE ¦b",
    '¦startsWith(a)',
    "¦startsWith(a, 'x', 'y')",
    'contains(a, ¦b)',
    'contains(a, ¦5)',
    "contains(¦NOT a, 'x')",
    "contains(¦a AND b, 'x')",
    "contains(¦a = 1, 'x')",
  ]);

  refuses('predicate_number_range', ['a = ¦1e999', 'a = -¦1e309', 'a = ¦1e-400', 'a IN (1, ¦2e308)']);
});

describe('the limits', () => {
  const long = (count: number, join: string): string => Array.from({ length: count }, (_, i) => `a${i} > 0`).join(join);

  it('characters', () => {
    const text = `a = '${'x'.repeat(8186)}'`;
    expect(text.length).toBe(8192);
    expect(parsePredicate(text).kind).toBe('compare');
    expect(refusal(`${text} `)).toMatchObject({ code: 'predicate_too_long', offset: 8192 });
    expect(refusal('a = 1', { charactersMax: 4 })).toMatchObject({ code: 'predicate_too_long', offset: 4 });
  });

  it('what LIKE has to search for, if it has _', () => {
    const pattern = (count: number) => `'%a_${'b'.repeat(count - 2)}%'`;
    expect(parsePredicate(`a LIKE ${pattern(64)}`).kind).toBe('like');
    expect(refusal(`a LIKE ${pattern(65)}`)).toMatchObject({ code: 'predicate_too_long', offset: 7 });
    expect(refusal(`a NOT LIKE ${pattern(65)} ESCAPE '!'`)).toMatchObject({ code: 'predicate_too_long', offset: 11 });
    expect(parsePredicate(`a LIKE ${pattern(65).replace('_', '!_')} ESCAPE '!'`).kind).toBe('like');
  });

  it('depth, of brackets, NOT, minus, arithmetic and path steps', () => {
    const nested = (open: string, count: number, middle: string, close: string): string =>
      open.repeat(count) + middle + close.repeat(count);
    const shapes: [string, (count: number) => string, offset: number][] = [
      ['brackets', (count) => nested('(', count, 'a', ')'), 64],
      ['NOT', (count) => nested('!', count, 'a', ''), 64],
      ['NOT in brackets', (count) => nested('NOT (', count / 2, 'a', ')'), 5 * 32],
      ['minus', (count) => `${nested('- ', count, 'a', '')} = 1`, 128],
      ['minus in brackets', (count) => `${nested('-(', count / 2, 'a', ')')} = 1`, 64],
      ['sums', (count) => `a${' + a'.repeat(count)} = 1`, 2 + 64 * 4],
      ['products', (count) => `a${' * a'.repeat(count)} = 1`, 2 + 64 * 4],
      ['steps', (count) => `a${'.a'.repeat(count - 1)} = 1`, 1 + 63 * 2],
      ['bracket steps', (count) => `a${'[0]'.repeat(count - 1)} = 1`, 1 + 63 * 3],
    ];
    for (const [name, shape, offset] of shapes) {
      expect(() => parsePredicate(shape(64)), name).not.toThrow();
      expect(refusal(shape(66)), name).toMatchObject({ code: 'predicate_too_deep', offset });
    }
  });

  it('depth is of what is open at one point, not of the whole', () => {
    const text = Array.from({ length: 100 }, () => 'NOT (-a + 1 > 0)').join(' AND ');
    expect(() => parsePredicate(text, { depthMax: 4 })).not.toThrow();
    expect(refusal('NOT (-a + 1 > 0)', { depthMax: 3 })).toMatchObject({ code: 'predicate_too_deep', offset: 8 });
  });

  it('atoms', () => {
    expect(parsePredicate(long(256, ' AND ')).kind).toBe('and');
    const text = long(257, ' OR ');
    expect(refusal(text)).toMatchObject({ code: 'predicate_too_many_atoms', offset: text.lastIndexOf('a256') });
    expect(refusal('a AND (b OR NOT c)', { atomsMax: 2 })).toMatchObject({
      code: 'predicate_too_many_atoms',
      offset: 16,
    });
  });

  it('literals, those of lists included, path steps not', () => {
    const list = (count: number): string => `a IN (${Array.from({ length: count }, (_, i) => i).join(',')})`;
    expect(parsePredicate(list(1024)).kind).toBe('in');
    const text = list(1025);
    expect(refusal(text)).toMatchObject({ code: 'predicate_too_many_literals', offset: text.lastIndexOf('1024') });
    expect(() => parsePredicate("a[0]['x'] = 1", { literalsMax: 1 })).not.toThrow();
    expect(refusal("a = 1 OR b = 'x'", { literalsMax: 1 })).toMatchObject({
      code: 'predicate_too_many_literals',
      offset: 13,
    });
  });

  it('are themselves checked', () => {
    for (const limits of [{ depthMax: 0 }, { depthMax: 257 }, { charactersMax: 16_385 }, { atomsMax: 1.5 }]) {
      expect(() => parsePredicate('a', limits)).toThrow(RangeError);
    }
    expect(defaultPredicateLimits).toEqual({ charactersMax: 8192, depthMax: 64, atomsMax: 256, literalsMax: 1024 });
  });
});

describe('8,192 hostile characters', () => {
  const fill = (piece: string, end = ''): string => {
    const count = Math.floor((8192 - end.length) / piece.length);
    return piece.repeat(count) + end;
  };
  it.each([
    ['(', 'predicate_too_deep'],
    ['[', 'predicate_unsupported'],
    ['a[', 'predicate_unsupported'],
    ['!', 'predicate_too_deep'],
    ['NOT ', 'predicate_too_deep'],
    ['- ', 'predicate_too_deep'],
    ['-', 'predicate_unsupported'],
    ['EXISTS ', 'predicate_too_deep'],
    ['a AND ', 'predicate_syntax'],
    ['a+', 'predicate_too_deep'],
    ['a.', 'predicate_too_deep'],
    ['a=', 'predicate_unsupported'],
    ['a IN (', 'predicate_too_deep'],
    ['contains(', 'predicate_too_deep'],
    ['(a AND ', 'predicate_too_deep'],
    ["'", 'predicate_type'],
    ["'\\", 'predicate_syntax'],
    ['\\', 'predicate_syntax'],
    ['1', 'predicate_number_range'],
    ['1e', 'predicate_syntax'],
    ['🙂', 'predicate_syntax'],
    [' ', 'predicate_empty'],
    [')', 'predicate_syntax'],
    ["'x' ", 'predicate_syntax'],
  ])('%j over and over', (piece, code) => {
    expect(refusal(fill(piece))).toMatchObject({ code });
  });

  it.each([
    ['a AND ', 'a'],
    ['a OR ', 'a'],
    ['a&&b||', 'a'],
    ['a AND b=1 OR ', 'a'],
    ['NOT a AND ', 'a'],
    ['a BETWEEN 1 AND 2 AND ', 'a'],
  ])('%j over and over is a long chain, and no more than that', (piece, end) => {
    const limits = { atomsMax: 10_000, literalsMax: 10_000 };
    expect(['and', 'or']).toContain(parsePredicate(fill(piece, end), limits).kind);
    expect(refusal(fill(piece, end))).toMatchObject({ code: 'predicate_too_many_atoms' });
  });
});
