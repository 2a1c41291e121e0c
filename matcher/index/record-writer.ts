/**
 * Writes a branch of a filter as a record, and releases what a record holds when it goes.
 *
 * A record holds everything it names: slots, symbols, atoms, its topic filter. They are counted, so that what no live
 * filter names is not read, looked up or kept.
 */
import type { Condition } from '../language/ast.ts';
import type { TopicTrie } from '../topic/topic-trie.ts';
import type { Branch } from './access-chooser.ts';
import { BLOCK_WORDS_MAX } from './arena.ts';
import type { AtomTable } from './atom-table.ts';
import type { Conjunction, Test } from './conjunction.ts';
import {
  ANY,
  AT_LEAST,
  EQUAL,
  EXISTS,
  IS_NULL,
  LENGTH_MASK,
  MANY_POSTINGS,
  NEGATED_SIDE,
  NONE_OF,
  NOT_EQUAL,
  NOT_NULL,
  NUMBER_SIDE,
  ONE_OF,
  OPAQUE,
  OPCODE_MASK,
  OPERAND_SHIFT,
  RECORD_HEADER,
  RECORD_WORDS_MAX,
  SET_TEST_MAX,
  setWords,
  sideOf,
  slotOfSide,
  TOPIC,
  testWords,
  WITHIN,
} from './program.ts';
import type { SlotTable } from './slot-table.ts';
import type { SymbolTable } from './symbol-table.ts';
import type { Traffic } from './traffic.ts';

/** What is being written does not fit a record. */
const TOO_LONG = new Error('record too long');

export class RecordWriter {
  readonly #slots: SlotTable;
  readonly #symbols: SymbolTable;
  readonly #atoms: AtomTable;
  readonly #topics: TopicTrie;
  readonly #traffic: Traffic;
  /** The memory of `words` as doubles. */
  readonly numbers = new Float64Array(BLOCK_WORDS_MAX / 2);
  /** The record written last, from word 0. */
  readonly words = new Int32Array(this.numbers.buffer);
  #at = 0;

  constructor(tables: {
    slots: SlotTable;
    symbols: SymbolTable;
    atoms: AtomTable;
    topics: TopicTrie;
    traffic: Traffic;
  }) {
    this.#slots = tables.slots;
    this.#symbols = tables.symbols;
    this.#atoms = tables.atoms;
    this.#topics = tables.topics;
    this.#traffic = tables.traffic;
  }

  /**
   * Writes a record into `words`. A branch that does not fit is written as its access key and one opaque test of the
   * whole `condition`, which every filter with tests has.
   *
   * @returns its length in words, at most RECORD_WORDS_MAX.
   */
  write(branch: Branch, filter: FilterOfRecord): number {
    const { access, rest } = branch;
    if (access === undefined) {
      this.#begin(filter);
      this.#topic(filter.topic);
    } else {
      this.#begin(filter);
      this.#test(access);
    }
    const mark = this.#at;
    try {
      for (const test of rest) this.#test(test);
    } catch (error) {
      if (error !== TOO_LONG) throw error;
      this.#releaseTests(this.words, mark, this.#at);
      this.#at = mark;
      this.#pair(OPAQUE, this.#atoms.hold(filter.condition as Condition), 0);
    }
    if (access !== undefined) this.#topic(filter.topic);
    this.words[1] = this.#at | (filter.isSplit ? MANY_POSTINGS : 0);
    return this.#at;
  }

  /** Releases what the record at `words[at]` holds. */
  release(words: Int32Array, at: number): void {
    this.#releaseTests(words, at + RECORD_HEADER, at + ((words[at + 1] as number) & LENGTH_MASK));
  }

  #begin(filter: FilterOfRecord): void {
    this.words[0] = filter.posting;
    this.#at = RECORD_HEADER;
  }

  #topic(topic: number): void {
    this.#topics.retain(topic);
    this.#pair(TOPIC, topic, 0);
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

  #range(test: Test & { kind: 'range' }): void {
    this.#reserve(6);
    const slot = this.#slot(test.reference);
    const hasLow = test.low !== Number.NEGATIVE_INFINITY;
    const hasHigh = test.high !== Number.POSITIVE_INFINITY;
    if (hasLow) this.#traffic.threshold(slot, test.low);
    if (hasHigh) this.#traffic.threshold(slot, test.high);
    this.#pair(hasLow && hasHigh ? WITHIN : AT_LEAST, sideOf(slot, hasLow ? NUMBER_SIDE : NEGATED_SIDE), 0);
    this.#bound(hasLow ? test.low : -test.high);
    if (hasLow && hasHigh) this.#bound(test.high);
  }

  #bound(value: number): void {
    this.numbers[this.#at >> 1] = value;
    this.#at += 2;
  }

  #set(test: Test & { kind: 'oneOf' | 'noneOf' }): void {
    const count = test.values.length;
    if (count > SET_TEST_MAX) {
      this.#reserve(2);
      this.#pair(OPAQUE, this.#atoms.hold(test.condition), 0);
      return;
    }
    this.#reserve(setWords(count));
    const slot = this.#slot(test.reference);
    this.#pair(test.kind === 'oneOf' ? ONE_OF : NONE_OF, slot, count);
    for (const value of test.values) {
      this.words[this.#at] = this.#symbols.hold(slot, value, this.#traffic.events);
      this.#at += 1;
    }
    if (count % 2 === 1) {
      this.words[this.#at] = 0;
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
          this.words[from] = this.#at - from;
          this.words[from + 1] = 0;
        }
      }
    } finally {
      this.words[start] = ANY | ((this.#at - start) << OPERAND_SHIFT);
    }
  }

  #slot(reference: Parameters<SlotTable['hold']>[0]): number {
    const isNew = this.#slots.find(reference) === undefined;
    const slot = this.#slots.hold(reference);
    if (isNew) this.#traffic.slotCreated(slot);
    return slot;
  }

  #pair(opcode: number, operand: number, second: number): void {
    this.words[this.#at] = opcode | (operand << OPERAND_SHIFT);
    this.words[this.#at + 1] = second;
    this.#at += 2;
  }

  /** Leaves room for the topic test and one opaque test. */
  #reserve(length: number): void {
    if (this.#at + length + 4 > RECORD_WORDS_MAX) throw TOO_LONG;
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
        case TOPIC:
          this.#topics.release(operand);
          break;
        case OPAQUE:
          this.#atoms.release(operand);
          break;
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

/** What a record says of the filter it belongs to. */
export interface FilterOfRecord {
  readonly posting: number;
  readonly topic: number;
  /** The filter has other postings too. */
  readonly isSplit: boolean;
  readonly condition: Condition | undefined;
}
