import { FilterError } from '../filter-error.ts';
import type { Scalar } from './ast.ts';

/** A string or a number in the text, decoded. */
export interface Literal {
  readonly kind: 'literal';
  /** Half-open range in the text. */
  readonly start: number;
  readonly end: number;
  readonly value: Scalar;
}

/**
 * How backslashes in a string are read, after the word that stands before it.
 *
 * - `plain`: `\n \r \t \\ \' \" \uXXXX \u{X…}`; any other escape is refused, because JavaScript would drop the
 *   backslash and SQL would keep it, and neither should happen silently.
 * - `escape`: as `plain`, and `'\'` is one backslash.
 * - `like`: as `plain`, but a backslash before anything else stays. What is left are the escapes of LIKE itself. Only if
 *   `ESCAPE '\'` follows, with the single backslash of SQL, is the pattern SQL's too, and every backslash in it LIKE's:
 *
 *       LIKE 'C:\\%' ESCAPE '\'         C, colon, a backslash, and anything
 *       LIKE 'C:\\\\%' ESCAPE '\\'      the same in JavaScript's spelling
 *       LIKE 'C:\\%' ESCAPE '\\'        C, colon, a percent sign
 *       LIKE 'C:\\%'                    C, colon, a backslash, and anything: without ESCAPE, LIKE has no escapes
 *
 *   A pattern in brackets is `plain`.
 */
export type StringStyle = 'plain' | 'like' | 'escape';

const backslash = 0x5c;

/**
 * Reads the string that starts at a quote of either kind. A doubled quote is one quote, a raw line break is allowed.
 *
 * @throws FilterError `predicate_syntax` at the opening quote if the string does not end, at the backslash of a bad escape
 */
export function readString(text: string, start: number, style: StringStyle): Literal {
  const quote = text.charCodeAt(start);
  if (style === 'like') {
    const pattern = readSqlPattern(text, start);
    if (pattern !== undefined) return pattern;
  }
  if (style === 'escape' && isLoneBackslash(text, start, quote)) {
    return { kind: 'literal', start, end: start + 3, value: '\\' };
  }
  let value = '';
  let position = start + 1;
  let copied = position;
  while (position < text.length) {
    const code = text.charCodeAt(position);
    if (code === quote) {
      value += text.slice(copied, position);
      if (text.charCodeAt(position + 1) !== quote) return { kind: 'literal', start, end: position + 1, value };
      copied = position + 1;
      position += 2;
    } else if (code === backslash) {
      const escaped = readEscape(text, position, style);
      value += text.slice(copied, position) + escaped.value;
      position = escaped.end;
      copied = position;
    } else {
      position++;
    }
  }
  throw new FilterError('predicate_syntax', 'the string is never closed', text, start);
}

/** A string in which only quotes are doubled, and after it ESCAPE with a single backslash. */
const sqlPattern = /(?:'(?:[^']|'')*'|"(?:[^"]|"")*")(?=\s*ESCAPE\s*(?:'\\'(?!')|"\\"(?!")))/iy;

/** The pattern of a LIKE whose ESCAPE is SQL's: backslashes stay, and a quote is doubled or closes the string. */
function readSqlPattern(text: string, start: number): Literal | undefined {
  sqlPattern.lastIndex = start;
  const match = sqlPattern.exec(text);
  if (match === null) return undefined;
  const quote = text.charAt(start);
  const value = match[0].slice(1, -1).replaceAll(quote + quote, quote);
  return { kind: 'literal', start, end: sqlPattern.lastIndex, value };
}

function isLoneBackslash(text: string, start: number, quote: number): boolean {
  return (
    text.charCodeAt(start + 1) === backslash &&
    text.charCodeAt(start + 2) === quote &&
    text.charCodeAt(start + 3) !== quote
  );
}

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
]);

const unicodeEscape = /u(?:([0-9a-fA-F]{4})|\{([0-9a-fA-F]+)\})/y;

function readEscape(text: string, start: number, style: StringStyle): { value: string; end: number } {
  const letter = text.charAt(start + 1);
  const simple = simpleEscapes.get(letter);
  if (simple !== undefined) return { value: simple, end: start + 2 };
  if (letter === 'u') {
    unicodeEscape.lastIndex = start + 1;
    const match = unicodeEscape.exec(text);
    const point = match === null ? Number.NaN : Number.parseInt(match[1] ?? match[2] ?? '', 16);
    if (point <= 0x10ffff) return { value: String.fromCodePoint(point), end: unicodeEscape.lastIndex };
    throw new FilterError('predicate_syntax', 'a Unicode escape is \\uXXXX or \\u{X…} up to 10FFFF', text, start);
  }
  if (style === 'like') return { value: '\\', end: start + 1 };
  throw new FilterError('predicate_syntax', 'unknown escape; a backslash is written \\\\', text, start);
}

const numberShape = /(\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const nameOrDot = /[\p{ID_Continue}$.]/uy;

/**
 * Reads a decimal number: digits, a point, an exponent; `.5` and `5.` too.
 *
 * @throws FilterError at the number's start: `predicate_number_range` if it is beyond the largest double, or not zero
 *   and nearer to zero than the smallest; `predicate_syntax` if letters, digits or a point follow, as in `0x10` or `1.2.3`
 */
export function readNumber(text: string, start: number): Literal {
  numberShape.lastIndex = start;
  const match = numberShape.exec(text) as RegExpExecArray;
  const end = numberShape.lastIndex;
  nameOrDot.lastIndex = end;
  if (nameOrDot.test(text)) throw new FilterError('predicate_syntax', 'not a decimal number', text, start);
  const value = Number(match[0]);
  const isUnderflow = value === 0 && /[1-9]/.test(match[1] ?? '');
  if (value === Number.POSITIVE_INFINITY || isUnderflow) {
    throw new FilterError('predicate_number_range', 'the number is outside the range of a double', text, start);
  }
  return { kind: 'literal', start, end, value };
}
