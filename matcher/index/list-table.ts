/**
 * Lists: sets of constants that are too long for an entry, of `IN` and `NOT IN`. Entries name them by number, and equal
 * lists are stored once, however they are ordered.
 *
 *     block   ┌───────┬──────┬──────────────────────┐
 *             │ count │ slot │ symbols, ascending … │
 *             └───────┴──────┴──────────────────────┘
 */
import { combineHashes } from '../hash.ts';
import type { Scalar } from '../language/ast.ts';
import * as arenaConstants from './arena.ts';
import { Arena } from './arena.ts';
import { roomForInts } from './columns.ts';
import { HashTable } from './hash-table.ts';
import { IdPool } from './id-pool.ts';
import type { SymbolTable } from './symbol-table.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { CHUNK_MASK, CHUNK_SHIFT, NOWHERE } = arenaConstants;

/** The longest list. A block holds little more; predicates of the default limits have a quarter of it. */
export const LIST_VALUES_MAX = 4_000;

const COUNT = 0;
const SLOT = 1;
const HEADER = 2;

/** Lists of one hash that are compared at most. Somebody may make them alike; then equal ones may be stored twice. */
const TRIES_MAX = 4;

export class ListTable {
  readonly #symbols: SymbolTable;
  readonly #arena = new Arena();
  readonly #ids = new IdPool();
  readonly #hashes = new HashTable();
  /** By list. */
  #blocks = new Int32Array(0);
  #holders = new Int32Array(0);
  /** The symbols of the list that is asked for. */
  readonly #wanted = new Int32Array(LIST_VALUES_MAX);

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  /** Distinct lists. */
  get size(): number {
    return this.#ids.size;
  }

  get bytes(): number {
    return this.#arena.bytes + this.#hashes.bytes + this.#blocks.byteLength * 2 + this.#wanted.byteLength;
  }

  /**
   * Holds a list once more, and with it its symbols. Cost: a look-up for each value.
   *
   * @param values Two or more, all different, `LIST_VALUES_MAX` at most.
   * @param events The count of events so far.
   */
  hold(slot: number, values: readonly Scalar[], events: number): number {
    const wanted = this.#wanted.subarray(0, values.length);
    for (let i = 0; i < wanted.length; i += 1) wanted[i] = this.#symbols.hold(slot, values[i] as Scalar, events);
    wanted.sort();
    let hash = wanted.length;
    for (let i = 0; i < wanted.length; i += 1) hash = combineHashes(hash, wanted[i] as number);
    const known = this.#find(hash, wanted);
    if (known !== NOWHERE) {
      // A list holds each of its symbols once.
      for (let i = 0; i < wanted.length; i += 1) this.#symbols.release(wanted[i] as number);
      this.#holders[known] = (this.#holders[known] as number) + 1;
      return known;
    }
    const list = this.#ids.take();
    this.#blocks = roomForInts(this.#blocks, list + 1);
    this.#holders = roomForInts(this.#holders, list + 1);
    const block = this.#arena.allocate(HEADER + wanted.length);
    const words = this.#chunk(block);
    const start = block & CHUNK_MASK;
    words[start + COUNT] = wanted.length;
    words[start + SLOT] = slot;
    words.set(wanted, start + HEADER);
    this.#blocks[list] = block;
    this.#holders[list] = 1;
    this.#hashes.add(hash, list);
    return list;
  }

  /** Releases one hold, and the symbols with the last one. */
  release(list: number): void {
    const holders = (this.#holders[list] as number) - 1;
    this.#holders[list] = holders;
    if (holders > 0) return;
    const symbols = this.symbolsOf(list);
    for (let i = 0; i < symbols.length; i += 1) this.#symbols.release(symbols[i] as number);
    this.#hashes.remove(list);
    this.#arena.free(this.#blocks[list] as number);
    this.#ids.release(list);
    if (this.#ids.size > 0) return;
    this.#hashes.reset();
    this.#blocks = new Int32Array(0);
    this.#holders = new Int32Array(0);
  }

  slotOf(list: number): number {
    const block = this.#blocks[list] as number;
    return this.#chunk(block)[(block & CHUNK_MASK) + SLOT] as number;
  }

  /** Ascending. A view, valid until lists come or go. */
  symbolsOf(list: number): Int32Array {
    const block = this.#blocks[list] as number;
    const words = this.#chunk(block);
    const from = (block & CHUNK_MASK) + HEADER;
    return words.subarray(from, from + (words[from - HEADER + COUNT] as number));
  }

  /** Is the symbol in the list? A binary search. */
  has(list: number, symbol: number): boolean {
    const block = this.#blocks[list] as number;
    const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
    let low = (block & CHUNK_MASK) + HEADER;
    let high = low + (words[low - HEADER + COUNT] as number);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = words[middle] as number;
      if (found === symbol) return true;
      if (found < symbol) low = middle + 1;
      else high = middle;
    }
    return false;
  }

  #find(hash: number, wanted: Int32Array): number {
    let tries = TRIES_MAX;
    return this.#hashes.find(hash, (list) => {
      tries -= 1;
      return tries >= 0 && areEqual(this.symbolsOf(list), wanted);
    });
  }

  #chunk(block: number): Int32Array {
    return this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
  }
}

function areEqual(left: Int32Array, right: Int32Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i += 1) if (left[i] !== right[i]) return false;
  return true;
}
