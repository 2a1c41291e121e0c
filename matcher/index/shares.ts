/**
 * The shares of events expected to pass a test, or to be offered an entry by its access key. Each is a guess until events
 * have been seen, and then an observation (see traffic.ts).
 */
import type { Scalar } from '../language/ast.ts';
import type { TopicTrie } from '../topic/topic-trie.ts';
import type { Test } from './conjunction.ts';
import type { ListTable } from './list-table.ts';
import {
  EQUAL,
  entryWords,
  hasPairKey,
  IN_LIST,
  isNegated,
  keyAt,
  OPCODE_MASK,
  OPERAND_SHIFT,
  SET_TEST_MAX,
  slotOfSide,
  testWords,
  topicOf,
} from './program.ts';
import { intervalOf } from './range-index.ts';
import type { SlotReference } from './slot-reference.ts';
import type { SlotTable } from './slot-table.ts';
import { NO_SYMBOL, type SymbolTable } from './symbol-table.ts';
import { blend, type Traffic } from './traffic.ts';

/** The tables that shares are figured from. */
export interface ShareTables {
  readonly slots: SlotTable;
  readonly symbols: SymbolTable;
  readonly lists: ListTable;
  readonly topics: TopicTrie;
  readonly traffic: Traffic;
}

export class Shares {
  readonly #slots: SlotTable;
  readonly #symbols: SymbolTable;
  readonly #lists: ListTable;
  readonly #topics: TopicTrie;
  readonly #traffic: Traffic;
  /** Of long sets, whose sums take a while. */
  readonly #ofSets = new Map<Test, number>();

  constructor(tables: ShareTables) {
    this.#slots = tables.slots;
    this.#symbols = tables.symbols;
    this.#lists = tables.lists;
    this.#topics = tables.topics;
    this.#traffic = tables.traffic;
  }

  /** Another filter is looked at, or the same one later. Until then the shares of its long sets are figured once. */
  begin(): void {
    this.#ofSets.clear();
  }

  /** The share of events for which the test is expected to be true. */
  ofTest(test: Test): number {
    switch (test.kind) {
      case 'equal':
        return this.ofValue(test.reference, test.value);
      case 'notEqual':
        return 1 - this.ofValue(test.reference, test.value);
      case 'oneOf':
        return this.#ofSet(test);
      case 'noneOf':
        return 1 - this.#ofSet(test);
      case 'range': {
        const slot = this.#slots.find(test.reference);
        return slot === undefined ? 0.3 : this.#traffic.rangeShare(slot, test.low, test.high);
      }
      default:
        return 1;
    }
  }

  /** The share of events expected to have the value. */
  ofValue(reference: SlotReference, value: Scalar): number {
    const slot = this.#slots.find(reference);
    return slot === undefined ? 0.1 : this.#ofConstant(slot, value);
  }

  /**
   * The share of events expected to match a topic filter, which is held. Until events tell: each literal level halves it;
   * but where many filters gather, many events are expected.
   */
  ofTopic(topic: number): number {
    const guess = 2 ** -this.#topics.literalLevelsOf(topic);
    const { held, of } = this.#topics.holdShare(topic);
    return this.#traffic.topicShare(topic, guess === 1 ? guess : blend(held, of, guess));
  }

  /** The share of events expected to offer an entry, by its access key. */
  ofEntry(entry: Int32Array): number {
    const at = keyAt(entry, 0);
    if (at === entryWords(entry, 0)) return this.ofTopic(topicOf(entry, 0));
    const share = this.#ofKey(entry, at);
    return hasPairKey(entry, 0) ? share * this.#ofKey(entry, at + testWords(entry, at)) : share;
  }

  /** The share of events expected to pass the test at `at`, which is one that can be a key. */
  #ofKey(entry: Int32Array, at: number): number {
    const head = entry[at] as number;
    const operand = head >>> OPERAND_SHIFT;
    const opcode = head & OPCODE_MASK;
    if (opcode === EQUAL) return this.#ofConstant(operand, this.#symbols.valueOf(entry[at + 1] as number));
    if (opcode === IN_LIST) return this.#ofList(entry[at + 1] as number);
    const { key, top } = intervalOf(entry, at);
    return isNegated(operand)
      ? this.#traffic.rangeShare(slotOfSide(operand), -top, -key)
      : this.#traffic.rangeShare(slotOfSide(operand), key, top);
  }

  #ofSet(test: Test & { readonly kind: 'oneOf' | 'noneOf' }): number {
    const known = this.#ofSets.get(test);
    if (known !== undefined) return known;
    const { reference, values } = test;
    const slot = this.#slots.find(reference);
    if (slot === undefined) return Math.min(1, 0.1 * values.length);
    const isLong = values.length > SET_TEST_MAX;
    const guess = this.#guessOf(slot, isLong ? values.length : 1);
    let share = 0;
    for (const value of values) share += this.#ofConstant(slot, value, guess);
    share = Math.min(1, share);
    if (isLong) this.#ofSets.set(test, share);
    return share;
  }

  #ofList(list: number): number {
    const symbols = this.#lists.symbolsOf(list);
    const guess = this.#guessOf(this.#lists.slotOf(list), symbols.length);
    let share = 0;
    for (const symbol of symbols) share += this.#traffic.symbolShare(this.#symbols, symbol, guess);
    return Math.min(1, share);
  }

  /** The share of events expected to have this value in the slot. */
  #ofConstant(slot: number, value: Scalar, guess = this.#guessOf(slot, 1)): number {
    const symbol = this.#symbols.find(slot, value);
    const own = typeof value === 'boolean' ? 0.5 : guess;
    return symbol === NO_SYMBOL ? own : this.#traffic.symbolShare(this.#symbols, symbol, own);
  }

  /** How many events are expected to have one of so many values in the slot, of which none has been seen. */
  #guessOf(slot: number, values: number): number {
    return 1 / (10 + Math.max(this.#symbols.sizeOf(slot), values));
  }
}
