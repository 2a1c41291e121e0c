/**
 * From keys to small integers. A key is a text, a number or a boolean in a space, which is an integer: a constant in the
 * slot it is compared with, a level below a node of the topic trie. A part of a text is looked up without being cut out.
 *
 * Keys lie in typed memory, where a million of them are no work for the collector, found by hash: open addressing with
 * linear probing in 256 segments, by the hash's top bits, so that no insertion moves more than one of them. A removal
 * shifts back what was probed past it (Knuth, TAOCP 6.4, Algorithm R).
 *
 *     segment   ┌──────┬───────┬──────┬───────┬──       block   ┌────┬───────┬──────┬─────────────────────┐
 *               │ hash │ block │ hash │ block │ …               │ id │ space │ form │ two code units each │
 *               └──────┴───────┴──────┴───────┴──               └────┴───────┴──────┴─────────────────────┘
 *
 * No key stands further from its home than PROBES_MAX. One that would, because somebody sends keys whose hashes are alike, and one
 * that is too long for a block, is kept in a Map, whose hashes nobody can foresee.
 */
import type { Scalar } from '../language/ast.ts';
import * as arenaConstants from './arena.ts';
import { Arena } from './arena.ts';
import { roomForInts } from './columns.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { BLOCK_WORDS_MAX, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } = arenaConstants;

const SEGMENTS = 256;
const SEGMENT_SHIFT = 24;
/** Places of a segment: two words each. */
const PLACES_MIN = 4;
/** Room for 5 million keys in all. What finds no room is crowded out, as below. */
const PLACES_MAX = 1 << 15;
/** Places looked at for one key. With good hashes a segment grows before it needs as many. */
const PROBES_MAX = 64;

/** Words of a block before the key. */
const HEADER = 3;
/** Forms: a text of n code units is 4 · n. */
const NUMBER = 1;
const FALSE = 2;
const TRUE = 3;

/** A Map's entry and a short string in V8; an estimate for the statistics. */
const MAP_ENTRY_BYTES = 72;

const decoder = new TextDecoder();
const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

export class Dictionary {
  #arena = new Arena();
  /** By id; NOWHERE for one that is in `#crowded`. */
  #blocks = new Int32Array(0);
  /** By the hash's top bits. */
  #segments: (Int32Array | undefined)[] = [];
  readonly #used = new Int32Array(SEGMENTS);
  #segmentBytes = 0;
  #size = 0;
  /** By space; and by id what is there. */
  readonly #crowded = new Map<number, Map<Scalar, number>>();
  readonly #crowdedKeys = new Map<number, { readonly space: number; readonly key: Scalar }>();

  get size(): number {
    return this.#size;
  }

  /** Exact but for what is in Maps. */
  get bytes(): number {
    return (
      this.#arena.bytes + this.#blocks.byteLength + this.#segmentBytes + this.#crowdedKeys.size * 2 * MAP_ENTRY_BYTES
    );
  }

  /** The id of a text, or of its code units `from`…`end` - 1; NOWHERE if it is none. Cost: its length. */
  findText(space: number, text: string, from = 0, end = text.length): number {
    const hash = hashOfText(space, text, from, end);
    const segment = this.#segments[hash >>> SEGMENT_SHIFT];
    if (segment !== undefined) {
      const form = (end - from) * 4;
      const mask = segment.length - 1;
      const { ints } = this.#arena;
      const home = (hash << 1) & mask;
      for (let i = home; i < home + 2 * PROBES_MAX; i += 2) {
        const block = segment[(i + 1) & mask] as number;
        if (block === NOWHERE) break;
        if (segment[i & mask] !== hash) continue;
        const words = ints[block >> CHUNK_SHIFT] as Int32Array;
        const at = block & CHUNK_MASK;
        if (words[at + 1] !== space || words[at + 2] !== form) continue;
        if (isText(words, at + HEADER, text, from, end)) return words[at] as number;
      }
    }
    if (this.#crowdedKeys.size === 0) return NOWHERE;
    return this.#crowded.get(space)?.get(text.slice(from, end)) ?? NOWHERE;
  }

  /** As `findText`, of a text that is the ASCII bytes `from`…`end` - 1. */
  findAscii(space: number, bytes: Uint8Array, from: number, end: number): number {
    const hash = hashOfAscii(space, bytes, from, end);
    const segment = this.#segments[hash >>> SEGMENT_SHIFT];
    if (segment !== undefined) {
      const form = (end - from) * 4;
      const mask = segment.length - 1;
      const { ints } = this.#arena;
      const home = (hash << 1) & mask;
      for (let i = home; i < home + 2 * PROBES_MAX; i += 2) {
        const block = segment[(i + 1) & mask] as number;
        if (block === NOWHERE) break;
        if (segment[i & mask] !== hash) continue;
        const words = ints[block >> CHUNK_SHIFT] as Int32Array;
        const at = block & CHUNK_MASK;
        if (words[at + 1] !== space || words[at + 2] !== form) continue;
        if (isAscii(words, at + HEADER, bytes, from, end)) return words[at] as number;
      }
    }
    if (this.#crowdedKeys.size === 0) return NOWHERE;
    return this.#crowded.get(space)?.get(textOfAscii(bytes, from, end)) ?? NOWHERE;
  }

  /** The id of a key; NOWHERE if it is none. -0 and 0 are one; NaN is no key. */
  find(space: number, key: Scalar): number {
    if (typeof key === 'string') return this.findText(space, key);
    if (typeof key === 'boolean') return this.#findWords(space, key ? TRUE : FALSE, 0, 0);
    double[0] = key + 0;
    return this.findNumber(space, halves[0] as number, halves[1] as number);
  }

  /** The id of the number, not -0 or NaN, whose bits are these two words, as they stand in memory; NOWHERE if it is none. */
  findNumber(space: number, first: number, second: number): number {
    return this.#findWords(space, NUMBER, first, second);
  }

  /** Finds a number or boolean; the latter has no words, and both are 0. */
  #findWords(space: number, form: number, first: number, second: number): number {
    const hash = finished(form === NUMBER ? mixed(mixed(space, first), second) : space);
    const segment = this.#segments[hash >>> SEGMENT_SHIFT];
    if (segment !== undefined) {
      const mask = segment.length - 1;
      const { ints } = this.#arena;
      const home = (hash << 1) & mask;
      for (let i = home; i < home + 2 * PROBES_MAX; i += 2) {
        const block = segment[(i + 1) & mask] as number;
        if (block === NOWHERE) break;
        if (segment[i & mask] !== hash) continue;
        const words = ints[block >> CHUNK_SHIFT] as Int32Array;
        const at = block & CHUNK_MASK;
        if (words[at + 1] !== space || words[at + 2] !== form) continue;
        if (form !== NUMBER) return words[at] as number;
        if (words[at + HEADER] === first && words[at + HEADER + 1] === second) return words[at] as number;
      }
    }
    if (this.#crowdedKeys.size === 0) return NOWHERE;
    halves[0] = first;
    halves[1] = second;
    const key = form === NUMBER ? (double[0] as number) : form === TRUE;
    return this.#crowded.get(space)?.get(key) ?? NOWHERE;
  }

  /** Adds a key that is not there, under an id that has none. */
  add(space: number, key: Scalar, id: number): void {
    this.#size += 1;
    this.#blocks = roomForInts(this.#blocks, id + 1, NOWHERE);
    this.#blocks[id] = NOWHERE;
    const form = formOf(key);
    const length = wordsOf(form);
    if (HEADER + length > BLOCK_WORDS_MAX) {
      this.#crowd(space, key, id);
      return;
    }
    const block = this.#arena.allocate(HEADER + length);
    const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
    const at = block & CHUNK_MASK;
    words[at] = id;
    words[at + 1] = space;
    words[at + 2] = form;
    write(key, words, at + HEADER);
    this.#blocks[id] = block;
    const hash = hashOfWords(space, words, at + HEADER, length);
    const number = hash >>> SEGMENT_SHIFT;
    let segment = this.#segments[number] ?? this.#resize(number, PLACES_MIN);
    // Two thirds of the places are used at most.
    const isFull = (this.#used[number] as number) * 3 >= segment.length;
    if (isFull && segment.length < 2 * PLACES_MAX) segment = this.#resize(number, segment.length);
    else if (isFull) {
      this.#crowdOut(block);
      return;
    }
    if (put(segment, hash, block)) this.#used[number] = (this.#used[number] as number) + 1;
    else this.#crowdOut(block);
  }

  /** Removes the key of an id that has one. */
  remove(id: number): void {
    this.#size -= 1;
    const block = this.#blocks[id] as number;
    if (block === NOWHERE) this.#uncrowd(id);
    else {
      this.#removePlace(block);
      this.#arena.free(block);
      this.#blocks[id] = NOWHERE;
    }
    if (this.#size === 0) this.#reset();
  }

  /** The space of an id that has a key. */
  spaceOf(id: number): number {
    const block = this.#blocks[id] as number;
    if (block === NOWHERE) return this.#crowdedKeys.get(id)?.space as number;
    return (this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array)[(block & CHUNK_MASK) + 1] as number;
  }

  /** The key of an id that has one. A text is put together anew each time. */
  keyOf(id: number): Scalar {
    const block = this.#blocks[id] as number;
    return block === NOWHERE ? (this.#crowdedKeys.get(id)?.key as Scalar) : this.#keyIn(block);
  }

  #keyIn(block: number): Scalar {
    const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
    const at = block & CHUNK_MASK;
    const form = words[at + 2] as number;
    if (form === FALSE) return false;
    if (form === TRUE) return true;
    if (form === NUMBER) {
      halves[0] = words[at + HEADER] as number;
      halves[1] = words[at + HEADER + 1] as number;
      return double[0] as number;
    }
    let text = '';
    for (let i = 0; i < form >> 2; i += 1) {
      text += String.fromCharCode(((words[at + HEADER + (i >> 1)] as number) >>> ((i & 1) * 16)) & 0xffff);
    }
    return text;
  }

  #removePlace(block: number): void {
    const hash = this.#hashOf(block);
    const number = hash >>> SEGMENT_SHIFT;
    const segment = this.#segments[number] as Int32Array;
    const mask = segment.length - 1;
    let gap = (hash << 1) & mask;
    while (segment[gap + 1] !== block) gap = (gap + 2) & mask;
    for (let i = (gap + 2) & mask; segment[i + 1] !== NOWHERE; i = (i + 2) & mask) {
      const home = ((segment[i] as number) << 1) & mask;
      // What stands no further from home than the gap does is found without it.
      if (((i - home) & mask) < ((i - gap) & mask)) continue;
      segment[gap] = segment[i] as number;
      segment[gap + 1] = segment[i + 1] as number;
      gap = i;
    }
    segment[gap + 1] = NOWHERE;
    const used = (this.#used[number] as number) - 1;
    this.#used[number] = used;
    if (used === 0) {
      this.#segmentBytes -= segment.byteLength;
      this.#segments[number] = undefined;
    } else if (segment.length > 2 * PLACES_MIN && used * 16 < segment.length) this.#resize(number, segment.length / 4);
  }

  #hashOf(block: number): number {
    const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
    const at = block & CHUNK_MASK;
    return hashOfWords(words[at + 1] as number, words, at + HEADER, wordsOf(words[at + 2] as number));
  }

  /** Moves a segment to one of so many places. */
  #resize(number: number, places: number): Int32Array {
    const segment = new Int32Array(places * 2).fill(NOWHERE);
    const old = this.#segments[number];
    this.#segments[number] = segment;
    this.#segmentBytes += segment.byteLength - (old?.byteLength ?? 0);
    if (old === undefined) return segment;
    let used = 0;
    for (let i = 0; i < old.length; i += 2) {
      const block = old[i + 1] as number;
      if (block === NOWHERE) continue;
      if (put(segment, old[i] as number, block)) used += 1;
      else this.#crowdOut(block);
    }
    this.#used[number] = used;
    return segment;
  }

  /** Moves a key from its block to the Map. */
  #crowdOut(block: number): void {
    const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
    const at = block & CHUNK_MASK;
    const id = words[at] as number;
    this.#crowd(words[at + 1] as number, this.#keyIn(block), id);
    this.#arena.free(block);
    this.#blocks[id] = NOWHERE;
  }

  #crowd(space: number, key: Scalar, id: number): void {
    const keys = this.#crowded.get(space) ?? new Map<Scalar, number>();
    this.#crowded.set(space, keys);
    keys.set(key, id);
    this.#crowdedKeys.set(id, { space, key });
  }

  #uncrowd(id: number): void {
    const { space, key } = this.#crowdedKeys.get(id) as { space: number; key: Scalar };
    this.#crowdedKeys.delete(id);
    const keys = this.#crowded.get(space) as Map<Scalar, number>;
    keys.delete(key);
    if (keys.size === 0) this.#crowded.delete(space);
  }

  #reset(): void {
    this.#arena = new Arena();
    this.#blocks = new Int32Array(0);
    this.#segments = [];
  }
}

function formOf(key: Scalar): number {
  if (typeof key === 'string') return key.length * 4;
  if (typeof key === 'number') return NUMBER;
  return key ? TRUE : FALSE;
}

/** Words of a key of this form. */
function wordsOf(form: number): number {
  if (form === NUMBER) return 2;
  return ((form >> 2) + 1) >> 1;
}

function write(key: Scalar, words: Int32Array, at: number): void {
  if (typeof key === 'number') {
    double[0] = key + 0;
    words[at] = halves[0] as number;
    words[at + 1] = halves[1] as number;
  } else if (typeof key === 'string') {
    for (let i = 0; i < key.length; i += 2) words[at + (i >> 1)] = unitsAt(key, i, key.length);
  }
}

/** Puts a key near its home; false when there is no place. A segment has an empty one. */
function put(segment: Int32Array, hash: number, block: number): boolean {
  const mask = segment.length - 1;
  const home = (hash << 1) & mask;
  for (let i = home; i < home + 2 * PROBES_MAX; i += 2) {
    if (segment[(i + 1) & mask] !== NOWHERE) continue;
    segment[i & mask] = hash;
    segment[(i + 1) & mask] = block;
    return true;
  }
  return false;
}

/** The code unit at `at` and the one after it, 0 past the end, in one word. */
function unitsAt(text: string, at: number, end: number): number {
  return at + 1 < end ? text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16) : text.charCodeAt(at);
}

function isText(words: Int32Array, first: number, text: string, from: number, end: number): boolean {
  const even = end - ((end - from) & 1);
  let at = first;
  for (let i = from; i < even; i += 2, at += 1) {
    if (words[at] !== (text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16))) return false;
  }
  return even === end || words[at] === text.charCodeAt(even);
}

function hashOfText(space: number, text: string, from: number, end: number): number {
  let hash = space;
  const even = end - ((end - from) & 1);
  for (let i = from; i < even; i += 2) hash = mixed(hash, text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
  return finished(even < end ? mixed(hash, text.charCodeAt(even)) : hash);
}

/** As `isText`. */
function isAscii(words: Int32Array, first: number, bytes: Uint8Array, from: number, end: number): boolean {
  const even = end - ((end - from) & 1);
  let at = first;
  for (let i = from; i < even; i += 2, at += 1) {
    if (words[at] !== ((bytes[i] as number) | ((bytes[i + 1] as number) << 16))) return false;
  }
  return even === end || words[at] === bytes[even];
}

/** As `hashOfText`. */
function hashOfAscii(space: number, bytes: Uint8Array, from: number, end: number): number {
  let hash = space;
  const even = end - ((end - from) & 1);
  for (let i = from; i < even; i += 2) hash = mixed(hash, (bytes[i] as number) | ((bytes[i + 1] as number) << 16));
  return finished(even < end ? mixed(hash, bytes[even] as number) : hash);
}

function textOfAscii(bytes: Uint8Array, from: number, end: number): string {
  return decoder.decode(bytes.subarray(from, end));
}

function hashOfWords(space: number, words: Int32Array, from: number, length: number): number {
  let hash = space;
  for (let i = from; i < from + length; i += 1) hash = mixed(hash, words[i] as number);
  return finished(hash);
}

/** What comes out low goes in high, so that all bits of a word count. */
function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/** MurmurHash3's finaliser (A. Appleby, public domain). */
function finished(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
