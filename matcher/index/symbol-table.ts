/**
 * Symbols: one small integer for each pair of slot and constant that a live filter compares for equality. An event's
 * value is looked up once per slot; after that every equality test is a comparison of two integers.
 *
 * Constants are typed: 5, '5' and true are three symbols. -0 and 0 are one.
 */
import type { Scalar } from '../language/ast.ts';
import * as arenaConstants from './arena.ts';
import { roomForInts } from './columns.ts';
import { Dictionary } from './dictionary.ts';
import { IdPool } from './id-pool.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { NOWHERE } = arenaConstants;

/** The symbol of every value that no live filter names. */
export const NO_SYMBOL = 0;

/** Words of a symbol's row, as a power of two. An event that has the symbol reads and writes the row, which is one place in memory. */
export const SYMBOL_SHIFT = 2;
/** First run of the records whose access key is this symbol. */
export const SYMBOL_BAG = 0;
/** Events that carried the symbol since it came to be. */
export const SYMBOL_SEEN = 1;
/** The event count, modulo 2^32, when it came to be. */
export const SYMBOL_BORN = 2;
const HOLDERS = 3;

export class SymbolTable {
  readonly #ids = new IdPool();
  readonly #dictionary = new Dictionary();
  /** By slot: distinct constants that are texts, the longest of them since there were none, and the other constants. */
  #texts = new Int32Array(0);
  #longest = new Int32Array(0);
  #others = new Int32Array(0);
  /** A row for each symbol. */
  rows = new Int32Array(0);

  get size(): number {
    return this.#ids.size;
  }

  get bytes(): number {
    return this.#dictionary.bytes + this.rows.byteLength + this.#texts.byteLength * 3;
  }

  /** Distinct constants that live filters compare this slot with. */
  sizeOf(slot: number): number {
    return (this.#texts[slot] ?? 0) + (this.#others[slot] ?? 0);
  }

  /** First run of the entries whose key is this symbol, or NOWHERE. */
  bagOf(symbol: number): number {
    return this.rows[(symbol << SYMBOL_SHIFT) + SYMBOL_BAG] as number;
  }

  setBag(symbol: number, bag: number): void {
    this.rows[(symbol << SYMBOL_SHIFT) + SYMBOL_BAG] = bag;
  }

  slotOf(symbol: number): number {
    return this.#dictionary.spaceOf(symbol);
  }

  valueOf(symbol: number): Scalar {
    return this.#dictionary.keyOf(symbol);
  }

  /** Does a live filter compare this slot with a number or boolean? */
  hasNumbers(slot: number): boolean {
    return slot < this.#others.length && (this.#others[slot] as number) > 0;
  }

  /** The symbol of a value, NO_SYMBOL if no live filter compares this slot with it. Cost: the text's length. */
  find(slot: number, value: Scalar): number {
    if (typeof value === 'string') return this.findText(slot, value, 0, value.length);
    if (!this.hasNumbers(slot)) return NO_SYMBOL;
    const symbol = this.#dictionary.find(slot, value);
    return symbol === NOWHERE ? NO_SYMBOL : symbol;
  }

  /**
   * As `find`, for the number at `index` of the doubles whose bits are `bits`, which is not -0 or NaN. A number that is
   * handed over as such may cost an object.
   */
  findBits(slot: number, bits: Int32Array, index: number): number {
    if (!this.hasNumbers(slot)) return NO_SYMBOL;
    const symbol = this.#dictionary.findNumber(slot, bits[2 * index] as number, bits[2 * index + 1] as number);
    return symbol === NOWHERE ? NO_SYMBOL : symbol;
  }

  /** As `find`, of the text's code units `from`…`end` - 1. */
  findText(slot: number, text: string, from: number, end: number): number {
    // Most texts of events are in slots without such constants. 0 is also the longest where there is none.
    if (slot >= this.#texts.length || this.#texts[slot] === 0 || end - from > (this.#longest[slot] as number)) {
      return NO_SYMBOL;
    }
    const symbol = this.#dictionary.findText(slot, text, from, end);
    return symbol === NOWHERE ? NO_SYMBOL : symbol;
  }

  /** As `find`, of a text that is the ASCII bytes `from`…`end` - 1. */
  findAscii(slot: number, bytes: Uint8Array, from: number, end: number): number {
    if (slot >= this.#texts.length || this.#texts[slot] === 0 || end - from > (this.#longest[slot] as number)) {
      return NO_SYMBOL;
    }
    const symbol = this.#dictionary.findAscii(slot, bytes, from, end);
    return symbol === NOWHERE ? NO_SYMBOL : symbol;
  }

  /** Holds the pair once more. `events` is the count of events so far. */
  hold(slot: number, value: Scalar, events: number): number {
    const known = this.find(slot, value);
    if (known !== NO_SYMBOL) {
      const holders = (known << SYMBOL_SHIFT) + HOLDERS;
      this.rows[holders] = (this.rows[holders] as number) + 1;
      return known;
    }
    const symbol = this.#ids.take() + 1;
    const row = symbol << SYMBOL_SHIFT;
    this.rows = roomForInts(this.rows, (symbol + 1) << SYMBOL_SHIFT);
    this.rows[row + SYMBOL_BAG] = NOWHERE;
    this.rows[row + SYMBOL_SEEN] = 0;
    this.rows[row + SYMBOL_BORN] = events | 0;
    this.rows[row + HOLDERS] = 1;
    this.#dictionary.add(slot, value, symbol);
    this.#texts = roomForInts(this.#texts, slot + 1);
    this.#longest = roomForInts(this.#longest, slot + 1);
    this.#others = roomForInts(this.#others, slot + 1);
    if (typeof value === 'string') {
      this.#longest[slot] = Math.max(value.length, this.#texts[slot] === 0 ? 0 : (this.#longest[slot] as number));
      this.#texts[slot] = (this.#texts[slot] as number) + 1;
    } else this.#others[slot] = (this.#others[slot] as number) + 1;
    return symbol;
  }

  release(symbol: number): void {
    const at = (symbol << SYMBOL_SHIFT) + HOLDERS;
    const holders = (this.rows[at] as number) - 1;
    this.rows[at] = holders;
    if (holders > 0) return;
    const slot = this.slotOf(symbol);
    const counts = typeof this.valueOf(symbol) === 'string' ? this.#texts : this.#others;
    counts[slot] = (counts[slot] as number) - 1;
    this.#dictionary.remove(symbol);
    this.#ids.release(symbol - 1);
    if (this.#ids.size === 0) this.#reset();
  }

  #reset(): void {
    this.rows = new Int32Array(0);
    this.#texts = new Int32Array(0);
    this.#longest = new Int32Array(0);
    this.#others = new Int32Array(0);
  }
}
