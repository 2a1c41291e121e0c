import { FilterError } from '../filter-error.ts';
import type { Scalar } from './ast.ts';
import { readNumber, readString } from './literals.ts';
import { isReservedWord, type Keyword, keywordOf } from './words.ts';

/** Both spellings give the same kinds: `&&` and `And` are `and`, `===` is `=`, `!` is `not`. */
export type TokenKind =
  | Exclude<Keyword, 'true' | 'false'>
  | '='
  | '<>'
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '('
  | ')'
  | '['
  | ']'
  | ','
  | '.'
  | 'name'
  | 'literal'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Half-open range in the text. */
  readonly start: number;
  readonly end: number;
  /** A literal's value, a name's text; undefined on other kinds. */
  readonly value: Scalar | undefined;
}

/** Signs that mean something, longest first where one begins another. `undefined` is a sign left out on purpose. */
const signs: ReadonlyMap<string, readonly (readonly [sign: string, kind: TokenKind | undefined])[]> = groupByFirst([
  ['===', '='],
  ['==', '='],
  ['=>', undefined],
  ['=', '='],
  ['!==', '<>'],
  ['!=', '<>'],
  ['!', 'not'],
  ['<=>', undefined],
  ['<>', '<>'],
  ['<=', '<='],
  ['<<', undefined],
  ['<', '<'],
  ['>=', '>='],
  ['>>', undefined],
  ['>', '>'],
  ['&&=', undefined],
  ['&&', 'and'],
  ['&', undefined],
  ['||=', undefined],
  ['||', 'or'],
  ['|', undefined],
  ['++', undefined],
  ['+=', undefined],
  ['+', '+'],
  ['--', undefined],
  ['-=', undefined],
  ['->', undefined],
  ['-', '-'],
  ['**', undefined],
  ['*=', undefined],
  ['*', '*'],
  ['//', undefined],
  ['/*', undefined],
  ['/=', undefined],
  ['/', '/'],
  ['%=', undefined],
  ['%', '%'],
  ['(', '('],
  [')', ')'],
  ['[', '['],
  [']', ']'],
  [',', ','],
  ['...', undefined],
  ['.', '.'],
  ['?.', undefined],
  ['??', undefined],
  ['?', undefined],
  [':=', undefined],
  ['::', undefined],
  [':', undefined],
  ['^', undefined],
  ['~', undefined],
  ['`', undefined],
  ['{', undefined],
  ['}', undefined],
]);

/**
 * Cuts a text into tokens, the last of which is `end`. Literals come decoded. One pass; the cost is the text's length.
 *
 * White space is what JavaScript takes for it, form feed and no-break space included. There are no comments: `--` and
 * `//` are refused, so that neither a comment nor a decrement is ever read as two signs.
 *
 * @throws FilterError `predicate_syntax`, `predicate_unsupported`, `predicate_number_range`
 */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  let previous: TokenKind | undefined;
  while (position < text.length) {
    const code = text.charCodeAt(position);
    if (isSpace(code)) {
      position++;
      continue;
    }
    const token = readToken(text, position, code, previous);
    tokens.push(token);
    position = token.end;
    previous = token.kind;
  }
  tokens.push({ kind: 'end', start: text.length, end: text.length, value: undefined });
  return tokens;
}

function readToken(text: string, start: number, code: number, previous: TokenKind | undefined): Token {
  if (isAsciiNameStart(code)) return readWord(text, start, previous);
  if (isDigit(code) || (code === 0x2e && isDigit(text.charCodeAt(start + 1)))) return readNumber(text, start);
  if (code === 0x27 || code === 0x22) {
    return readString(text, start, previous === 'like' || previous === 'escape' ? previous : 'plain');
  }
  if (code >= 0x80) return readWord(text, start, previous);
  return readSign(text, start);
}

function readSign(text: string, start: number): Token {
  for (const [sign, kind] of signs.get(text.charAt(start)) ?? []) {
    if (!text.startsWith(sign, start)) continue;
    if (kind === undefined) {
      throw new FilterError('predicate_unsupported', `'${sign}' is not part of the language`, text, start);
    }
    return { kind, start, end: start + sign.length, value: undefined };
  }
  const message = text.charAt(start) === ';' ? 'a predicate is one expression only' : 'unexpected character';
  throw new FilterError('predicate_syntax', message, text, start);
}

function readWord(text: string, start: number, previous: TokenKind | undefined): Token {
  const end = endOfWord(text, start);
  const value = text.slice(start, end);
  if (previous === '.') return { kind: 'name', start, end, value };
  const keyword = keywordOf(value);
  if (keyword === 'true' || keyword === 'false') return { kind: 'literal', start, end, value: keyword === 'true' };
  if (keyword !== undefined) return { kind: keyword, start, end, value: undefined };
  if (isReservedWord(value)) {
    throw new FilterError(
      'predicate_unsupported',
      `'${value}' is not part of the language; a field of that name is $data.${value}`,
      text,
      start,
    );
  }
  return { kind: 'name', start, end, value };
}

const wideStart = /\p{ID_Start}/uy;
const wideRest = /[\p{ID_Continue}$]*/uy;

function endOfWord(text: string, start: number): number {
  let end = start;
  if (text.charCodeAt(start) >= 0x80) {
    wideStart.lastIndex = start;
    if (!wideStart.test(text)) throw new FilterError('predicate_syntax', 'unexpected character', text, start);
    end = wideStart.lastIndex;
  }
  while (end < text.length && isAsciiNamePart(text.charCodeAt(end))) end++;
  if (end < text.length && text.charCodeAt(end) >= 0x80) {
    wideRest.lastIndex = end;
    wideRest.test(text);
    end = wideRest.lastIndex;
  }
  return end;
}

const wideSpace = /\s/;

function isSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return wideSpace.test(String.fromCharCode(code));
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isAsciiNameStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || code === 0x24;
}

function isAsciiNamePart(code: number): boolean {
  return isAsciiNameStart(code) || isDigit(code);
}

function groupByFirst(
  table: readonly (readonly [string, TokenKind | undefined])[],
): Map<string, (readonly [string, TokenKind | undefined])[]> {
  const groups = new Map<string, (readonly [string, TokenKind | undefined])[]>();
  for (const row of table) {
    const first = row[0].charAt(0);
    groups.set(first, [...(groups.get(first) ?? []), row]);
  }
  return groups;
}
