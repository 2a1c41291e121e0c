/**
 * A segment is what stands between two `%` of a LIKE pattern, or between one and an end of the pattern: code points, and
 * `_` as {@link anyCodePoint}. Each function here prepares one way of looking for a segment in a text. Offsets are UTF-16
 * code units, and never between the halves of a surrogate pair.
 */
import { compileSearch } from './search.ts';
import { anyCodePoint, compileWildcardSearch, type FindEnd, isSurrogate } from './wildcard-search.ts';

export type Segment = readonly number[];

/** The segments of a pattern, one more than it has `%` signs. */
export function splitSegments(pattern: string, escapeCharacter: string | undefined): Segment[] {
  const segments: Segment[] = [];
  let segment: number[] = [];
  let isEscaped = false;
  for (const character of pattern) {
    const isPlain = isEscaped || (character !== escapeCharacter && character !== '%' && character !== '_');
    if (isPlain) {
      segment.push(character.codePointAt(0) as number);
      isEscaped = false;
    } else if (character === escapeCharacter) {
      isEscaped = true;
    } else if (character === '_') {
      segment.push(anyCodePoint);
    } else {
      segments.push(segment);
      segment = [];
    }
  }
  if (isEscaped && escapeCharacter !== undefined) segment.push(escapeCharacter.codePointAt(0) as number);
  segments.push(segment);
  return segments;
}

/** The texts between its `_`, none of them empty. */
export function literalRuns(segment: Segment): string[] {
  const runs: string[] = [];
  let run = '';
  for (const point of [...segment, anyCodePoint]) {
    if (point !== anyCodePoint) run += String.fromCodePoint(point);
    else if (run !== '') {
      runs.push(run);
      run = '';
    }
  }
  return runs;
}

/** The test that a segment is the whole text. */
export function compileWhole(segment: Segment): (text: string) => boolean {
  const literal = literalOf(segment);
  return literal === undefined ? (text) => fitFrom(text, 0, segment) === text.length : isText(literal);
}

/** Where the segment ends that the text begins with, or -1. */
export function compileStart(segment: Segment): (text: string) => number {
  if (segment.length === 0) return beginningOf;
  const literal = literalOf(segment);
  return literal === undefined ? (text) => fitFrom(text, 0, segment) : startOf(literal);
}

/** Where the segment begins that the text ends with, or -1. */
export function compileEnd(segment: Segment): (text: string) => number {
  if (segment.length === 0) return lengthOf;
  const literal = literalOf(segment);
  return literal === undefined ? (text) => fitBack(text, segment) : endOf(literal);
}

/**
 * Where the segment ends at its first place in the text. `_` before and after all else only ask for room, so what is
 * searched for is the part between; see {@link searchedPart}.
 */
export function compileInner(segment: Segment): FindEnd {
  const part = searchedPart(segment);
  const before = part.length === 0 ? segment.length : segment.indexOf(part[0] as number);
  const after = segment.length - before - part.length;
  const find = compilePart(part);
  return before + after === 0 ? find : withRoom(find, before, after);
}

/** The segment without the `_` at its two ends. */
export function searchedPart(segment: Segment): Segment {
  const start = segment.findIndex(isNotAny);
  return start < 0 ? [] : segment.slice(start, segment.findLastIndex(isNotAny) + 1);
}

/** Whether a part can be searched for as a string: code units and code points agree about where it stands. */
export function isLiteral(part: Segment): boolean {
  return part.every((point) => point !== anyCodePoint && !isSurrogate(point));
}

function compilePart(part: Segment): FindEnd {
  const literal = literalOf(part);
  if (literal === undefined) return compileWildcardSearch(part);
  return literal === '' ? offsetItself : endOfFirst(literal);
}

// A closure keeps all that its function gave to any closure. So those for literals, of which there may be millions, are
// made where there is nothing but the literal, and those for nothing are made once.

const beginningOf = (): number => 0;
const lengthOf = (text: string): number => text.length;
const offsetItself: FindEnd = (_text, from) => from;

function withRoom(find: FindEnd, before: number, after: number): FindEnd {
  return (text, from) => {
    const start = stepForward(text, from, before);
    const end = start < 0 ? -1 : find(text, start);
    return end < 0 ? -1 : stepForward(text, end, after);
  };
}

function isText(literal: string): (text: string) => boolean {
  return (text) => text === literal;
}

function startOf(literal: string): (text: string) => number {
  return (text) => (text.startsWith(literal) ? literal.length : -1);
}

function endOf(literal: string): (text: string) => number {
  return (text) => (text.endsWith(literal) ? text.length - literal.length : -1);
}

function endOfFirst(literal: string): FindEnd {
  const search = compileSearch(literal);
  return (text, from) => {
    const found = search(text, from);
    return found < 0 ? -1 : found + literal.length;
  };
}

function literalOf(part: Segment): string | undefined {
  return isLiteral(part) ? part.map((point) => String.fromCodePoint(point)).join('') : undefined;
}

function isNotAny(point: number): boolean {
  return point !== anyCodePoint;
}

/** Where the segment ends if it stands at `from`, or -1. */
function fitFrom(text: string, from: number, segment: Segment): number {
  let at = from;
  for (const wanted of segment) {
    // Behind the end of the text there is no code point, and even `_` wants one.
    const point = text.codePointAt(at);
    if (point === undefined || (wanted !== point && wanted !== anyCodePoint)) return -1;
    at += point > 0xffff ? 2 : 1;
  }
  return at;
}

/** Where the segment begins if the text ends with it, or -1. */
function fitBack(text: string, segment: Segment): number {
  const start = stepBack(text, segment.length);
  return start >= 0 && fitFrom(text, start, segment) >= 0 ? start : -1;
}

/** The offset so many code points after `from`, or -1 behind the end. */
function stepForward(text: string, from: number, points: number): number {
  let at = from;
  for (let left = points; left > 0; left--) {
    const point = text.codePointAt(at);
    if (point === undefined) return -1;
    at += point > 0xffff ? 2 : 1;
  }
  return at;
}

/** The offset so many code points before the end, or -1 before the beginning. */
function stepBack(text: string, points: number): number {
  let at = text.length;
  for (let left = points; left > 0; left--) {
    if (at === 0) return -1;
    at--;
    if (at > 0 && (text.codePointAt(at - 1) as number) > 0xffff) at--;
  }
  return at;
}
