/**
 * The fields of a JSON document that live filters name, picked out of its bytes in one pass. Nothing is made of the rest,
 * but all of it is checked: what JSON.parse refuses is refused. What is found is what a reader of its result would find.
 *
 * If a name stands twice in an object, the last one counts, as in JSON.parse; then whatever was found below the one before is
 * void. So each visit of a node has a number, and what is found below notes which visit of its parent it belongs to.
 */
import type { JsonValue } from '../event.ts';
import { roomForInts, roomForNumbers } from '../index/columns.ts';
import { type JsonFault, type JsonLimits, shapeFault } from './json-shape.ts';
import * as pathTreeConstants from './path-tree.ts';
import { PathTree } from './path-tree.ts';
import { scanNumber } from './scan-number.ts';
import { decodeString, scanString } from './scan-string.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { NO_NODE, ROOT } = pathTreeConstants;
const NO_SLOT = -1;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;

/** Of an object or array as a whole, filters ask only whether it is there. */
const OBJECT: JsonValue = Object.freeze({});
const LIST: JsonValue = Object.freeze([]);

const TRUE = [0x74, 0x72, 0x75, 0x65];
const FALSE = [0x66, 0x61, 0x6c, 0x73, 0x65];
const NULL = [0x6e, 0x75, 0x6c, 0x6c];

/** Visits are numbered from here again when there were so many. A document has fewer than are left then. */
const VISIT_MAX = 2 ** 30;
/** The document is none. */
const NONE = -1;

export class JsonFields {
  readonly #tree = new PathTree();
  /** By node: the last visit of it, the visit of its parent that this was in, and where in the columns below it was noted. */
  #visits = new Int32Array(0);
  #within = new Int32Array(0);
  #positions = new Int32Array(0);
  #visit = 0;
  #firstVisit = 0;
  #isRepeated = false;
  /** By depth, two words: the node around, with whether it is an array; and the index in that. */
  #around = new Int32Array(16);

  /**
   * What the last `read` found, the first `count`. The slot, or -1 if it is void; the number, or NaN; if that is NaN and the
   * end is not 0, a text, which is the ASCII bytes from the start to before the end; else the value. Who calls `read` sets
   * `others` back to undefined.
   */
  slots = new Int32Array(0);
  numbers = new Float64Array(0);
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  others: (JsonValue | undefined)[] = [];
  count = 0;
  #nodes = new Int32Array(0);
  #size = 0;

  get bytes(): number {
    return this.#tree.bytes;
  }

  /** Has a path that is not held read into a slot. */
  add(path: readonly (string | number)[], slot: number): void {
    const tree = this.#tree;
    tree.add(path, slot);
    this.#size += 1;
    this.#visits = roomForInts(this.#visits, tree.capacity);
    this.#within = roomForInts(this.#within, tree.capacity);
    this.#positions = roomForInts(this.#positions, tree.capacity);
    this.slots = roomForInts(this.slots, this.#size);
    this.starts = roomForInts(this.starts, this.#size);
    this.ends = roomForInts(this.ends, this.#size);
    this.#nodes = roomForInts(this.#nodes, this.#size);
    this.numbers = roomForNumbers(this.numbers, this.#size);
    while (this.others.length < this.#size) this.others.push(undefined);
  }

  /** Forgets a path that is held. */
  remove(path: readonly (string | number)[]): void {
    this.#tree.remove(path);
    this.#size -= 1;
    if (this.#size > 0) return;
    this.#visits = new Int32Array(0);
    this.#within = new Int32Array(0);
    this.#positions = new Int32Array(0);
    this.slots = new Int32Array(0);
    this.numbers = new Float64Array(0);
    this.starts = new Int32Array(0);
    this.ends = new Int32Array(0);
    this.#nodes = new Int32Array(0);
    this.others = [];
  }

  /**
   * Reads the document that the bytes `from`…`end` - 1 are, into the columns; nothing, if there is a fault. Which one
   * that is when there are several, `decodeJson` says too. Cost: linear in the bytes; of names that are not wanted, a
   * look at each byte.
   */
  read(bytes: Uint8Array, from: number, end: number, limits: JsonLimits): JsonFault | undefined {
    this.count = 0;
    this.#isRepeated = false;
    if (this.#visit > VISIT_MAX) {
      this.#visit = 0;
      this.#visits.fill(0);
    }
    this.#visit += 1;
    this.#firstVisit = this.#visit;
    const last = this.#scan(bytes, from, end, limits);
    if (last === NONE) {
      for (let i = 0; i < this.count; i += 1) this.others[i] = undefined;
      this.count = 0;
      return shapeFault(bytes, limits, from, end) ?? 'not_json';
    }
    if (this.#isRepeated) this.#voidRepeated();
    return undefined;
  }

  /** The end of the document, or NONE. */
  #scan(bytes: Uint8Array, from: number, end: number, { depthMax, keysMax }: JsonLimits): number {
    const { numbers } = this;
    const wanted = this.#tree.children;
    let at = afterMark(bytes, from, end);
    let depth = 0;
    let keys = 0;
    // The node of the value that comes next, and of the object or array around it.
    let node = ROOT;
    let around = NO_NODE;
    let isList = false;
    let index = 0;

    for (;;) {
      at = afterSpace(bytes, at, end);
      if (at >= end) return NONE;
      let isInside = false;
      const byte = bytes[at] as number;
      switch (byte) {
        case QUOTE: {
          const close = scanString(bytes, at + 1, end);
          if (close === 0) return NONE;
          if (node > ROOT) this.#foundText(node, bytes, at, close);
          at = (close < 0 ? -close : close) + 1;
          break;
        }
        case OPEN_BRACE:
        case OPEN_BRACKET: {
          if (depth === depthMax) return NONE;
          if (2 * depth + 2 > this.#around.length) this.#around = roomForInts(this.#around, 2 * depth + 2);
          this.#around[2 * depth] = (around << 1) | (isList ? 1 : 0);
          this.#around[2 * depth + 1] = index;
          depth += 1;
          isList = byte === OPEN_BRACKET;
          if (node > ROOT) this.#found(node, isList ? LIST : OBJECT);
          around = node !== NO_NODE && (wanted[node] as number) > 0 ? node : NO_NODE;
          index = 0;
          at = afterSpace(bytes, at + 1, end);
          if (at >= end) return NONE;
          isInside = bytes[at] !== (isList ? CLOSE_BRACKET : CLOSE_BRACE);
          if (isInside && isList) {
            node = around === NO_NODE ? NO_NODE : this.#tree.element(around, 0);
            continue;
          }
          break;
        }
        case LETTER_T:
          if (!isWord(bytes, at, end, TRUE)) return NONE;
          at += TRUE.length;
          if (node > ROOT) this.#found(node, true);
          break;
        case LETTER_F:
          if (!isWord(bytes, at, end, FALSE)) return NONE;
          at += FALSE.length;
          if (node > ROOT) this.#found(node, false);
          break;
        case LETTER_N:
          if (!isWord(bytes, at, end, NULL)) return NONE;
          at += NULL.length;
          if (node > ROOT) this.#found(node, null);
          break;
        default:
          at = scanNumber(bytes, at, end, numbers, node > ROOT ? this.#note(node) : -1);
          if (at === 0) return NONE;
      }

      // What follows a value, until there is another, or a name.
      while (!isInside) {
        at = afterSpace(bytes, at, end);
        if (depth === 0) return at === end ? at : NONE;
        if (at >= end) return NONE;
        const next = bytes[at] as number;
        at += 1;
        if (next === COMMA) {
          isInside = true;
          index += 1;
        } else if (next === (isList ? CLOSE_BRACKET : CLOSE_BRACE)) {
          depth -= 1;
          const outer = this.#around[2 * depth] as number;
          around = outer >> 1;
          isList = (outer & 1) === 1;
          index = this.#around[2 * depth + 1] as number;
        } else return NONE;
      }
      if (isList) {
        node = around === NO_NODE ? NO_NODE : this.#tree.element(around, index);
        continue;
      }

      at = afterSpace(bytes, at, end);
      if (at >= end || bytes[at] !== QUOTE) return NONE;
      const close = scanString(bytes, at + 1, end);
      if (close === 0) return NONE;
      if (around === NO_NODE) node = NO_NODE;
      else if (close > 0) node = this.#tree.namedByBytes(around, bytes, at + 1, close);
      else node = this.#tree.named(around, decodeString(bytes, at, -close));
      at = afterSpace(bytes, (close < 0 ? -close : close) + 1, end);
      if (at >= end || bytes[at] !== COLON || keys === keysMax) return NONE;
      keys += 1;
      at += 1;
    }
  }

  #foundText(node: number, bytes: Uint8Array, open: number, close: number): void {
    const position = this.#note(node);
    if (position < 0) return;
    this.numbers[position] = Number.NaN;
    if (close > 0) {
      this.starts[position] = open + 1;
      this.ends[position] = close;
    } else this.others[position] = decodeString(bytes, open, -close);
  }

  #found(node: number, value: JsonValue): void {
    const position = this.#note(node);
    if (position < 0) return;
    this.numbers[position] = Number.NaN;
    this.others[position] = value;
  }

  /** Visits a node: a place in the columns where its value goes, emptied; -1 if no filter asks for it. */
  #note(node: number): number {
    const isFirst = (this.#visits[node] as number) < this.#firstVisit;
    this.#visit += 1;
    this.#visits[node] = this.#visit;
    const parent = this.#tree.parents[node] as number;
    this.#within[node] = parent === ROOT ? this.#firstVisit : (this.#visits[parent] as number);
    if (!isFirst) this.#isRepeated = true;
    const slot = this.#tree.slots[node] as number;
    if (slot === NO_SLOT) return -1;
    let position: number;
    if (isFirst) {
      position = this.count;
      this.count += 1;
      this.#positions[node] = position;
      this.#nodes[position] = node;
      this.slots[position] = slot;
    } else {
      position = this.#positions[node] as number;
      this.others[position] = undefined;
    }
    this.ends[position] = 0;
    return position;
  }

  /** Voids what was found in an object that another of its name came after. */
  #voidRepeated(): void {
    for (let i = 0; i < this.count; i += 1) {
      if (!this.#isLast(this.#nodes[i] as number)) this.slots[i] = NO_SLOT;
    }
  }

  #isLast(found: number): boolean {
    const { parents } = this.#tree;
    for (let node = found; ; ) {
      const parent = parents[node] as number;
      if (parent === ROOT) return true;
      if (this.#within[node] !== this.#visits[parent]) return false;
      node = parent;
    }
  }
}

/** After the byte order mark, where there is one, as TextDecoder has it. */
function afterMark(bytes: Uint8Array, from: number, end: number): number {
  const isMarked = end - from >= 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf;
  return isMarked ? from + 3 : from;
}

function afterSpace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return at;
    at += 1;
  }
  return at;
}

function isWord(bytes: Uint8Array, at: number, end: number, word: readonly number[]): boolean {
  if (at + word.length > end) return false;
  for (let i = 1; i < word.length; i += 1) if (bytes[at + i] !== word[i]) return false;
  return true;
}
