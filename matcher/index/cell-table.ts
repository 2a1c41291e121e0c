/**
 * Bags by two integers. A bag is named by its first run, or NOWHERE. An event asks for neighbouring cells, so second keys that
 * differ in the last bit only share a row.
 *
 *     row   ┌───────┬────────────┬─────────┬────────┐
 *           │ first │ second / 2 │ even's… │ …odd's │ bag
 *           └───────┴────────────┴─────────┴────────┘
 *
 * Open addressing with linear probing, in segments, so that growing moves some thousands of rows at most; a removal shifts
 * back what was probed past it (Knuth, TAOCP 6.4, Algorithm R).
 */
import * as arenaConstants from './arena.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { NOWHERE } = arenaConstants;

const SEGMENT_BITS = 8;
const SEGMENT_SHIFT = 32 - SEGMENT_BITS;
/** Words of a row: two keys, and two bags, of which an empty row has none. */
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
    return this.getHashed(cellHash(first, second), first, second);
  }

  /** As `get`, of keys with the hash that `cellHash` says. */
  getHashed(hash: number, first: number, second: number): number {
    const rows = this.#segments[hash >>> SEGMENT_SHIFT] as Int32Array;
    const mask = rows.length - 1;
    const half = second >> 1;
    for (let at = (hash << ROW_SHIFT) & mask; ; at = (at + ROW) & mask) {
      if (rows[at] === first && rows[at + 1] === half) return rows[at + 2 + (second & 1)] as number;
      if (isEmpty(rows, at)) return NOWHERE;
    }
  }

  /**
   * Reads where the keys with a hash are expected, for nothing else: memory that is far away then comes for many at once.
   * Returns some of what stands there.
   */
  touch(hash: number): number {
    const rows = this.#segments[hash >>> SEGMENT_SHIFT] as Int32Array;
    return rows[(hash << ROW_SHIFT) & (rows.length - 1)] as number;
  }

  /** Stores a bag, in place of the one that is there; NOWHERE removes it. */
  set(first: number, second: number, bag: number): void {
    const hash = cellHash(first, second);
    const number = hash >>> SEGMENT_SHIFT;
    let rows = this.#segments[number] as Int32Array;
    let at = placeOf(rows, hash, first, second >> 1);
    if (isEmpty(rows, at)) {
      if (bag === NOWHERE) return;
      const used = (this.#used[number] as number) + 1;
      this.#used[number] = used;
      if (rows === EMPTY || used * ROW * 4 > rows.length * 3) rows = this.#resize(number, rows.length * 2);
      at = placeOf(rows, hash, first, second >> 1);
      rows[at] = first;
      rows[at + 1] = second >> 1;
    }
    const place = at + 2 + (second & 1);
    this.#size += Number(rows[place] === NOWHERE) - Number(bag === NOWHERE);
    rows[place] = bag;
    if (isEmpty(rows, at)) this.#remove(number, at);
  }

  /** Removes a row that has become empty. */
  #remove(number: number, removed: number): void {
    const rows = this.#segments[number] as Int32Array;
    const mask = rows.length - 1;
    let gap = removed;
    for (let at = (gap + ROW) & mask; !isEmpty(rows, at); at = (at + ROW) & mask) {
      const home = (hashOf(rows[at] as number, rows[at + 1] as number) << ROW_SHIFT) & mask;
      // What stands no further from home than the gap does is found without it.
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      rows.copyWithin(gap, at, at + ROW);
      gap = at;
    }
    rows.fill(NOWHERE, gap, gap + ROW);
    const used = (this.#used[number] as number) - 1;
    this.#used[number] = used;
    if (used === 0) {
      this.#bytes -= rows.byteLength;
      this.#segments[number] = EMPTY;
    } else if (used * ROW * 8 < rows.length) this.#resize(number, rows.length / 2);
  }

  #resize(number: number, words: number): Int32Array {
    const old = this.#segments[number] as Int32Array;
    const rows = new Int32Array(words).fill(NOWHERE);
    for (let at = 0; at < old.length; at += ROW) {
      if (isEmpty(old, at)) continue;
      const [first, half] = [old[at] as number, old[at + 1] as number];
      rows.set(old.subarray(at, at + ROW), placeOf(rows, hashOf(first, half), first, half));
    }
    this.#bytes += rows.byteLength - (old === EMPTY ? 0 : old.byteLength);
    this.#segments[number] = rows;
    return rows;
  }
}

/** The hash of two keys; the same of a second key that shares the row. */
export function cellHash(first: number, second: number): number {
  return hashOf(first, second >> 1);
}

function isEmpty(rows: Int32Array, at: number): boolean {
  return rows[at + 2] === NOWHERE && rows[at + 3] === NOWHERE;
}

/** Where a row stands, or belongs. */
function placeOf(rows: Int32Array, hash: number, first: number, half: number): number {
  const mask = rows.length - 1;
  let at = (hash << ROW_SHIFT) & mask;
  while (!isEmpty(rows, at) && (rows[at] !== first || rows[at + 1] !== half)) at = (at + ROW) & mask;
  return at;
}

/** Neighbouring keys must part: multiplication by odd constants, then MurmurHash3's finaliser. */
function hashOf(first: number, second: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
