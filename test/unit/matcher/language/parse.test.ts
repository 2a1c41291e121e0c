import { describe, expect, it } from 'vitest';
import { parsePredicate } from '../../../../matcher/language/parse.ts';
import { printCondition } from '../../../../matcher/language/print.ts';

/** Each text and its canonical print. */
function reads(rows: readonly (readonly [text: string, canonical: string])[]): void {
  it.each(rows)('%s', (text, canonical) => {
    expect(printCondition(parsePredicate(text))).toBe(canonical);
  });
}

describe('parsePredicate: two spellings, one meaning', () => {
  reads([
    ['a == 1 && b == 2', 'a = 1 AND b = 2'],
    ['a = 1 aNd b = 2', 'a = 1 AND b = 2'],
    ['a === 1 || b = 2', 'a = 1 OR b = 2'],
    ['a == 1 or b = 2', 'a = 1 OR b = 2'],
    ['!(a == 1)', 'NOT a = 1'],
    ['not (a = 1)', 'NOT a = 1'],
    ['a != 1', 'a <> 1'],
    ['a !== 1', 'a <> 1'],
    ['a <> 1', 'a <> 1'],
    ['a < 1 AND a <= 1 && a > 1 AND a >= 1', 'a < 1 AND a <= 1 AND a > 1 AND a >= 1'],
    ['a between 1 and 2', 'a BETWEEN 1 AND 2'],
    ['a BETWEEN 1 && 2', 'a BETWEEN 1 AND 2'],
    ['a NOT BETWEEN 1 AND 2', 'a NOT BETWEEN 1 AND 2'],
    ["a IN (1, 'two', true, -3)", "a IN (1, 'two', true, -3)"],
    ['a in [1, 2]', 'a IN (1, 2)'],
    ['a NOT IN (1)', 'a NOT IN (1)'],
    ['a !in (1)', 'a NOT IN (1)'],
    ["'red' IN tags", "'red' IN tags"],
    ['a NOT IN list.of[0]', 'a NOT IN list.of[0]'],
    ["startsWith(f, 's')", "startsWith(f, 's')"],
    ['endsWith(f, "s")', "endsWith(f, 's')"],
    ["contains(a + 1, 's')", "contains(a + 1, 's')"],
    ["a LIKE 'a%_b'", "a LIKE 'a%_b'"],
    ["a NOT LIKE 'a%' ESCAPE '!'", "a NOT LIKE 'a%' ESCAPE '!'"],
    ['f == null', 'f IS NULL'],
    ['null = f', 'f IS NULL'],
    ['f === NULL', 'f IS NULL'],
    ['f != null', 'f IS NOT NULL'],
    ['f <> null', 'f IS NOT NULL'],
    ['f IS NULL', 'f IS NULL'],
    ['f is not null', 'f IS NOT NULL'],
    ['(f) IS NULL', 'f IS NULL'],
    ['EXISTS f', 'EXISTS f'],
    ['exists (f.g)', 'EXISTS f.g'],
    ['armed', 'armed'],
    ['TRUE', 'true'],
    ['a = False', 'a = false'],
    ['a = b', 'a = b'],
  ]);
});

describe('parsePredicate: precedence', () => {
  reads([
    ['NOT a = 1', 'NOT a = 1'],
    ['! a == 1', 'NOT a = 1'],
    ['(NOT a) AND b', 'NOT a AND b'],
    ['NOT (a AND b)', 'NOT (a AND b)'],
    ['NOT NOT a = 1', 'NOT NOT a = 1'],
    ['!!a', 'NOT NOT a'],
    ['NOT -a = 1', 'NOT -a = 1'],
    ['NOT EXISTS a', 'NOT EXISTS a'],
    ['a AND NOT b = 1 OR c', 'a AND NOT b = 1 OR c'],
    ['a OR b AND c', 'a OR b AND c'],
    ['(a OR b) AND c', '(a OR b) AND c'],
    ['a AND (b AND (c AND d))', 'a AND b AND c AND d'],
    ['a BETWEEN 1 AND 2 AND b', 'a BETWEEN 1 AND 2 AND b'],
    ['NOT a BETWEEN 1 AND 2 OR b', 'NOT a BETWEEN 1 AND 2 OR b'],
    ['a BETWEEN b + 1 AND c * 2 AND d', 'a BETWEEN b + 1 AND c * 2 AND d'],
    ["a LIKE 'x' ESCAPE '!' AND b", "a LIKE 'x' ESCAPE '!' AND b"],
    ['a IS NULL AND b', 'a IS NULL AND b'],
    ['a + b * c = 1', 'a + b * c = 1'],
    ['(a + b) * c = 1', '(a + b) * c = 1'],
    ['a - b - c = 1', 'a - b - c = 1'],
    ['a - (b - c) = 1', 'a - (b - c) = 1'],
    ['a - -1 = 1', 'a - -1 = 1'],
    ['a-1=1', 'a - 1 = 1'],
    ['-a * b = 1', '-a * b = 1'],
    ['-(a * b) = 1', '-(a * b) = 1'],
    ['- -a = 1', '- -a = 1'],
    ['-(-5) = a', '5 = a'],
    ['-0 = a', '0 = a'],
    ['a % b / c = -1', 'a % b / c = -1'],
    ['-a.b[0] = 1', '-a.b[0] = 1'],
  ]);
});

describe('parsePredicate: names', () => {
  reads([
    ['temperature', 'temperature'],
    ['room . floor', 'room.floor'],
    ['tags[0] = 1', 'tags[0] = 1'],
    ["room['floor']", 'room.floor'],
    ["room['floor plan']", "room['floor plan']"],
    ["room['in'].and", 'room.in.and'],
    ['a.null.true.this', 'a.null.true.this'],
    ['Größe.名前._x$1', 'Größe.名前._x$1'],
    ['contains = 1', 'contains = 1'],
    ['a.$b', 'a.$b'],
    ['$data.temperature', 'temperature'],
    ['$data.in = 1', '$data.in = 1'],
    ["$data['floor plan']", "$data['floor plan']"],
    ['$data[0].x', '$data[0].x'],
    ['$data.$topic', '$data.$topic'],
    ['$data.this', '$data.this'],
    ['__proto__.constructor.length', '__proto__.constructor.length'],
    ['$attr.x', '$attr.x'],
    ["$attr['x y']", "$attr['x y']"],
    ['$attr.not', '$attr.not'],
    ['$topic = $source', '$topic = $source'],
    ['$id = $contentType AND $time < $size', '$id = $contentType AND $time < $size'],
  ]);

  it('tells names apart by case', () => {
    expect(printCondition(parsePredicate('A = a'))).toBe('A = a');
  });
});

describe('parsePredicate: strings', () => {
  it.each([
    [`a = 'it''s'`, "it's"],
    [`a = "say ""hi"""`, 'say "hi"'],
    [`a = ''`, ''],
    [`a = ''''`, "'"],
    [String.raw`a = 'caf\u00e9'`, 'café'],
    [String.raw`a = '\u{1F600}\u{41}'`, '😀A'],
    [String.raw`a = '\n\r\t\\\'\"'`, '\n\r\t\\\'"'],
    ['a = "it\'s"', "it's"],
    ["a = 'two\nlines'", 'two\nlines'],
    ["a = 'AND OR -- // null'", 'AND OR -- // null'],
    [String.raw`a = '\ud800'`, '\ud800'],
  ])('%s', (text, value) => {
    expect(parsePredicate(text)).toMatchObject({ kind: 'compare', right: { kind: 'literal', value } });
  });

  it.each([
    [String.raw`a LIKE '50\%'`, '50\\%', undefined],
    [String.raw`a LIKE '50\%' ESCAPE '\'`, '50\\%', '\\'],
    [String.raw`a LIKE '50\\%' ESCAPE '\\'`, '50\\%', '\\'],
    [String.raw`a LIKE 'x''%' ESCAPE '\''`, "x'%", "'"],
    [String.raw`a LIKE "\_" ESCAPE "\"`, '\\_', '\\'],
    [String.raw`a LIKE '\d\u0041\n'`, '\\dA\n', undefined],
    [`a LIKE '😀%' ESCAPE '😀'`, '😀%', '😀'],
    [String.raw`a LIKE 'C:\\%' ESCAPE '\'`, 'C:\\\\%', '\\'],
    [String.raw`a LIKE "C:\\%"escape'\'`, 'C:\\\\%', '\\'],
    [String.raw`a LIKE 'C:\\\\%' ESCAPE '\\'`, 'C:\\\\%', '\\'],
    [String.raw`a LIKE 'C:\\%' ESCAPE '\\'`, 'C:\\%', '\\'],
    [String.raw`a LIKE 'C:\\%'`, 'C:\\%', undefined],
    [String.raw`a LIKE 'it''s 5\%' ESCAPE '\'`, "it's 5\\%", '\\'],
    [String.raw`a LIKE 'it\'s 5\%' ESCAPE '\'`, "it's 5\\%", '\\'],
    [String.raw`a LIKE '\\\%' ESCAPE '\'`, '\\\\\\%', '\\'],
  ])('%s', (text, pattern, escapeCharacter) => {
    const condition = parsePredicate(text);
    expect(condition).toMatchObject({ kind: 'like', pattern });
    expect(condition.kind === 'like' && condition.escape).toBe(escapeCharacter);
  });
});

describe('parsePredicate: numbers', () => {
  it.each([
    ['0', 0],
    ['12', 12],
    ['3.25', 3.25],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1E+3', 1000],
    ['25e-2', 0.25],
    ['-7', -7],
    ['007', 7],
    ['0e999', 0],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['5e-324', Number.MIN_VALUE],
  ])('%s', (text, value) => {
    expect(parsePredicate(`a = ${text}`)).toMatchObject({ right: { kind: 'literal', value } });
  });
});

describe('parsePredicate: white space', () => {
  it.each(['\t', '\n', '\r', '\f', '\v', '\u00a0', '\ufeff', '\u2028', '\u3000'])('%j separates', (space) => {
    const text = ['', 'a', 'NOT', 'IN', '(', '1', ',', '2', ')', ''].join(space);
    expect(printCondition(parsePredicate(text))).toBe('a NOT IN (1, 2)');
  });

  it('is not needed where signs separate', () => {
    expect(printCondition(parsePredicate('a>=1&&!b||c IN(1)'))).toBe('a >= 1 AND NOT b OR c IN (1)');
  });
});

describe('parsePredicate: spans', () => {
  it('cover the text of each node, brackets balanced', () => {
    const text = " (a = 1 OR b.c[0] IN (1, 2)) AND NOT startsWith((d), 'x') ";
    const condition = parsePredicate(text);
    const spans: string[] = [];
    const visit = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      if ('span' in node) {
        const { start, end } = node.span as { start: number; end: number };
        spans.push(text.slice(start, end));
      }
      for (const [name, value] of Object.entries(node)) if (name !== 'span') visit(value);
    };
    visit(condition);
    expect(spans).toEqual([
      text.trim(),
      'a = 1 OR b.c[0] IN (1, 2)',
      'a = 1',
      'a',
      '1',
      'b.c[0] IN (1, 2)',
      'b.c[0]',
      "NOT startsWith((d), 'x')",
      "startsWith((d), 'x')",
      'd',
    ]);
  });
});
