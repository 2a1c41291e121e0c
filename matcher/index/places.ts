/**
 * Where the entries of each filter are. Most filters have one entry, whose address is in the filter's column; one that
 * was split into branches has a block of addresses.
 *
 *     places[filter] ≥ 0         the address of the only entry
 *     places[filter] = NOWHERE   none
 *     places[filter] < NOWHERE   a block, as its address's complement less one: [ count, address, address, … ]
 */
import { type Arena, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } from './arena.ts';
import { roomForInts } from './columns.ts';

export class Places {
  readonly #arena: Arena;
  #places = new Int32Array(0);
  #size = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Entries of all filters. */
  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#places.byteLength;
  }

  /** Makes room for `count` entries of a filter that has none. They are told by `put`. */
  begin(filter: number, count: number): void {
    this.#places = roomForInts(this.#places, filter + 1, NOWHERE);
    if (count <= 1) return;
    const block = this.#arena.allocate(count + 1);
    this.#block(block)[block & CHUNK_MASK] = 0;
    this.#places[filter] = -2 - block;
  }

  /** Tells the address of a new entry. */
  put(filter: number, address: number): void {
    this.#size += 1;
    const place = this.#places[filter] as number;
    if (place === NOWHERE) {
      this.#places[filter] = address;
      return;
    }
    const block = -2 - place;
    const words = this.#block(block);
    const at = block & CHUNK_MASK;
    const count = (words[at] as number) + 1;
    words[at] = count;
    words[at + count] = address;
  }

  /** Tells that an entry moved. */
  move(filter: number, from: number, to: number): void {
    const place = this.#places[filter] as number;
    if (place >= 0) {
      this.#places[filter] = to;
      return;
    }
    const block = -2 - place;
    const words = this.#block(block);
    let at = (block & CHUNK_MASK) + 1;
    while (words[at] !== from) at += 1;
    words[at] = to;
  }

  /** The addresses of a filter's entries; empty when it has none. */
  of(filter: number): number[] {
    const place = this.#places[filter] ?? NOWHERE;
    if (place === NOWHERE) return [];
    if (place >= 0) return [place];
    const block = -2 - place;
    const at = (block & CHUNK_MASK) + 1;
    return [...this.#block(block).subarray(at, at + (this.#block(block)[at - 1] as number))];
  }

  /** Forgets one of the filter's entries. */
  drop(filter: number, address: number): void {
    this.#size -= 1;
    const place = this.#places[filter] as number;
    if (place >= 0) {
      this.#places[filter] = NOWHERE;
      return;
    }
    const block = -2 - place;
    const words = this.#block(block);
    const at = block & CHUNK_MASK;
    const count = words[at] as number;
    this.move(filter, address, words[at + count] as number);
    words[at] = count - 1;
    if (count > 1) return;
    this.#arena.free(block);
    this.#places[filter] = NOWHERE;
  }

  /** Gives the column back, when there is no entry. */
  reset(): void {
    this.#places = new Int32Array(0);
  }

  #block(block: number): Int32Array {
    return this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
  }
}
