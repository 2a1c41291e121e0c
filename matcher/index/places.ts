/**
 * Which runs the entries of each filter are in. Not where in the run: entries shift in it with every one that comes or
 * goes, and are found there by their filter's number. Most filters have one entry, whose run is in the filter's column;
 * one that was split into branches has a block.
 *
 *     places[filter] ≥ 0         the run of the only entry
 *     places[filter] = NOWHERE   none
 *     places[filter] < NOWHERE   a block, as its address's complement less one: [ count, run, run, … ]
 */
import type { Arena } from './arena.ts';
import * as arenaConstants from './arena.ts';
import { roomForInts } from './columns.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { CHUNK_MASK, CHUNK_SHIFT, NOWHERE } = arenaConstants;

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

  /** Makes room for `count` entries of a filter that has none. Their runs are told by `put`. */
  begin(filter: number, count: number): void {
    this.#places = roomForInts(this.#places, filter + 1, NOWHERE);
    if (count <= 1) return;
    const block = this.#arena.allocate(count + 1);
    this.#block(block)[block & CHUNK_MASK] = 0;
    this.#places[filter] = -2 - block;
  }

  /** Tells the run of a new entry. */
  put(filter: number, run: number): void {
    this.#size += 1;
    const place = this.#places[filter] as number;
    if (place === NOWHERE) {
      this.#places[filter] = run;
      return;
    }
    const block = -2 - place;
    const words = this.#block(block);
    const at = block & CHUNK_MASK;
    const count = (words[at] as number) + 1;
    words[at] = count;
    words[at + count] = run;
  }

  /** Tells that one of the filter's entries moved to another run, or its run moved. */
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

  /** The runs of a filter's entries, each as often as it holds one; empty when there is none. */
  of(filter: number): number[] {
    const place = this.#places[filter] ?? NOWHERE;
    if (place === NOWHERE) return [];
    if (place >= 0) return [place];
    const block = -2 - place;
    const at = (block & CHUNK_MASK) + 1;
    return [...this.#block(block).subarray(at, at + (this.#block(block)[at - 1] as number))];
  }

  /** Forgets one of the filter's entries in a run. */
  drop(filter: number, run: number): void {
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
    this.move(filter, run, words[at + count] as number);
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
