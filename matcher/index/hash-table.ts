/**
 * Small numbers by hash: which of them may have this key? A number costs some ten bytes, and no insertion moves more than
 * one of 1,024 segments, which has a thousand numbers at a million.
 *
 * Open addressing with linear probing; a removal shifts back what was probed past it (Knuth, TAOCP 6.4, Algorithm R).
 * No number stands further from its home than `PROBES_MAX`: one that would, because somebody sends keys whose hashes are
 * alike, is left out, and not found. So every operation is cheap, whatever the keys are.
 */
import * as arenaConstants from './arena.ts';
import { roomForInts } from './columns.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { NOWHERE } = arenaConstants;

const SEGMENTS = 1024;
const SEGMENT_SHIFT = 22;
const SEGMENT_MIN = 4;
/** Room for 6 million numbers in all; what finds no place in a segment of this length is left out. */
const SEGMENT_MAX = 1 << 13;
/** Places looked at for one hash. With good hashes a segment grows before it needs as many. */
const PROBES_MAX = 128;

export class HashTable {
  /** By the hash's top bits; each one's size is a power of two. */
  #segments: (Int32Array | undefined)[] = [];
  readonly #used = new Int32Array(SEGMENTS);
  /** By number. */
  #hashes = new Int32Array(0);
  #bytes = 0;

  get bytes(): number {
    return this.#bytes + this.#hashes.byteLength;
  }

  /** The first number with this hash that `isWanted`, or NOWHERE. Asks of `PROBES_MAX` numbers at most. */
  find(hash: number, isWanted: (id: number) => boolean): number {
    const segment = this.#segments[hash >>> SEGMENT_SHIFT];
    if (segment === undefined) return NOWHERE;
    const mask = segment.length - 1;
    const home = hash & mask;
    for (let i = home; i < home + PROBES_MAX; i += 1) {
      const id = segment[i & mask] as number;
      if (id === NOWHERE) break;
      if (this.#hashes[id] === hash && isWanted(id)) return id;
    }
    return NOWHERE;
  }

  /** Adds a number that is not there; or leaves it out, when places near its home are taken and growing would not help. */
  add(hash: number, id: number): void {
    this.#hashes = roomForInts(this.#hashes, id + 1);
    this.#hashes[id] = hash;
    const number = hash >>> SEGMENT_SHIFT;
    const segment = this.#segments[number] ?? this.#resize(number, SEGMENT_MIN);
    const used = this.#used[number] as number;
    const isFull = used * 4 >= segment.length * 3;
    let isPut = !isFull && this.#put(segment, id);
    if (!isPut && used * 4 >= segment.length) isPut = this.#put(this.#enlarge(number, segment), id);
    if (isPut) this.#used[number] = (this.#used[number] as number) + 1;
  }

  /** Removes a number that was added, if it was not left out. */
  remove(id: number): void {
    const hash = this.#hashes[id] as number;
    const number = hash >>> SEGMENT_SHIFT;
    const segment = this.#segments[number];
    if (segment === undefined) return;
    const mask = segment.length - 1;
    const home = hash & mask;
    let gap = home;
    while (gap < home + PROBES_MAX && segment[gap & mask] !== id) gap += 1;
    if (gap === home + PROBES_MAX) return;
    // What is further from the gap than that is too far from home to fill it.
    for (let i = gap + 1; i < gap + PROBES_MAX && segment[i & mask] !== NOWHERE; i += 1) {
      const wanted = this.#hashes[segment[i & mask] as number] as number;
      // What stands no further from home than the gap does is found without it.
      if (((i - wanted) & mask) < ((i - gap) & mask)) continue;
      segment[gap & mask] = segment[i & mask] as number;
      gap = i;
    }
    segment[gap & mask] = NOWHERE;
    const used = (this.#used[number] as number) - 1;
    this.#used[number] = used;
    if (used === 0) {
      this.#bytes -= segment.byteLength;
      this.#segments[number] = undefined;
    } else if (used * 8 < segment.length) this.#resize(number, segment.length / 2);
  }

  /** Gives everything back, when there is no number. */
  reset(): void {
    this.#segments = [];
    this.#used.fill(0);
    this.#hashes = new Int32Array(0);
    this.#bytes = 0;
  }

  /** Puts a number near its home; false when there is no place. */
  #put(segment: Int32Array, id: number): boolean {
    const mask = segment.length - 1;
    const home = (this.#hashes[id] as number) & mask;
    for (let i = home; i < home + PROBES_MAX; i += 1) {
      if (segment[i & mask] !== NOWHERE) continue;
      segment[i & mask] = id;
      return true;
    }
    return false;
  }

  #enlarge(number: number, segment: Int32Array): Int32Array {
    return segment.length < SEGMENT_MAX ? this.#resize(number, segment.length * 2) : segment;
  }

  #resize(number: number, length: number): Int32Array {
    const segment = new Int32Array(length).fill(NOWHERE);
    const old = this.#segments[number];
    let used = 0;
    for (const id of old ?? []) if (id !== NOWHERE && this.#put(segment, id)) used += 1;
    this.#used[number] = used;
    this.#bytes += segment.byteLength - (old?.byteLength ?? 0);
    this.#segments[number] = segment;
    return segment;
  }
}
