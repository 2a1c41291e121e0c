/**
 * The index: which of the filters posted here match an event? It knows filters by number only; who subscribed to them
 * is the matcher's business.
 *
 *     event ─▶ topic trie ─▶ slots (values, symbols) ─┬▶ bag of each symbol ──┐
 *                    │                                ├▶ bags of its grams ───┤
 *                    │                                ├▶ bags of its lists ───┤
 *                    │                                ├▶ range index of each ─┤
 *                    │                                ├▶ cells of pairings ───┼▶ scanner ─▶ hits
 *                    └────────────────────────────────┴▶ bag of each topic ───┘
 *
 * Every filter is posted in the one place expected to be looked at least (see access-chooser.ts), once for each branch
 * that it was split into, and verified there.
 */
import type { JsonReader, MatchableEvent } from '../event.ts';
import { printKey } from '../explain/print-key.ts';
import type { Condition } from '../language/ast.ts';
import { TopicTrie } from '../topic/topic-trie.ts';
import { AccessChooser, type Plan } from './access-chooser.ts';
import * as arenaConstants from './arena.ts';
import { Arena } from './arena.ts';
import * as asksConstants from './asks.ts';
import { AtomTable } from './atom-table.ts';
import { Bags } from './bags.ts';
import { roomForInts } from './columns.ts';
import type { Conjunction } from './conjunction.ts';
import { EntryWriter } from './entry-writer.ts';
import { keyOfEntry } from './key-of-entry.ts';
import { KeylessFilters } from './keyless-filters.ts';
import { ListIndex } from './list-index.ts';
import { ListTable } from './list-table.ts';
import { PairIndex } from './pair-index.ts';
import { Places } from './places.ts';
import { Postings } from './postings.ts';
import type { Price, PricedKey } from './price.ts';
import { hasPairKey, topicOf } from './program.ts';
import { Runs } from './runs.ts';
import { Scanner } from './scanner.ts';
import { Shares } from './shares.ts';
import { SlotTable } from './slot-table.ts';
import * as symbolTableConstants from './symbol-table.ts';
import { SymbolTable } from './symbol-table.ts';
import { TopicAsks } from './topic-asks.ts';
import { Traffic } from './traffic.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { NOWHERE } = arenaConstants;
const { ASKS_DATA, ASKS_NOTHING } = asksConstants;
const { NO_SYMBOL, SYMBOL_BAG, SYMBOL_SEEN, SYMBOL_SHIFT } = symbolTableConstants;

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
  readonly #lists = new ListTable(this.#symbols);
  readonly #slots = new SlotTable(this.#symbols);
  readonly #atoms = new AtomTable();
  readonly #topics = new TopicTrie();
  /** The caller's account; emptied with the index. */
  readonly keyless = new KeylessFilters(this.#topics);
  readonly #asks = new TopicAsks();
  readonly #traffic = new Traffic();
  readonly #runs = new Runs(this.#arena, this.#places);
  readonly #bags = new Bags(this.#runs);
  readonly #listIndex = new ListIndex(this.#lists, this.#bags);
  readonly #scanner = new Scanner({
    arena: this.#arena,
    slots: this.#slots,
    lists: this.#lists,
    atoms: this.#atoms,
  });
  readonly #pairs = new PairIndex({
    arena: this.#arena,
    runs: this.#runs,
    bags: this.#bags,
    traffic: this.#traffic,
  });
  readonly #postings = new Postings({
    places: this.#places,
    runs: this.#runs,
    bags: this.#bags,
    symbols: this.#symbols,
    grams: this.#slots.grams,
    lists: this.#lists,
    listIndex: this.#listIndex,
    pairs: this.#pairs,
  });
  readonly #shares = new Shares({
    slots: this.#slots,
    symbols: this.#symbols,
    lists: this.#lists,
    topics: this.#topics,
    traffic: this.#traffic,
  });
  readonly #chooser = new AccessChooser({
    slots: this.#slots,
    traffic: this.#traffic,
    pairs: this.#pairs,
    shares: this.#shares,
  });
  readonly #writer = new EntryWriter({
    arena: this.#arena,
    slots: this.#slots,
    symbols: this.#symbols,
    lists: this.#lists,
    atoms: this.#atoms,
    topics: this.#topics,
    traffic: this.#traffic,
  });
  /** What an event whose data is bytes is given to read them with. */
  readonly #jsonReader: JsonReader = {
    read: (bytes, limits, from = 0, end = bytes.length) => this.#slots.readJson(bytes, from, end, limits),
  };
  readonly #matchedTopics: number[] = [];
  /** The bags of the event's symbols. */
  #bagsFound = new Int32Array(0);
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
   * @param asks What it asks of events, see asks.ts.
   * @returns the tests that an event is expected to pay for it.
   */
  add(postable: Postable, asks: number): number {
    const topic = this.#holdTopic(postable.topic);
    this.#asks.count(topic, asks, 1);
    const plan = this.#chooser.planPosting(postable.tests, topic);
    this.#postings.post(postable.filter, this.#write(postable, topic, plan));
    this.#topics.release(topic);
    return plan.share * this.#chooser.testsPerOffer(plan);
  }

  /** Takes a filter out, if it is posted. `asks` is what `add` was told. */
  remove(filter: number, asks: number): void {
    this.#takeOut(filter, asks);
    if (this.#places.size === 0) this.#reset();
  }

  /**
   * Posts a filter in place of the one that has its number, if that one is posted.
   *
   * @param asks What both ask of events, see asks.ts.
   * @returns as `add`.
   */
  replace(postable: Postable, asks: { readonly before: number; readonly now: number }): number {
    const topic = this.#holdTopic(postable.topic);
    this.#asks.count(topic, asks.now, 1);
    const plan = this.#chooser.planPosting(postable.tests, topic);
    // First written, then taken out: what both name keeps its statistics.
    const entries = this.#write(postable, topic, plan);
    this.#takeOut(postable.filter, asks.before);
    this.#postings.post(postable.filter, entries);
    this.#topics.release(topic);
    return plan.share * this.#chooser.testsPerOffer(plan);
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
      for (const entry of this.#postings.takeOut(postable.filter)) this.#writer.release(entry);
      this.#postings.post(postable.filter, entries);
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
    const entries = this.#postings.entriesOf(postable.filter);
    const tables = { slots: this.#slots, symbols: this.#symbols, lists: this.#lists };
    const keys: PricedKey[] =
      entries.length > 0
        ? entries.map((entry) => ({
            key: printKey(keyOfEntry(entry, tables), postable.topic),
            share: this.#shares.ofEntry(entry),
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

  /** Whether a filter whose topic filter matches this topic asks an event for more than that. Cost: as the topic trie's. */
  reads(topic: string): boolean {
    const topics = this.#matchedTopics;
    return this.#asks.most(topics, this.#topics.match(topic, topics)) !== ASKS_NOTHING;
  }

  /**
   * Finds the filters that match, into `hits`. Reads the data once, if a posted filter whose topic filter
   * matches names data.
   */
  search(event: MatchableEvent): void {
    const topics = this.#matchedTopics;
    const topicCount = this.#topics.match(event.topic, topics);
    const scanner = this.#scanner;
    if (this.#learns) this.#traffic.event(topics, topicCount);
    scanner.begin(topics, topicCount);
    if (topicCount === 0) return;

    const slots = this.#slots;
    const asksData = this.#asks.most(topics, topicCount) === ASKS_DATA;
    const isPicked = asksData && event.readData !== undefined;
    const data = asksData && !isPicked ? event.data : undefined;
    if (this.#atoms.size > 0) scanner.look(isPicked ? event : snapshot(event, data));
    if (slots.size > 0 || isPicked) {
      slots.read(event);
      if (isPicked) event.readData?.(this.#jsonReader);
      else slots.readData(data);
      if (this.#learns) this.#traffic.values(slots);
      this.#scanConstants();
      this.#scanRanges();
      this.#scanPairs();
    }
    const before = scanner.hitCount;
    const { topicBags } = this.#postings;
    for (let i = 0; i < topicCount; i += 1) {
      const bag = topicBags[topics[i] as number] as number;
      if (bag !== NOWHERE) scanner.scanBag(bag, 0);
    }
    scanner.verifyOffered();
    this.#topicHits += scanner.hitCount - before;
    scanner.end();
  }

  /** As `search`, for an event that nobody sent: nothing is counted, and nothing learnt from it. */
  dryRun(event: MatchableEvent): void {
    const { runs, candidates, entriesRead, tests } = this.#scanner;
    const { cellsAsked } = this.#pairs;
    const hits = [this.#equalityHits, this.#rangeHits, this.#pairHits, this.#topicHits] as const;
    this.#learns = false;
    try {
      this.search(event);
    } finally {
      this.#learns = true;
      Object.assign(this.#scanner, { runs, candidates, entriesRead, tests });
      this.#pairs.cellsAsked = cellsAsked;
      [this.#equalityHits, this.#rangeHits, this.#pairHits, this.#topicHits] = hits;
    }
  }

  /** Counts since the index was made, and sizes now; see MatcherStats. */
  get stats() {
    let ranges = 0;
    for (const range of this.#postings.ranges) ranges += range?.bytes ?? 0;
    ranges += this.#pairs.bytes;
    return {
      events: this.#traffic.events,
      cellsAsked: this.#pairs.cellsAsked,
      runsScanned: this.#scanner.runs,
      candidates: this.#scanner.candidates,
      entriesRead: this.#scanner.entriesRead,
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
        postings: this.#postings.bytes,
        symbols: this.#symbols.bytes + this.#lists.bytes + this.#listIndex.bytes,
        ranges,
        topics: this.#topics.bytes + this.keyless.bytes + this.#asks.bytes,
        slots: this.#slots.bytes + this.#traffic.bytes,
        atoms: this.#atoms.bytes,
        results: this.#scanner.bytes,
      },
    };
  }

  #scanConstants(): void {
    const slots = this.#slots;
    const { rows } = this.#symbols;
    const scanner = this.#scanner;
    const before = scanner.hitCount;
    const more = this.#learns ? 1 : 0;
    let count = 0;
    this.#bagsFound = roomForInts(this.#bagsFound, slots.touchedCount);
    const found = this.#bagsFound;
    for (let i = 0; i < slots.touchedCount; i += 1) {
      const symbol = slots.symbols[slots.touched[i] as number] as number;
      if (symbol === NO_SYMBOL) continue;
      const row = symbol << SYMBOL_SHIFT;
      rows[row + SYMBOL_SEEN] = (rows[row + SYMBOL_SEEN] as number) + more;
      const bag = rows[row + SYMBOL_BAG] as number;
      found[count] = bag;
      // NOWHERE is -1, and adds nothing.
      count += 1 + (bag >> 31);
    }
    scanner.scanBags(found, count);
    this.#scanGrams(more);
    this.#listIndex.scan(slots, scanner);
    scanner.verifyOffered();
    this.#equalityHits += scanner.hitCount - before;
  }

  #scanGrams(more: number): void {
    const { found, count } = this.#slots.grams;
    const { rows } = this.#symbols;
    for (let i = 0; i < count; i += 1) {
      const each = found[i] as number;
      const row = (each < 0 ? ~each : each) << SYMBOL_SHIFT;
      if (each >= 0) rows[row + SYMBOL_SEEN] = (rows[row + SYMBOL_SEEN] as number) + more;
      const bag = rows[row + SYMBOL_BAG] as number;
      if (bag !== NOWHERE) this.#scanner.scanBag(bag, 0);
    }
  }

  #scanRanges(): void {
    const slots = this.#slots;
    const scanner = this.#scanner;
    const before = scanner.hitCount;
    const { ranges } = this.#postings;
    for (let i = 0; i < slots.touchedCount; i += 1) {
      const slot = slots.touched[i] as number;
      const range = ranges[slot];
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
    for (const entry of this.#postings.entriesOf(filter)) {
      // Whatever a pairing that closes may save, it costs more: all events, where its numbers have outgrown a ruler.
      const isToLeave = hasPairKey(entry, 0) && this.#pairs.isToLeave(entry);
      share += isToLeave ? 1 : this.#shares.ofEntry(entry);
    }
    return share;
  }

  #write({ filter, whole }: Postable, topic: number, { branches, isExclusive }: Plan): Int32Array[] {
    const isSplit = branches.length > 1;
    return branches.map((branch) => this.#writer.write(branch, { filter, topic, isSplit, isExclusive, whole }));
  }

  #takeOut(filter: number, asks: number): void {
    const entries = this.#postings.takeOut(filter);
    const [first] = entries;
    if (first !== undefined) this.#asks.count(topicOf(first, 0), asks, -1);
    for (const entry of entries) this.#writer.release(entry);
  }

  #holdTopic(text: string): number {
    const known = this.#topics.find(text);
    const topic = this.#topics.add(text);
    if (known === undefined) {
      this.#traffic.topicCreated(topic);
      this.#postings.topicCreated(topic);
    }
    return topic;
  }

  #reset(): void {
    this.#postings.reset();
    this.keyless.reset();
    this.#asks.reset();
    this.#matchedTopics.length = 0;
    this.#bagsFound = new Int32Array(0);
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
