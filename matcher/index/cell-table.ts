/**
 * Bags by two integers. A bag is named by its first run, or NOWHERE.
 *
 * Open addressing with linear probing, in segments, so that growing moves some thousands of rows at most; a removal shifts
 * back what was probed past it (Knuth, TAOCP 6.4, Algorithm R).
 */
import * as arenaConstants from './arena.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { NOWHERE } = arenaConstants;

const SEGMENT_BITS = 8;
const SEGMENT_SHIFT = 32 - SEGMENT_BITS;
/** Words of a row: two keys, the bag, and one to align them. */
const ROW = 4;
const ROW_SHIFT = 2;
const ROWS_MIN = 4;
const EMPTY = new Int32Array(ROWS_MIN * ROW).fill(NOWHERE);

export class CellTable {
  readonly #segments: Int32Array[] = new Array<Int32Array>(1 << SEGMENT_BITS).fill(EMPTY);
  readonly #used = new Int32Array(1 << SEGMENT_BITS);
  #bytes = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The bag of two keys, or NOWHERE. */
  get(first: number, second: number): number {
    const hash = hashOf(first, second);
    const rows = this.#segments[hash >>> SEGMENT_SHIFT] as Int32Array;
    const mask = rows.length - 1;
    for (let at = (hash << ROW_SHIFT) & mask; ; at = (at + ROW) & mask) {
      const bag = rows[at + 2] as number;
      if (bag === NOWHERE || (rows[at] === first && rows[at + 1] === second)) return bag;
    }
  }

  /** Stores a bag, in place of the one that is there; NOWHERE removes it. */
  set(first: number, second: number, bag: number): void {
    const hash = hashOf(first, second);
    const number = hash >>> SEGMENT_SHIFT;
    const rows = this.#segments[number] as Int32Array;
    const at = placeOf(rows, hash, first, second);
    if (rows[at + 2] !== NOWHERE) {
      if (bag === NOWHERE) this.#remove(number, at);
      else rows[at + 2] = bag;
      return;
    }
    if (bag === NOWHERE) return;
    const used = (this.#used[number] as number) + 1;
    this.#used[number] = used;
    this.#size += 1;
    const grown = rows === EMPTY || used * ROW * 4 > rows.length * 3 ? this.#resize(number, rows.length * 2) : rows;
    put(grown, { first, second, bag });
  }

  #remove(number: number, removed: number): void {
    const rows = this.#segments[number] as Int32Array;
    const mask = rows.length - 1;
    let gap = removed;
    for (let at = (gap + ROW) & mask; rows[at + 2] !== NOWHERE; at = (at + ROW) & mask) {
      const home = (hashOf(rows[at] as number, rows[at + 1] as number) << ROW_SHIFT) & mask;
      // What stands no further from home than the gap does is found without it.
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      rows.copyWithin(gap, at, at + ROW);
      gap = at;
    }
    rows[gap + 2] = NOWHERE;
    const used = (this.#used[number] as number) - 1;
    this.#used[number] = used;
    this.#size -= 1;
    if (used === 0) {
      this.#bytes -= rows.byteLength;
      this.#segments[number] = EMPTY;
    } else if (used * ROW * 8 < rows.length) this.#resize(number, rows.length / 2);
  }

  #resize(number: number, words: number): Int32Array {
    const old = this.#segments[number] as Int32Array;
    const rows = new Int32Array(words).fill(NOWHERE);
    for (let at = 0; at < old.length; at += ROW) {
      const bag = old[at + 2] as number;
      if (bag !== NOWHERE) put(rows, { first: old[at] as number, second: old[at + 1] as number, bag });
    }
    this.#bytes += rows.byteLength - (old === EMPTY ? 0 : old.byteLength);
    this.#segments[number] = rows;
    return rows;
  }
}

function put(rows: Int32Array, { first, second, bag }: { first: number; second: number; bag: number }): void {
  const at = placeOf(rows, hashOf(first, second), first, second);
  rows[at] = first;
  rows[at + 1] = second;
  rows[at + 2] = bag;
}

/** Where the keys stand, or belong. */
function placeOf(rows: Int32Array, hash: number, first: number, second: number): number {
  const mask = rows.length - 1;
  let at = (hash << ROW_SHIFT) & mask;
  while (rows[at + 2] !== NOWHERE && (rows[at] !== first || rows[at + 1] !== second)) at = (at + ROW) & mask;
  return at;
}

/** Neighbouring keys must part: multiplication by odd constants, then MurmurHash3's finaliser. */
function hashOf(first: number, second: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
