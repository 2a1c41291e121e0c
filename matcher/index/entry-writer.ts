/**
 * Writes a branch of a filter as an entry, and releases what an entry holds when it goes.
 *
 * An entry holds everything it names: slots, symbols, atoms, its topic filter. They are counted, so that what no live
 * filter names is not read, looked up or kept.
 */
import type { Condition } from '../language/ast.ts';
import type { TopicTrie } from '../topic/topic-trie.ts';
import type { Branch } from './access-chooser.ts';
import { type Arena, BLOCK_WORDS_MAX, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } from './arena.ts';
import type { AtomTable } from './atom-table.ts';
import type { Conjunction, RangeTest, Test } from './conjunction.ts';
import { LIST_VALUES_MAX, type ListTable } from './list-table.ts';
import { writeOrdered } from './ordered-bits.ts';
import {
  ANY,
  AT_LEAST,
  ELSEWHERE,
  ENTRY_HEADER,
  ENTRY_WORDS_MAX,
  EQUAL,
  EXISTS,
  entryWords,
  IN_LIST,
  IS_NULL,
  KEY_PAIR,
  KEY_SHIFT,
  MANY_ENTRIES,
  NEGATED_SIDE,
  NONE_OF,
  NOT_EQUAL,
  NOT_IN_LIST,
  NOT_NULL,
  NUMBER_SIDE,
  ONE_OF,
  OPAQUE,
  OPCODE_MASK,
  OPERAND_SHIFT,
  SET_TEST_MAX,
  sideOf,
  slotOfSide,
  TOPIC,
  TOPIC_ELSEWHERE,
  TOPIC_SHIFT,
  testWords,
  topicOf,
  WITHIN,
  WITHIN_WORDS,
} from './program.ts';
import { isPart, type SlotReference } from './slot-reference.ts';
import type { SlotTable } from './slot-table.ts';
import type { SymbolTable } from './symbol-table.ts';
import type { Traffic } from './traffic.ts';

/** For one test that stands for all others, and the longest key. */
const KEPT_WORDS = 2 + WITHIN_WORDS;
/** Words before the tests that stand in a block of their own: the length, with this. */
const BLOCK_HEADER = 1;

/** What is being written does not fit. */
const TOO_LONG = new Error('entry too long');

export class EntryWriter {
  readonly #arena: Arena;
  readonly #slots: SlotTable;
  readonly #symbols: SymbolTable;
  readonly #lists: ListTable;
  readonly #atoms: AtomTable;
  readonly #topics: TopicTrie;
  readonly #traffic: Traffic;
  /** What is being written. */
  #words = new Int32Array(ENTRY_WORDS_MAX);
  #at = 0;
  /** Words that are left free until the key is written. */
  #kept = KEPT_WORDS;
  /** What is written instead while an entry's tests do not fit it. */
  #spare = new Int32Array(BLOCK_WORDS_MAX);

  constructor(tables: {
    arena: Arena;
    slots: SlotTable;
    symbols: SymbolTable;
    lists: ListTable;
    atoms: AtomTable;
    topics: TopicTrie;
    traffic: Traffic;
  }) {
    this.#arena = tables.arena;
    this.#slots = tables.slots;
    this.#symbols = tables.symbols;
    this.#lists = tables.lists;
    this.#atoms = tables.atoms;
    this.#topics = tables.topics;
    this.#traffic = tables.traffic;
  }

  /**
   * Writes an entry. A branch that does not fit is written as its access key and the address of its other tests; or, where
   * no block has room for these, one opaque test of the whole condition, which every filter with tests has.
   */
  write({ access, second, rest }: Branch, filterOfEntry: FilterOfEntry): Int32Array {
    const { filter, topic, isSplit, whole } = filterOfEntry;
    let isFoundOnce = !isSplit || filterOfEntry.isExclusive;
    this.#at = ENTRY_HEADER;
    this.#topics.retain(topic);
    if (topic >= TOPIC_ELSEWHERE) this.#pair(TOPIC, topic, 0);
    if (access !== undefined && second !== undefined) {
      this.#test(access);
      this.#test(second);
    }
    const mark = this.#at;
    try {
      for (const test of rest) this.#test(test);
    } catch (error) {
      if (error !== TOO_LONG) throw error;
      this.#releaseTests(this.#words, mark, this.#at);
      this.#at = mark;
      const block = this.#writeElsewhere(rest);
      if (block !== NOWHERE) this.#pair(ELSEWHERE, 0, block);
      else {
        this.#pair(OPAQUE, this.#atoms.hold(whole.condition as Condition), 0);
        // Every branch is the whole filter then.
        isFoundOnce = !isSplit;
      }
    }
    const end = this.#at;
    if (access !== undefined && second === undefined) {
      this.#kept = 0;
      this.#test(access);
      this.#kept = KEPT_WORDS;
    }
    const key = second === undefined ? this.#at - end : KEY_PAIR;
    this.#words[0] = filter;
    this.#words[1] =
      this.#at |
      (isFoundOnce ? 0 : MANY_ENTRIES) |
      (key << KEY_SHIFT) |
      (Math.min(topic, TOPIC_ELSEWHERE) << TOPIC_SHIFT);
    return this.#words.slice(0, this.#at);
  }

  /** Writes tests into a block; NOWHERE when none is so long. */
  #writeElsewhere(tests: Conjunction): number {
    const at = this.#at;
    this.#swap(BLOCK_HEADER);
    try {
      for (const test of tests) this.#test(test);
      const block = this.#arena.allocate(this.#at);
      const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
      this.#words[0] = this.#at;
      words.set(this.#words.subarray(0, this.#at), block & CHUNK_MASK);
      return block;
    } catch (error) {
      if (error !== TOO_LONG) throw error;
      this.#releaseTests(this.#words, BLOCK_HEADER, this.#at);
      return NOWHERE;
    } finally {
      this.#swap(at);
    }
  }

  /** Goes on in the other of the two arrays, from `at` on. */
  #swap(at: number): void {
    [this.#words, this.#spare] = [this.#spare, this.#words];
    this.#at = at;
  }

  /** Releases what an entry holds. */
  release(entry: Int32Array): void {
    const topic = topicOf(entry, 0);
    const isTested = topic >= TOPIC_ELSEWHERE;
    this.#releaseTests(entry, isTested ? ENTRY_HEADER + 2 : ENTRY_HEADER, entryWords(entry, 0));
    this.#topics.release(topic);
  }

  #test(test: Test): void {
    switch (test.kind) {
      case 'equal':
      case 'notEqual': {
        this.#reserve(2);
        const slot = this.#slot(test.reference);
        const symbol = this.#symbols.hold(slot, test.value, this.#traffic.events);
        this.#pair(test.kind === 'equal' ? EQUAL : NOT_EQUAL, slot, symbol);
        return;
      }
      case 'range':
        this.#range(test);
        return;
      case 'oneOf':
      case 'noneOf':
        this.#set(test);
        return;
      case 'isNull':
      case 'notNull':
      case 'exists':
        this.#reserve(2);
        this.#pair({ isNull: IS_NULL, notNull: NOT_NULL, exists: EXISTS }[test.kind], this.#slot(test.reference), 0);
        return;
      case 'any':
        this.#any(test.branches);
        return;
      case 'opaque':
        this.#reserve(2);
        this.#pair(OPAQUE, this.#atoms.hold(test.condition), 0);
    }
  }

  #range(test: RangeTest): void {
    this.#reserve(5);
    const slot = this.#slot(test.reference);
    const hasLow = test.low !== Number.NEGATIVE_INFINITY;
    const hasHigh = test.high !== Number.POSITIVE_INFINITY;
    if (hasLow) this.#traffic.threshold(slot, test.low);
    if (hasHigh) this.#traffic.threshold(slot, test.high);
    const opcode = hasLow && hasHigh ? WITHIN : AT_LEAST;
    this.#words[this.#at] = opcode | (sideOf(slot, hasLow ? NUMBER_SIDE : NEGATED_SIDE) << OPERAND_SHIFT);
    this.#at += 1;
    if (hasLow) this.#bound(test.low);
    if (hasHigh) this.#bound(-test.high);
  }

  #bound(value: number): void {
    writeOrdered(value, this.#words, this.#at);
    this.#at += 2;
  }

  #set(test: Test & { kind: 'oneOf' | 'noneOf' }): void {
    const count = test.values.length;
    if (count > LIST_VALUES_MAX) {
      this.#reserve(2);
      this.#pair(OPAQUE, this.#atoms.hold(test.condition), 0);
      return;
    }
    if (count > SET_TEST_MAX) {
      this.#reserve(2);
      const slot = this.#slot(test.reference);
      const list = this.#lists.hold(slot, test.values, this.#traffic.events);
      this.#pair(test.kind === 'oneOf' ? IN_LIST : NOT_IN_LIST, slot, list);
      return;
    }
    this.#reserve(2 + count);
    const slot = this.#slot(test.reference);
    this.#pair(test.kind === 'oneOf' ? ONE_OF : NONE_OF, slot, count);
    for (const value of test.values) {
      this.#words[this.#at] = this.#symbols.hold(slot, value, this.#traffic.events);
      this.#at += 1;
    }
  }

  /** Lengths are set as the parts end, and also when they end early, so that what was written can be released. */
  #any(branches: readonly Conjunction[]): void {
    this.#reserve(2);
    const start = this.#at;
    this.#pair(ANY, 0, 0);
    try {
      for (const branch of branches) {
        this.#reserve(2);
        const from = this.#at;
        this.#at += 2;
        try {
          for (const test of branch) this.#test(test);
        } finally {
          this.#words[from] = this.#at - from;
          this.#words[from + 1] = 0;
        }
      }
    } finally {
      this.#words[start] = ANY | ((this.#at - start) << OPERAND_SHIFT);
    }
  }

  #slot(reference: SlotReference): number {
    const isNew = this.#slots.find(reference) === undefined;
    const whole = isPart(reference) ? reference.of : undefined;
    const isWholeNew = whole !== undefined && this.#slots.find(whole) === undefined;
    const slot = this.#slots.hold(reference);
    if (isNew) this.#traffic.slotCreated(slot);
    if (isWholeNew) this.#traffic.slotCreated(this.#slots.find(whole) as number);
    return slot;
  }

  #pair(opcode: number, operand: number, second: number): void {
    this.#words[this.#at] = opcode | (operand << OPERAND_SHIFT);
    this.#words[this.#at + 1] = second;
    this.#at += 2;
  }

  /** Leaves room for one test that stands for all others, and the key. */
  #reserve(length: number): void {
    if (this.#at + length + this.#kept > this.#words.length) throw TOO_LONG;
  }

  #releaseTests(words: Int32Array, from: number, end: number): void {
    for (let at = from; at < end; at += testWords(words, at)) {
      const head = words[at] as number;
      const operand = head >>> OPERAND_SHIFT;
      switch (head & OPCODE_MASK) {
        case EQUAL:
        case NOT_EQUAL:
          this.#symbols.release(words[at + 1] as number);
          this.#slots.release(operand);
          break;
        case ONE_OF:
        case NONE_OF: {
          const count = words[at + 1] as number;
          for (let i = 0; i < count; i += 1) this.#symbols.release(words[at + 2 + i] as number);
          this.#slots.release(operand);
          break;
        }
        case IN_LIST:
        case NOT_IN_LIST:
          this.#lists.release(words[at + 1] as number);
          this.#slots.release(operand);
          break;
        case TOPIC:
          this.#topics.release(operand);
          break;
        case OPAQUE:
          this.#atoms.release(operand);
          break;
        case ELSEWHERE: {
          const block = words[at + 1] as number;
          const start = block & CHUNK_MASK;
          const there = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
          this.#releaseTests(there, start + BLOCK_HEADER, start + (there[start] as number));
          this.#arena.free(block);
          break;
        }
        case ANY:
          for (let branch = at + 2; branch < at + operand; branch += words[branch] as number) {
            this.#releaseTests(words, branch + 2, branch + (words[branch] as number));
          }
          break;
        case AT_LEAST:
        case WITHIN:
          this.#slots.release(slotOfSide(operand));
          break;
        default:
          this.#slots.release(operand);
      }
    }
  }
}

/** What an entry says of the filter it belongs to. */
export interface FilterOfEntry {
  readonly filter: number;
  readonly topic: number;
  /** The filter has other entries too. */
  readonly isSplit: boolean;
  /** No event passes two of these. */
  readonly isExclusive: boolean;
  readonly whole: { readonly condition: Condition | undefined };
}
