/**
 * Small numbers by hash: which of them may have this key? A number costs some six bytes, and no insertion moves more
 * than one of 256 segments, some thousands of entries at a million.
 *
 * Open addressing with linear probing; a removal shifts back what was probed past it (Knuth, TAOCP 6.4, Algorithm R).
 */
import { NOWHERE } from './arena.ts';
import { roomForInts } from './columns.ts';

const SEGMENTS = 256;
const SEGMENT_SHIFT = 24;
const SEGMENT_MIN = 4;

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

  /** The first number with this hash that `isWanted`, or NOWHERE. */
  find(hash: number, isWanted: (id: number) => boolean): number {
    const segment = this.#segments[hash >>> SEGMENT_SHIFT];
    if (segment === undefined) return NOWHERE;
    const mask = segment.length - 1;
    for (let i = hash & mask; segment[i] !== NOWHERE; i = (i + 1) & mask) {
      const id = segment[i] as number;
      if (this.#hashes[id] === hash && isWanted(id)) return id;
    }
    return NOWHERE;
  }

  add(hash: number, id: number): void {
    this.#hashes = roomForInts(this.#hashes, id + 1);
    this.#hashes[id] = hash;
    const number = hash >>> SEGMENT_SHIFT;
    const used = (this.#used[number] as number) + 1;
    this.#used[number] = used;
    const segment = this.#segments[number] ?? this.#resize(number, SEGMENT_MIN);
    this.#put(used * 4 > segment.length * 3 ? this.#resize(number, segment.length * 2) : segment, id);
  }

  remove(id: number): void {
    const hash = this.#hashes[id] as number;
    const number = hash >>> SEGMENT_SHIFT;
    const segment = this.#segments[number] as Int32Array;
    const mask = segment.length - 1;
    let gap = hash & mask;
    while (segment[gap] !== id) gap = (gap + 1) & mask;
    for (let i = (gap + 1) & mask; segment[i] !== NOWHERE; i = (i + 1) & mask) {
      const home = (this.#hashes[segment[i] as number] as number) & mask;
      // What stands no further from home than the gap does is found without it.
      if (((i - home) & mask) < ((i - gap) & mask)) continue;
      segment[gap] = segment[i] as number;
      gap = i;
    }
    segment[gap] = NOWHERE;
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
    this.#hashes = new Int32Array(0);
    this.#bytes = 0;
  }

  #put(segment: Int32Array, id: number): void {
    const mask = segment.length - 1;
    let i = (this.#hashes[id] as number) & mask;
    while (segment[i] !== NOWHERE) i = (i + 1) & mask;
    segment[i] = id;
  }

  #resize(number: number, length: number): Int32Array {
    const segment = new Int32Array(length).fill(NOWHERE);
    const old = this.#segments[number];
    for (const id of old ?? []) if (id !== NOWHERE) this.#put(segment, id);
    this.#bytes += segment.byteLength - (old?.byteLength ?? 0);
    this.#segments[number] = segment;
    return segment;
  }
}

/**
 * A hash of a text, 32 bits: FNV-1a over code units, with MurmurHash3's finaliser, so that all bits are good. It does
 * not withstand somebody who wants texts to collide.
 */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
