/**
 * Where entries are posted: each in one place, by its access key.
 *
 *     one constant             the bag of its symbol          bags.ts
 *     one gram of a text       the bag of its symbol          grams.ts
 *     one long list            the bag of the list            list-index.ts
 *     one range                sorted runs of its slot        range-index.ts
 *     two of these             a cell of their pairing        pair-index.ts
 *     the topic filter only    the bag of the topic filter    bags.ts
 */
import * as arenaConstants from './arena.ts';
import type { Bags } from './bags.ts';
import { roomForInts } from './columns.ts';
import type { Grams } from './grams.ts';
import { type ListIndex, OF_LIST } from './list-index.ts';
import type { ListTable } from './list-table.ts';
import type { PairIndex } from './pair-index.ts';
import type { Places } from './places.ts';
import {
  EQUAL,
  entryWords,
  hasPairKey,
  IN_LIST,
  keyAt,
  OPCODE_MASK,
  OPERAND_SHIFT,
  slotOfSide,
  topicOf,
  withKey,
  withoutKey,
} from './program.ts';
import { RangeIndex } from './range-index.ts';
import type { Runs } from './runs.ts';
import type { SymbolTable } from './symbol-table.ts';

const { NOWHERE } = arenaConstants;

/** The owner of runs that are found by a topic filter or a range. */
const OF_TOPIC = { first: NOWHERE, second: NOWHERE };
/** The first half of the owner of runs that are found by a constant: this for slot 0, and one less for each. */
const OF_CONSTANT = -3;

interface Parts {
  readonly places: Places;
  readonly runs: Runs;
  readonly bags: Bags;
  readonly symbols: SymbolTable;
  readonly grams: Grams;
  readonly lists: ListTable;
  readonly listIndex: ListIndex;
  readonly pairs: PairIndex;
}

export class Postings {
  readonly #parts: Parts;
  /** By slot. */
  ranges: (RangeIndex | undefined)[] = [];
  /** First run of the entries found by topic only, by topic filter. */
  topicBags = new Int32Array(0);

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get bytes(): number {
    return this.#parts.places.bytes + this.topicBags.byteLength;
  }

  topicCreated(topic: number): void {
    this.topicBags = roomForInts(this.topicBags, topic + 1);
    this.topicBags[topic] = NOWHERE;
  }

  /** Posts a filter that is not posted. */
  post(filter: number, entries: readonly Int32Array[]): void {
    this.#parts.places.begin(filter, entries.length);
    for (const entry of entries) this.#place(entry);
  }

  /** Takes a filter out. Returns its entries: what they hold is still held. */
  takeOut(filter: number): Int32Array[] {
    const { places } = this.#parts;
    const entries: Int32Array[] = [];
    // Runs move as entries leave them, so each is asked for anew.
    for (let [run] = places.of(filter); run !== undefined; [run] = places.of(filter)) {
      entries.push(this.#unpost(run, filter));
    }
    return entries;
  }

  /** Copies of a filter's entries. */
  entriesOf(filter: number): Int32Array[] {
    const { places, runs } = this.#parts;
    return [...new Set(places.of(filter))].flatMap((run) =>
      runs.entriesOf(run, filter).map((entry) => this.#whole(run, entry)),
    );
  }

  /** Gives the tables back, when nothing is posted. */
  reset(): void {
    this.ranges = [];
    this.topicBags = new Int32Array(0);
    this.#parts.places.reset();
  }

  /** An entry that stands in a run, with the key that it shares with the others there. */
  #whole(run: number, entry: Int32Array): Int32Array {
    const { first, second } = this.#parts.runs.owner(run);
    if (first <= OF_CONSTANT) return withKey(entry, EQUAL | ((OF_CONSTANT - first) << OPERAND_SHIFT), second);
    if (first !== OF_LIST) return entry;
    return withKey(entry, IN_LIST | (this.#parts.lists.slotOf(second) << OPERAND_SHIFT), second);
  }

  /** Puts an entry where its key says. */
  #place(entry: Int32Array): void {
    const { bags, grams, listIndex, pairs, runs, symbols } = this.#parts;
    const key = keyAt(entry, 0);
    if (key === entryWords(entry, 0)) {
      const topic = topicOf(entry, 0);
      this.topicBags[topic] = bags.add(this.topicBags[topic] as number, entry, { owner: OF_TOPIC });
      return;
    }
    if (hasPairKey(entry, 0)) {
      pairs.add(entry);
      return;
    }
    const head = entry[key] as number;
    const operand = head >>> OPERAND_SHIFT;
    switch (head & OPCODE_MASK) {
      case EQUAL: {
        const symbol = entry[key + 1] as number;
        const owner = { first: OF_CONSTANT - operand, second: symbol };
        const bag = symbols.bagOf(symbol);
        grams.posted(operand, symbol, bag === NOWHERE);
        symbols.setBag(symbol, bags.add(bag, withoutKey(entry), { owner }));
        return;
      }
      case IN_LIST:
        listIndex.add(entry[key + 1] as number, entry);
        return;
      default: {
        const slot = slotOfSide(operand);
        const range = this.ranges[slot] ?? new RangeIndex(runs);
        this.ranges[slot] = range;
        range.add({ entry, origin: NOWHERE });
      }
    }
  }

  /** Takes the first entry of a filter out of a run, and returns it. */
  #unpost(run: number, filter: number): Int32Array {
    const { bags, grams, listIndex, pairs, runs, symbols } = this.#parts;
    const entry = this.#whole(run, runs.entryOf(run, filter));
    const key = keyAt(entry, 0);
    if (key === entryWords(entry, 0)) {
      const topic = topicOf(entry, 0);
      this.topicBags[topic] = bags.remove(this.topicBags[topic] as number, run, filter);
      return entry;
    }
    if (hasPairKey(entry, 0)) {
      pairs.remove(run, entry);
      return entry;
    }
    const head = entry[key] as number;
    switch (head & OPCODE_MASK) {
      case EQUAL: {
        const symbol = entry[key + 1] as number;
        const bag = bags.remove(symbols.bagOf(symbol), run, filter);
        symbols.setBag(symbol, bag);
        grams.takenOut(head >>> OPERAND_SHIFT, symbol, bag === NOWHERE);
        return entry;
      }
      case IN_LIST:
        listIndex.remove(entry[key + 1] as number, run, filter);
        return entry;
      default: {
        const slot = slotOfSide(head >>> OPERAND_SHIFT);
        const range = this.ranges[slot] as RangeIndex;
        range.remove(run, entry);
        if (range.isEmpty) this.ranges[slot] = undefined;
        return entry;
      }
    }
  }
}
