import { combineHashes, HASH_START, hashUnit } from '../hash.ts';
import type { Scalar } from '../language/ast.ts';
import { readString } from '../language/literals.ts';

/**
 * What a gap in an outline stands for. A sign makes a kind of its own, because a minus counts as a level of nesting. A
 * list is two literals or more with commas between them, of any types.
 */
export const STRING_GAP = 1;
export const NUMBER_GAP = 2;
export const NEGATIVE_GAP = 3;
const LIST_GAP = 4;
const SIGNED_LIST_GAP = 5;

/** A number, or how a string is to be read: as it is, with its doubled quotes halved, with its backslashes read. */
const NUMBER = 0;
const AS_IT_IS = 1;
const DOUBLED = 2;
const ESCAPED = 3;

/** Kinds of characters, by code unit. */
const OTHER = 0;
const SPACE = 1;
const NAME = 2;
const DIGIT = 3;
const QUOTE = 4;
const OPENING = 5;
const CLOSING = 6;
const SIGN = 7;
const kinds = kindsOfAscii();

const DOT = 0x2e;
const MINUS = 0x2d;
const AMPERSAND = 0x26;
const BAR = 0x7c;
const BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const BACKSLASH = 0x5c;

/** Literals, gaps and clauses that an outline has room for: more than {@link defaultPredicateLimits} grant. */
const ROOM = 2048;

/** Powers of ten that a double holds exactly, as far as they are needed. */
const powers = Array.from({ length: 16 }, (_, i) => 10 ** i);
/** So many digits are below 2^53, and a quotient by a power of ten is then rounded once, as the number itself is. */
const EXACT_DIGITS_MAX = 15;
/** More digits may leave the range of a double. */
const DIGITS_MAX = 300;

/**
 * A predicate seen from afar: the clauses that AND joins at its top level, and in each the literals, which are gaps in it.
 *
 *     text      site = 'x' AND level IN (1, 2)
 *     clauses   site = ▒       level IN (▒)
 *     gaps             string             list
 *     literals         'x'                1, 2
 *
 * That is enough to recognise a clause that was parsed before with other literals in it (see clause-shape.ts), and far
 * cheaper than to parse it. It decides nothing else: of a text that is no predicate it may find anything.
 *
 * One is used over and over; each `read` writes over the one before.
 */
export class Outline {
  text = '';
  clauseCount = 0;
  /** By clause: half-open range in the text, without the white space around it. */
  readonly clauseStarts = new Int32Array(ROOM);
  readonly clauseEnds = new Int32Array(ROOM);
  /** Equal for clauses that differ in their literals only, as long as these are of one kind. */
  readonly clauseHashes = new Int32Array(ROOM);
  /** By clause, and one more: its first gap. */
  readonly clauseGaps = new Int32Array(ROOM);
  gapCount = 0;
  /** By gap. */
  readonly gapKinds = new Uint8Array(ROOM);
  readonly gapStarts = new Int32Array(ROOM);
  readonly gapEnds = new Int32Array(ROOM);
  /** By gap, and one more: its first literal. */
  readonly gapLiterals = new Int32Array(ROOM);
  literalCount = 0;
  /** By literal; a number's range has its sign in it, if it is right before the first digit. */
  readonly #starts = new Int32Array(ROOM);
  readonly #ends = new Int32Array(ROOM);
  readonly #styles = new Uint8Array(ROOM);
  readonly #hashes = new Int32Array(ROOM);
  readonly #numbers = new Float64Array(ROOM);
  #at = 0;

  /**
   * Reads a text. A clause is cut off at an AND of the top level only if no OR stands beside it; otherwise the whole text
   * is one. One pass, or two.
   *
   * @returns false for what it does not understand: characters beyond ASCII outside strings, exponents, more than it has
   *   room for, and much that is no predicate.
   */
  read(text: string): boolean {
    this.text = text;
    return this.#read(true) ?? this.#read(false) === true;
  }

  /** The value of a literal. @throws FilterError for a bad escape */
  valueOf(literal: number): Scalar {
    return this.#styles[literal] === NUMBER ? (this.#numbers[literal] as number) : this.stringOf(literal);
  }

  /** The value of a literal that is a string. @throws FilterError for a bad escape */
  stringOf(literal: number): string {
    const start = this.#starts[literal] as number;
    const style = this.#styles[literal];
    if (style === ESCAPED) return String(readString(this.text, start, 'plain').value);
    const value = this.text.slice(start + 1, (this.#ends[literal] as number) - 1);
    if (style === AS_IT_IS) return value;
    const quote = this.text.charAt(start);
    return value.replaceAll(quote + quote, quote);
  }

  isString(literal: number): boolean {
    return this.#styles[literal] !== NUMBER;
  }

  /** Whether a literal is a string with a backslash in it, which LIKE reads in a way of its own. */
  isEscaped(literal: number): boolean {
    return this.#styles[literal] === ESCAPED;
  }

  /** `hashText` of a string that stands as it is, which costs nothing; undefined for other literals. */
  hashOf(literal: number): number | undefined {
    return this.#styles[literal] === AS_IT_IS ? this.#hashes[literal] : undefined;
  }

  /** As `read`; undefined when the text is to be read again without cutting. */
  #read(cuts: boolean): boolean | undefined {
    const { text } = this;
    const length = text.length;
    this.clauseCount = 0;
    this.gapCount = 0;
    this.literalCount = 0;
    let depth = 0;
    let awaitsBound = false;
    /** The last character that was no white space; 0 where a clause begins. */
    let last = 0;
    /** Where the clause begins, or -1 before its first token, and where its last token ended. */
    let start = -1;
    let end = 0;
    let hash = HASH_START;
    this.#at = 0;
    while (this.#at < length) {
      const at = this.#at;
      const unit = text.charCodeAt(at);
      const kind = kindOf(unit);
      if (kind === SPACE) {
        this.#at = at + 1;
        continue;
      }
      const before = hash;
      if (start < 0) start = at;
      else if (at > end) hash = hashUnit(hash, at - end);
      let word: ReturnType<typeof wordOf>;
      switch (kind) {
        case NAME:
          hash = this.#readWord(hash);
          if (depth === 0 && last !== DOT) word = wordOf(text, at, this.#at - at);
          break;
        case OPENING:
          depth += 1;
          this.#at = at + 1;
          hash = hashUnit(hash, unit);
          // A step of a path is no gap: what is read depends on it.
          if (unit === BRACKET && (isNamePart(last) || last === CLOSING_BRACKET) && startsLiteral(text, at + 1)) {
            if (!this.#readLiteral(at + 1)) return false;
            this.literalCount -= 1;
            for (let i = at + 1; i < this.#at; i += 1) hash = hashUnit(hash, text.charCodeAt(i));
          }
          break;
        case CLOSING:
          if (depth === 0) return false;
          depth -= 1;
          this.#at = at + 1;
          hash = hashUnit(hash, unit);
          break;
        case OTHER:
          return false;
        default:
          if (
            kind !== SIGN ||
            startsNumber(text, at) ||
            (unit === MINUS && isSign(last) && startsNumber(text, at + 1))
          ) {
            if (!this.#readGap(at, depth > 0)) return false;
            hash = hashUnit(hash, this.gapKinds[this.gapCount - 1] as number);
            break;
          }
          this.#at = at + 1;
          hash = hashUnit(hash, unit);
          if (depth === 0 && (unit === AMPERSAND || unit === BAR) && unitAt(text, at + 1) === unit) {
            this.#at = at + 2;
            word = unit === BAR ? 'or' : 'and';
          }
      }
      if (word !== undefined) {
        if (word === 'or') {
          if (cuts) return undefined;
        } else if (word === 'between') awaitsBound = true;
        else if (awaitsBound) awaitsBound = false;
        else if (cuts) {
          if (start === at || !this.#endClause(start, end, before)) return false;
          start = -1;
          last = 0;
          hash = HASH_START;
          continue;
        }
      }
      end = this.#at;
      last = text.charCodeAt(end - 1);
    }
    return start >= 0 && this.#endClause(start, end, hash);
  }

  #endClause(start: number, end: number, hash: number): boolean {
    const clause = this.clauseCount;
    if (clause + 1 === ROOM) return false;
    this.clauseStarts[clause] = start;
    this.clauseEnds[clause] = end;
    this.clauseHashes[clause] = combineHashes(hash, 0);
    this.clauseCount = clause + 1;
    this.clauseGaps[clause + 1] = this.gapCount;
    return true;
  }

  #readWord(hash: number): number {
    const { text } = this;
    const length = text.length;
    let at = this.#at;
    while (at < length) {
      const unit = text.charCodeAt(at);
      if (!isNamePart(unit)) break;
      hash = hashUnit(hash, unit);
      at += 1;
    }
    this.#at = at;
    return hash;
  }

  /** Reads a literal, and inside brackets all that follow it after commas. */
  #readGap(start: number, isList: boolean): boolean {
    const { text } = this;
    const gap = this.gapCount;
    const first = this.literalCount;
    this.gapStarts[gap] = start;
    this.gapLiterals[gap] = first;
    if (!this.#readLiteral(start)) return false;
    let isSigned = text.charCodeAt(start) === MINUS;
    let end = this.#at;
    if (isList) {
      for (let at = afterComma(text, end); at >= 0; at = afterComma(text, end)) {
        if (!this.#readLiteral(at)) return false;
        if (text.charCodeAt(at) === MINUS) isSigned = true;
        end = this.#at;
      }
    }
    if (this.literalCount - first > 1) this.gapKinds[gap] = isSigned ? SIGNED_LIST_GAP : LIST_GAP;
    else this.gapKinds[gap] = this.isString(first) ? STRING_GAP : isSigned ? NEGATIVE_GAP : NUMBER_GAP;
    this.gapEnds[gap] = end;
    this.gapCount = gap + 1;
    this.gapLiterals[gap + 1] = this.literalCount;
    return true;
  }

  #readLiteral(start: number): boolean {
    const literal = this.literalCount;
    if (literal + 1 === ROOM) return false;
    const unit = this.text.charCodeAt(start);
    this.#starts[literal] = start;
    const isRead = unit === 0x27 || unit === 0x22 ? this.#readString(start, unit) : this.#readNumber(start);
    this.#ends[literal] = this.#at;
    this.literalCount = literal + 1;
    return isRead;
  }

  #readString(start: number, quote: number): boolean {
    const { text } = this;
    const length = text.length;
    const literal = this.literalCount;
    let style = AS_IT_IS;
    let hash = HASH_START;
    let at = start + 1;
    for (;;) {
      if (at >= length) return false;
      const unit = text.charCodeAt(at);
      at += 1;
      if (unit === quote) {
        if (at >= length || text.charCodeAt(at) !== quote) break;
        if (style === AS_IT_IS) style = DOUBLED;
        at += 1;
      } else if (unit === BACKSLASH) {
        style = ESCAPED;
        at += 1;
      } else hash = hashUnit(hash, unit);
    }
    this.#styles[literal] = style;
    this.#hashes[literal] = hash;
    this.#at = at;
    return true;
  }

  #readNumber(start: number): boolean {
    const { text } = this;
    const literal = this.literalCount;
    const isNegative = text.charCodeAt(start) === MINUS;
    const first = isNegative ? start + 1 : start;
    let at = first;
    let digits = 0;
    let point = -1;
    let value = 0;
    for (;;) {
      const unit = unitAt(text, at);
      if (isDigit(unit)) {
        value = value * 10 + (unit - 0x30);
        digits += 1;
      } else if (unit === DOT && point < 0) point = at;
      else if (unit === DOT || unit >= 0x80 || isNamePart(unit)) return false;
      else break;
      at += 1;
    }
    if (digits > DIGITS_MAX) return false;
    const decimals = point < 0 ? 0 : at - point - 1;
    if (digits > EXACT_DIGITS_MAX) value = Number(text.slice(first, at));
    else if (decimals > 0) value /= powers[decimals] as number;
    if (isNegative && value !== 0) value = -value;
    this.#styles[literal] = NUMBER;
    this.#numbers[literal] = value;
    this.#at = at;
    return true;
  }
}

/** The keywords that decide where a clause ends. */
function wordOf(text: string, start: number, length: number): 'and' | 'or' | 'between' | undefined {
  switch (length) {
    case 2:
      return isWord(text, start, 'or') ? 'or' : undefined;
    case 3:
      return isWord(text, start, 'and') ? 'and' : undefined;
    case 7:
      return isWord(text, start, 'between') ? 'between' : undefined;
    default:
      return undefined;
  }
}

/** Whether such a word stands there, in any case. There are only parts of names there, of which letters alone fold to letters. */
function isWord(text: string, start: number, word: string): boolean {
  for (let i = 0; i < word.length; i += 1) {
    if ((text.charCodeAt(start + i) | 0x20) !== word.charCodeAt(i)) return false;
  }
  return true;
}

/** Where the literal begins that comes after a comma and blanks; -1 if something else does. */
function afterComma(text: string, at: number): number {
  if (unitAt(text, at) !== 0x2c) return -1;
  let start = at + 1;
  while (unitAt(text, start) === 0x20) start += 1;
  return startsLiteral(text, start) || (unitAt(text, start) === MINUS && startsNumber(text, start + 1)) ? start : -1;
}

function startsLiteral(text: string, at: number): boolean {
  return kindOf(unitAt(text, at)) === QUOTE || startsNumber(text, at);
}

function startsNumber(text: string, at: number): boolean {
  const unit = unitAt(text, at);
  return isDigit(unit) || (unit === DOT && isDigit(unitAt(text, at + 1)));
}

/** Past the end, 0: a NaN would make numbers of another kind of all characters that are read here. */
function unitAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : 0;
}

function kindOf(unit: number): number {
  return unit < 0x80 ? (kinds[unit] as number) : OTHER;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function isNamePart(unit: number): boolean {
  const kind = kindOf(unit);
  return kind === NAME || kind === DIGIT;
}

/** Whether a minus after this character is a sign for certain; what is left in doubt stays outside the gap. */
function isSign(unit: number): boolean {
  const kind = kindOf(unit);
  return kind === SIGN || kind === OPENING;
}

function kindsOfAscii(): Uint8Array {
  const table = new Uint8Array(0x80);
  for (let unit = 0; unit < 0x80; unit += 1) {
    const character = String.fromCharCode(unit);
    if (/\s/.test(character)) table[unit] = SPACE;
    else if (/[A-Za-z_$]/.test(character)) table[unit] = NAME;
    else if (/\d/.test(character)) table[unit] = DIGIT;
    else if (/['"]/.test(character)) table[unit] = QUOTE;
    else if (/[([]/.test(character)) table[unit] = OPENING;
    else if (/[)\]]/.test(character)) table[unit] = CLOSING;
    else if (/[=<>!&|+\-*/%,.]/.test(character)) table[unit] = SIGN;
  }
  return table;
}
