/**
 * The index: which of the filters posted here match an event? It knows filters by number only; who subscribed to them
 * is the matcher's business.
 *
 *     event ─▶ topic trie ─▶ slots (values, symbols) ─┬▶ bag of each symbol ──┐
 *                    │                                ├▶ range index of each ─┤
 *                    │                                ├▶ cells of pairings ───┼▶ scanner ─▶ hits
 *                    └────────────────────────────────┴▶ bag of each topic ───┘
 *
 * Every filter is posted in the one place expected to be looked at least (see access-chooser.ts), once for each branch
 * that it was split into, and verified there.
 */
import type { MatchableEvent } from '../event.ts';
import { printKey } from '../explain/print-key.ts';
import type { Condition } from '../language/ast.ts';
import { TopicTrie } from '../topic/topic-trie.ts';
import { AccessChooser, type Plan } from './access-chooser.ts';
import * as arenaConstants from './arena.ts';
import { Arena } from './arena.ts';
import { AtomTable } from './atom-table.ts';
import { Bags } from './bags.ts';
import { roomForInts } from './columns.ts';
import type { Conjunction } from './conjunction.ts';
import { EntryWriter } from './entry-writer.ts';
import { PairIndex } from './pair-index.ts';
import { Places } from './places.ts';
import type { Price, PricedKey } from './price.ts';
import * as programConstants from './program.ts';
import { entryWords, hasPairKey, keyAt, slotOfSide, topicOf, withKey, withoutKey } from './program.ts';
import { RangeIndex } from './range-index.ts';
import { Runs } from './runs.ts';
import { Scanner } from './scanner.ts';
import { SlotTable } from './slot-table.ts';
import * as symbolTableConstants from './symbol-table.ts';
import { SymbolTable } from './symbol-table.ts';
import { Traffic } from './traffic.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { NOWHERE } = arenaConstants;
const { EQUAL, OPCODE_MASK, OPERAND_SHIFT } = programConstants;
const { NO_SYMBOL } = symbolTableConstants;

/** The owner of runs that are found by a topic filter or a range. */
const OF_TOPIC = { first: NOWHERE, second: NOWHERE };
/** The first half of the owner of runs that are found by a constant: this for slot 0, and one less for each. */
const OF_CONSTANT = -3;

/** A filter to be posted. */
export interface Postable {
  /** Small and dense. */
  readonly filter: number;
  /** A checked topic filter. */
  readonly topic: string;
  readonly tests: Conjunction;
  /** What the tests say, as one condition. It is asked for if they do not fit an entry, and may be made then. */
  readonly whole: { readonly condition: Condition | undefined };
}

export class FilterIndex {
  readonly #arena = new Arena();
  readonly #places = new Places(this.#arena);
  readonly #symbols = new SymbolTable();
  readonly #slots = new SlotTable(this.#symbols);
  readonly #atoms = new AtomTable();
  readonly #topics = new TopicTrie();
  readonly #traffic = new Traffic();
  readonly #runs = new Runs(this.#arena, this.#places);
  readonly #bags = new Bags(this.#runs);
  readonly #scanner = new Scanner(this.#arena, this.#slots, this.#atoms);
  readonly #pairs = new PairIndex({
    arena: this.#arena,
    runs: this.#runs,
    bags: this.#bags,
    traffic: this.#traffic,
  });
  readonly #chooser = new AccessChooser({
    slots: this.#slots,
    symbols: this.#symbols,
    topics: this.#topics,
    traffic: this.#traffic,
    pairs: this.#pairs,
  });
  readonly #writer = new EntryWriter({
    slots: this.#slots,
    symbols: this.#symbols,
    atoms: this.#atoms,
    topics: this.#topics,
    traffic: this.#traffic,
  });
  /** By slot. */
  #ranges: (RangeIndex | undefined)[] = [];
  /** First run of the entries found by topic only, by topic filter. */
  #topicBags = new Int32Array(0);
  readonly #matchedTopics: number[] = [];
  /** Do the events searched for say what is usual? */
  #learns = true;
  #equalityHits = 0;
  #rangeHits = 0;
  #pairHits = 0;
  #topicHits = 0;

  /** The filters found by the last `search`: the first `hitCount`. Valid until the next one. */
  get hits(): Int32Array {
    return this.#scanner.hits;
  }

  get hitCount(): number {
    return this.#scanner.hitCount;
  }

  /**
   * Posts a filter that is not posted.
   *
   * @returns the tests that an event is expected to pay for it.
   */
  add(postable: Postable): number {
    const topic = this.#holdTopic(postable.topic);
    const plan = this.#chooser.planPosting(postable.tests, topic);
    this.#post(postable.filter, this.#write(postable, topic, plan));
    this.#topics.release(topic);
    return plan.share * this.#chooser.testsPerOffer(plan);
  }

  /** Takes a filter out, if it is posted. */
  remove(filter: number): void {
    this.#takeOut(filter);
    if (this.#places.size === 0) this.#reset();
  }

  /**
   * Chooses the access keys of a posted filter again, and moves it if that is expected to halve its candidates.
   *
   * @returns whether it moved, and the tests that an event is expected to pay for it now.
   */
  retune(postable: Postable): { readonly moved: boolean; readonly testsPerEvent: number } {
    const topic = this.#holdTopic(postable.topic);
    const plan = this.#chooser.planPosting(postable.tests, topic);
    this.#pairs.review();
    const current = this.#currentShare(postable.filter);
    const moves = plan.share * 2 < current;
    if (moves) {
      // First written, then taken out: what both name keeps its statistics.
      const entries = this.#write(postable, topic, plan);
      this.#takeOut(postable.filter);
      this.#post(postable.filter, entries);
    }
    this.#topics.release(topic);
    return { moved: moves, testsPerEvent: (moves ? plan.share : current) * this.#chooser.testsPerOffer(plan) };
  }

  /** What a filter costs where it is posted, or would cost where it would be. Some twenty microseconds; changes nothing. */
  priceOf(postable: Postable): Price {
    const topic = this.#holdTopic(postable.topic);
    const plan = this.#chooser.plan(postable.tests, topic);
    const testsPerOffer = this.#chooser.testsPerOffer(plan);
    this.#topics.release(topic);
    if (this.#places.size === 0) this.#reset();
    const entries = this.#entriesOf(postable.filter);
    const keys: PricedKey[] =
      entries.length > 0
        ? entries.map((entry) => ({
            key: printKey(this.#chooser.keyOfEntry(entry), postable.topic),
            share: this.#chooser.shareOfEntry(entry),
          }))
        : plan.branches.map(({ access, second, share }) => ({
            key: printKey(
              [access, second].filter((test) => test !== undefined),
              postable.topic,
            ),
            share,
          }));
    const offersPerEvent = keys.reduce((sum, { share }) => sum + share, 0);
    return { keys, offersPerEvent, testsPerOffer, testsPerEvent: offersPerEvent * testsPerOffer };
  }

  /** Every filter will be looked at again. */
  beginRound(): void {
    this.#pairs.beginRound();
  }

  /**
   * Finds the filters that match, into `hits`. Reads `event.data` once, if the topic matches anything and a posted
   * filter names data.
   */
  search(event: MatchableEvent): void {
    const topics = this.#matchedTopics;
    const topicCount = this.#topics.match(event.topic, topics);
    const scanner = this.#scanner;
    if (this.#learns) this.#traffic.event(topics, topicCount);
    scanner.begin(topics, topicCount);
    if (topicCount === 0) return;

    const slots = this.#slots;
    const data = slots.readsData || this.#atoms.readsData ? event.data : undefined;
    if (this.#atoms.size > 0) scanner.look(snapshot(event, data));
    if (slots.size > 0) {
      slots.read(event, data);
      if (this.#learns) this.#traffic.values(slots);
      this.#scanSymbols();
      this.#scanRanges();
      this.#scanPairs();
    }
    const before = scanner.hitCount;
    for (let i = 0; i < topicCount; i += 1) {
      const bag = this.#topicBags[topics[i] as number] as number;
      if (bag !== NOWHERE) scanner.scanBag(bag, 0);
    }
    scanner.verifyOffered();
    this.#topicHits += scanner.hitCount - before;
    scanner.end();
  }

  /** As `search`, for an event that nobody sent: nothing is counted, and nothing learnt from it. */
  dryRun(event: MatchableEvent): void {
    const { candidates, tests } = this.#scanner;
    const hits = [this.#equalityHits, this.#rangeHits, this.#pairHits, this.#topicHits] as const;
    this.#learns = false;
    try {
      this.search(event);
    } finally {
      this.#learns = true;
      this.#scanner.candidates = candidates;
      this.#scanner.tests = tests;
      [this.#equalityHits, this.#rangeHits, this.#pairHits, this.#topicHits] = hits;
    }
  }

  /** Counts since the index was made, and sizes now; see MatcherStats. */
  get stats() {
    let ranges = 0;
    for (const range of this.#ranges) ranges += range?.bytes ?? 0;
    ranges += this.#pairs.bytes;
    return {
      events: this.#traffic.events,
      candidates: this.#scanner.candidates,
      testsEvaluated: this.#scanner.tests,
      hitsByEquality: this.#equalityHits,
      hitsByRange: this.#rangeHits,
      hitsByPair: this.#pairHits,
      hitsByTopic: this.#topicHits,
      postings: this.#places.size,
      topicFilters: this.#topics.size,
      slots: this.#slots.size,
      symbols: this.#symbols.size,
      pairings: this.#pairs.size,
      opaqueAtoms: this.#atoms.size,
      bytes: {
        records: this.#arena.bytes,
        postings: this.#places.bytes + this.#topicBags.byteLength,
        symbols: this.#symbols.bytes,
        ranges,
        topics: this.#topics.bytes,
        slots: this.#slots.bytes + this.#traffic.bytes,
        atoms: this.#atoms.bytes,
        results: this.#scanner.bytes,
      },
    };
  }

  #scanSymbols(): void {
    const slots = this.#slots;
    const { bags, seen } = this.#symbols;
    const scanner = this.#scanner;
    const before = scanner.hitCount;
    const more = this.#learns ? 1 : 0;
    for (let i = 0; i < slots.touchedCount; i += 1) {
      const symbol = slots.symbols[slots.touched[i] as number] as number;
      if (symbol === NO_SYMBOL) continue;
      seen[symbol] = (seen[symbol] as number) + more;
      const bag = bags[symbol] as number;
      if (bag !== NOWHERE) scanner.scanBag(bag, 0);
    }
    scanner.verifyOffered();
    this.#equalityHits += scanner.hitCount - before;
  }

  #scanRanges(): void {
    const slots = this.#slots;
    const scanner = this.#scanner;
    const before = scanner.hitCount;
    for (let i = 0; i < slots.touchedCount; i += 1) {
      const slot = slots.touched[i] as number;
      const range = this.#ranges[slot];
      if (range === undefined) continue;
      const value = slots.values[slot] as number;
      if (!Number.isNaN(value)) range.scan(value, scanner);
    }
    scanner.verifyOffered();
    this.#rangeHits += scanner.hitCount - before;
  }

  #scanPairs(): void {
    const scanner = this.#scanner;
    const before = scanner.hitCount;
    this.#pairs.scan(this.#slots, scanner);
    scanner.verifyOffered();
    this.#pairHits += scanner.hitCount - before;
  }

  /** Expected candidates per event of a filter where it is now. */
  #currentShare(filter: number): number {
    let share = 0;
    for (const entry of this.#entriesOf(filter)) {
      // Whatever a pairing that closes may save, it costs more: all events, where its numbers have outgrown a ruler.
      const isToLeave = hasPairKey(entry, 0) && this.#pairs.isToLeave(entry);
      share += isToLeave ? 1 : this.#chooser.shareOfEntry(entry);
    }
    return share;
  }

  /** Copies of a filter's entries. */
  #entriesOf(filter: number): Int32Array[] {
    return [...new Set(this.#places.of(filter))].flatMap((run) =>
      this.#runs.entriesOf(run, filter).map((entry) => this.#whole(run, entry)),
    );
  }

  /** An entry that stands in a run, with the key that it shares with the others there. */
  #whole(run: number, entry: Int32Array): Int32Array {
    const { first, second } = this.#runs.owner(run);
    return first <= OF_CONSTANT ? withKey(entry, OF_CONSTANT - first, second) : entry;
  }

  #write({ filter, whole }: Postable, topic: number, { branches, isExclusive }: Plan): Int32Array[] {
    const isSplit = branches.length > 1;
    return branches.map((branch) => this.#writer.write(branch, { filter, topic, isSplit, isExclusive, whole }));
  }

  #post(filter: number, entries: readonly Int32Array[]): void {
    this.#places.begin(filter, entries.length);
    for (const entry of entries) this.#place(entry);
  }

  #takeOut(filter: number): void {
    for (let [run] = this.#places.of(filter); run !== undefined; [run] = this.#places.of(filter)) {
      this.#writer.release(this.#unpost(run, filter));
    }
  }

  /** Puts an entry where its key says. */
  #place(entry: Int32Array): void {
    const key = keyAt(entry, 0);
    if (key === entryWords(entry, 0)) {
      const topic = topicOf(entry, 0);
      this.#topicBags[topic] = this.#bags.add(this.#topicBags[topic] as number, entry, { owner: OF_TOPIC });
    } else if (hasPairKey(entry, 0)) {
      this.#pairs.add(entry);
    } else if (((entry[key] as number) & OPCODE_MASK) === EQUAL) {
      const symbol = entry[key + 1] as number;
      const owner = { first: OF_CONSTANT - ((entry[key] as number) >>> OPERAND_SHIFT), second: symbol };
      this.#symbols.bags[symbol] = this.#bags.add(this.#symbols.bags[symbol] as number, withoutKey(entry), { owner });
    } else {
      const slot = slotOfSide((entry[key] as number) >>> OPERAND_SHIFT);
      const range = this.#ranges[slot] ?? new RangeIndex(this.#runs);
      this.#ranges[slot] = range;
      range.add({ entry, origin: NOWHERE });
    }
  }

  /** Takes the first entry of a filter out of a run, and returns it: what it holds is still held. */
  #unpost(run: number, filter: number): Int32Array {
    const entry = this.#whole(run, this.#runs.entryOf(run, filter));
    const key = keyAt(entry, 0);
    if (key === entryWords(entry, 0)) {
      const topic = topicOf(entry, 0);
      this.#topicBags[topic] = this.#bags.remove(this.#topicBags[topic] as number, run, filter);
    } else if (hasPairKey(entry, 0)) {
      this.#pairs.remove(run, entry);
    } else if (((entry[key] as number) & OPCODE_MASK) === EQUAL) {
      const symbol = entry[key + 1] as number;
      this.#symbols.bags[symbol] = this.#bags.remove(this.#symbols.bags[symbol] as number, run, filter);
    } else {
      const slot = slotOfSide((entry[key] as number) >>> OPERAND_SHIFT);
      const range = this.#ranges[slot] as RangeIndex;
      range.remove(run, entry);
      if (range.isEmpty) this.#ranges[slot] = undefined;
    }
    return entry;
  }

  #holdTopic(text: string): number {
    const known = this.#topics.find(text);
    const topic = this.#topics.add(text);
    if (known === undefined) {
      this.#traffic.topicCreated(topic);
      this.#topicBags = roomForInts(this.#topicBags, topic + 1);
      this.#topicBags[topic] = NOWHERE;
    }
    return topic;
  }

  #reset(): void {
    this.#ranges = [];
    this.#topicBags = new Int32Array(0);
    this.#places.reset();
    this.#matchedTopics.length = 0;
    this.#traffic.reset();
    this.#pairs.forgetWishes();
    this.#scanner.reset();
  }
}

/** The event as opaque atoms read it: with the data that was read already. */
function snapshot(event: MatchableEvent, data: MatchableEvent['data']): MatchableEvent {
  const { topic, attributes, source, id, time, size, contentType } = event;
  return { topic, data, attributes, source, id, time, size, contentType };
}
