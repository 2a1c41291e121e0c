/**
 * The index: which of the filters posted here match an event? It knows filters by number only; who subscribed to them
 * is the matcher's business.
 *
 *     event ─▶ topic trie ─▶ slots (values, symbols) ─┬▶ bag of each symbol ──┐
 *                    │                                ├▶ range index of each ─┼▶ scanner ─▶ hits
 *                    └────────────────────────────────┴▶ bag of each topic ───┘
 *
 * Every filter is posted in the one place expected to be looked at least (see access-chooser.ts), once for each branch
 * that it was split into, and verified there.
 */
import type { MatchableEvent } from '../event.ts';
import type { Condition } from '../language/ast.ts';
import { TopicTrie } from '../topic/topic-trie.ts';
import { AccessChooser, type Plan } from './access-chooser.ts';
import { Arena, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } from './arena.ts';
import { AtomTable } from './atom-table.ts';
import { Bags } from './bags.ts';
import { roomForInts } from './columns.ts';
import type { Conjunction } from './conjunction.ts';
import { Postings } from './postings.ts';
import { candidateOf } from './probe.ts';
import { EQUAL, NUMBER_SIDE, OPCODE_MASK, OPERAND_SHIFT, RECORD_HEADER, sideOf, slotOfSide, TOPIC } from './program.ts';
import { RangeIndex } from './range-index.ts';
import { RecordWriter } from './record-writer.ts';
import { Runs } from './runs.ts';
import { Scanner } from './scanner.ts';
import { SlotTable } from './slot-table.ts';
import { NO_SYMBOL, SymbolTable } from './symbol-table.ts';
import { Traffic } from './traffic.ts';

/** A filter to be posted. */
export interface Postable {
  /** Small and dense. */
  readonly filter: number;
  /** A checked topic filter. */
  readonly topic: string;
  readonly tests: Conjunction;
  /** What the tests were made from. */
  readonly condition: Condition | undefined;
}

export class FilterIndex {
  readonly #arena = new Arena();
  readonly #postings = new Postings();
  readonly #symbols = new SymbolTable();
  readonly #slots = new SlotTable(this.#symbols);
  readonly #atoms = new AtomTable();
  readonly #topics = new TopicTrie();
  readonly #traffic = new Traffic();
  readonly #runs = new Runs(this.#arena, this.#postings);
  readonly #bags = new Bags(this.#runs);
  readonly #scanner = new Scanner(this.#arena, this.#postings, this.#slots, this.#atoms);
  readonly #chooser = new AccessChooser({
    arena: this.#arena,
    slots: this.#slots,
    symbols: this.#symbols,
    topics: this.#topics,
    traffic: this.#traffic,
  });
  readonly #writer = new RecordWriter({
    slots: this.#slots,
    symbols: this.#symbols,
    atoms: this.#atoms,
    topics: this.#topics,
    traffic: this.#traffic,
  });
  /** By slot. */
  #ranges: (RangeIndex | undefined)[] = [];
  /** First run of the records found by topic only, by topic filter. */
  #topicBags = new Int32Array(0);
  /** First posting of each filter, or NOWHERE, by filter. */
  #chains = new Int32Array(0);
  readonly #matchedTopics: number[] = [];
  #equalityHits = 0;
  #rangeHits = 0;
  #topicHits = 0;

  /** The filters found by the last `search`: the first `hitCount`. Valid until the next one. */
  get hits(): Int32Array {
    return this.#scanner.hits;
  }

  get hitCount(): number {
    return this.#scanner.hitCount;
  }

  /** Posts a filter that is not posted. */
  add(postable: Postable): void {
    const { filter } = postable;
    this.#chains = roomForInts(this.#chains, filter + 1, NOWHERE);
    const topic = this.#holdTopic(postable.topic);
    this.#post(postable, topic, this.#chooser.plan(postable.tests, topic));
    this.#topics.release(topic);
  }

  /** Takes a filter out, if it is posted. */
  remove(filter: number): void {
    let posting = this.#chains[filter] ?? NOWHERE;
    if (posting === NOWHERE) return;
    this.#chains[filter] = NOWHERE;
    while (posting !== NOWHERE) {
      const next = this.#postings.next[posting] as number;
      this.#unpost(posting);
      posting = next;
    }
    if (this.#postings.size === 0) this.#reset();
  }

  /**
   * Chooses the access keys of a posted filter again, and moves it if that is expected to halve its candidates.
   *
   * @returns whether it moved.
   */
  retune(postable: Postable): boolean {
    const topic = this.#holdTopic(postable.topic);
    const plan = this.#chooser.plan(postable.tests, topic);
    const moves = plan.share * 2 < this.#currentShare(postable.filter);
    if (moves) {
      const old: number[] = [];
      for (
        let posting = this.#chains[postable.filter] as number;
        posting !== NOWHERE;
        posting = this.#postings.next[posting] as number
      )
        old.push(posting);
      // First in, then out: what both name keeps its statistics.
      this.#chains[postable.filter] = NOWHERE;
      this.#post(postable, topic, plan);
      for (const gone of old) this.#unpost(gone);
    }
    this.#topics.release(topic);
    return moves;
  }

  /**
   * Finds the filters that match, into `hits`. Reads `event.data` once, if the topic matches anything and a posted
   * filter names data.
   */
  search(event: MatchableEvent): void {
    const topics = this.#matchedTopics;
    const topicCount = this.#topics.match(event.topic, topics);
    const scanner = this.#scanner;
    this.#traffic.event(topics, topicCount);
    scanner.begin(topics, topicCount);
    if (topicCount === 0) return;

    const slots = this.#slots;
    const data = slots.readsData || this.#atoms.readsData ? event.data : undefined;
    if (this.#atoms.size > 0) scanner.look(snapshot(event, data));
    if (slots.size > 0) {
      slots.read(event, data);
      this.#traffic.values(slots);
      this.#scanSymbols();
      this.#scanRanges();
    }
    const before = scanner.hitCount;
    for (let i = 0; i < topicCount; i += 1) {
      const bag = this.#topicBags[topics[i] as number] as number;
      if (bag !== NOWHERE) scanner.scanBag(bag);
    }
    this.#topicHits += scanner.hitCount - before;
    scanner.end();
  }

  /** Counts since the index was made, and sizes now; see MatcherStats. */
  get stats() {
    const columns = this.#topicBags.byteLength + this.#chains.byteLength;
    let ranges = 0;
    for (const range of this.#ranges) ranges += range?.bytes ?? 0;
    return {
      events: this.#traffic.events,
      candidates: this.#scanner.candidates,
      testsEvaluated: this.#scanner.tests,
      hitsByEquality: this.#equalityHits,
      hitsByRange: this.#rangeHits,
      hitsByTopic: this.#topicHits,
      postings: this.#postings.size,
      topicFilters: this.#topics.size,
      slots: this.#slots.size,
      symbols: this.#symbols.size,
      opaqueAtoms: this.#atoms.size,
      bytes: {
        records: this.#arena.bytes,
        postings: this.#postings.bytes + columns,
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
    for (let i = 0; i < slots.touchedCount; i += 1) {
      const symbol = slots.symbols[slots.touched[i] as number] as number;
      if (symbol === NO_SYMBOL) continue;
      seen[symbol] = (seen[symbol] as number) + 1;
      const bag = bags[symbol] as number;
      if (bag !== NOWHERE) scanner.scanBag(bag);
    }
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
      const value = slots.numbers[sideOf(slot, NUMBER_SIDE)] as number;
      if (!Number.isNaN(value)) range.scan(value, scanner);
    }
    this.#rangeHits += scanner.hitCount - before;
  }

  /** Expected candidates per event of a filter where it is now. */
  #currentShare(filter: number): number {
    let share = 0;
    let posting = this.#chains[filter] as number;
    for (; posting !== NOWHERE; posting = this.#postings.next[posting] as number) {
      share += this.#chooser.shareOfKey(this.#runs.recordOf(this.#postings.candidates[posting] as number));
    }
    return share;
  }

  #post(postable: Postable, topic: number, plan: Plan): void {
    const { filter, condition } = postable;
    const isSplit = plan.branches.length > 1;
    for (const branch of plan.branches) {
      const posting = this.#postings.create(filter, this.#chains[filter] as number);
      this.#chains[filter] = posting;
      this.#place(filter, this.#writer.write(branch, { posting, topic, isSplit, condition }));
    }
  }

  /** Stores the record that was just written, and puts its candidate where its first test says. */
  #place(filter: number, length: number): void {
    const { words, numbers } = this.#writer;
    const record = this.#arena.allocate(length);
    (this.#arena.ints[record >> CHUNK_SHIFT] as Int32Array).set(words.subarray(0, length), record & CHUNK_MASK);
    const candidate = candidateOf(words, numbers, filter, record);
    const head = words[RECORD_HEADER] as number;
    const operand = head >>> OPERAND_SHIFT;
    switch (head & OPCODE_MASK) {
      case EQUAL: {
        const symbol = words[RECORD_HEADER + 1] as number;
        this.#symbols.bags[symbol] = this.#bags.add(this.#symbols.bags[symbol] as number, candidate);
        return;
      }
      case TOPIC:
        this.#topicBags[operand] = this.#bags.add(this.#topicBags[operand] as number, candidate);
        return;
      default: {
        const slot = slotOfSide(operand);
        const range = this.#ranges[slot] ?? new RangeIndex(this.#arena, this.#runs);
        this.#ranges[slot] = range;
        range.add(candidate);
      }
    }
  }

  #unpost(posting: number): void {
    const address = this.#postings.candidates[posting] as number;
    const record = this.#runs.recordOf(address);
    const words = this.#arena.ints[record >> CHUNK_SHIFT] as Int32Array;
    const at = record & CHUNK_MASK;
    const head = words[at + RECORD_HEADER] as number;
    const operand = head >>> OPERAND_SHIFT;
    switch (head & OPCODE_MASK) {
      case EQUAL: {
        const symbol = words[at + RECORD_HEADER + 1] as number;
        this.#symbols.bags[symbol] = this.#bags.remove(this.#symbols.bags[symbol] as number, address);
        break;
      }
      case TOPIC:
        this.#topicBags[operand] = this.#bags.remove(this.#topicBags[operand] as number, address);
        break;
      default: {
        const slot = slotOfSide(operand);
        const range = this.#ranges[slot] as RangeIndex;
        range.remove(address, record);
        if (range.isEmpty) this.#ranges[slot] = undefined;
      }
    }
    this.#postings.remove(posting);
    this.#writer.release(words, at);
    this.#arena.free(record);
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
    this.#chains = new Int32Array(0);
    this.#matchedTopics.length = 0;
    this.#traffic.reset();
    this.#scanner.reset();
  }
}

/** The event as opaque atoms read it: with the data that was read already. */
function snapshot(event: MatchableEvent, data: MatchableEvent['data']): MatchableEvent {
  const { topic, attributes, source, id, time, size, contentType } = event;
  return { topic, data, attributes, source, id, time, size, contentType };
}
