/**
 * Symbols: one small integer for each pair of slot and constant that a live filter compares for equality. An event's
 * value is looked up once per slot; after that every equality test is a comparison of two integers.
 *
 * Constants are typed: 5, '5' and true are three symbols. -0 and 0 are one, as Map keys are.
 */
import type { Scalar } from '../language/ast.ts';
import { NOWHERE } from './arena.ts';
import { roomForInts } from './columns.ts';
import { IdPool } from './id-pool.ts';

/** The symbol of every value that no live filter names. */
export const NO_SYMBOL = 0;

/** What one constant weighs in V8: its Map entry and a short string; an estimate for the statistics. */
const CONSTANT_BYTES = 72;

export class SymbolTable {
  readonly #ids = new IdPool();
  #holders = new Int32Array(0);
  #slots = new Int32Array(0);
  #values: Scalar[] = [];
  /** By slot. */
  #dictionaries: (Map<unknown, number> | undefined)[] = [];
  /** First run of the records whose access key is this symbol, by symbol. */
  bags = new Int32Array(0);
  /** Events that carried the symbol since it came to be. */
  seen = new Int32Array(0);
  /** The event count, modulo 2^32, when it came to be. */
  born = new Int32Array(0);

  get size(): number {
    return this.#ids.size;
  }

  get bytes(): number {
    return this.#ids.size * CONSTANT_BYTES + this.bags.byteLength * 5;
  }

  /** Distinct constants that live filters compare this slot with. */
  sizeOf(slot: number): number {
    return this.#dictionaries[slot]?.size ?? 0;
  }

  slotOf(symbol: number): number {
    return this.#slots[symbol] as number;
  }

  valueOf(symbol: number): Scalar {
    return this.#values[symbol] as Scalar;
  }

  /** The symbol of an event's value, NO_SYMBOL if no live filter compares this slot with it. */
  find(slot: number, value: unknown): number {
    return this.#dictionaries[slot]?.get(value) ?? NO_SYMBOL;
  }

  /** Holds the pair once more. `events` is the count of events so far. */
  hold(slot: number, value: Scalar, events: number): number {
    const known = this.find(slot, value);
    if (known !== NO_SYMBOL) {
      this.#holders[known] = (this.#holders[known] as number) + 1;
      return known;
    }
    const symbol = this.#ids.take() + 1;
    this.#holders = roomForInts(this.#holders, symbol + 1);
    this.#slots = roomForInts(this.#slots, symbol + 1);
    this.bags = roomForInts(this.bags, symbol + 1);
    this.seen = roomForInts(this.seen, symbol + 1);
    this.born = roomForInts(this.born, symbol + 1);
    this.#holders[symbol] = 1;
    this.#slots[symbol] = slot;
    this.#values[symbol] = value;
    this.bags[symbol] = NOWHERE;
    this.seen[symbol] = 0;
    this.born[symbol] = events | 0;
    const dictionary = this.#dictionaries[slot] ?? new Map<unknown, number>();
    this.#dictionaries[slot] = dictionary;
    dictionary.set(value, symbol);
    return symbol;
  }

  release(symbol: number): void {
    const holders = (this.#holders[symbol] as number) - 1;
    this.#holders[symbol] = holders;
    if (holders > 0) return;
    const slot = this.slotOf(symbol);
    const dictionary = this.#dictionaries[slot];
    dictionary?.delete(this.#values[symbol]);
    if (dictionary?.size === 0) this.#dictionaries[slot] = undefined;
    this.#values[symbol] = NO_SYMBOL;
    this.#ids.release(symbol - 1);
    if (this.#ids.size === 0) this.#reset();
  }

  #reset(): void {
    this.#holders = new Int32Array(0);
    this.#slots = new Int32Array(0);
    this.#values = [];
    this.#dictionaries = [];
    this.bags = new Int32Array(0);
    this.seen = new Int32Array(0);
    this.born = new Int32Array(0);
  }
}
