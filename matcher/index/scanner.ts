/**
 * The inner loop: verifies the entries of a run against the event whose values are in the slots. An entry fails at its
 * first test that is not true.
 */
import type { MatchableEvent } from '../event.ts';
import type { Arena } from './arena.ts';
import * as arenaConstants from './arena.ts';
import type { AtomTable } from './atom-table.ts';
import { roomForInts } from './columns.ts';
import * as gridConstants from './grid.ts';
import type { ListTable } from './list-table.ts';
import * as programConstants from './program.ts';
import * as runCardsConstants from './run-cards.ts';
import * as signatureConstants from './signature.ts';
import type { SlotTable } from './slot-table.ts';
import * as symbolTableConstants from './symbol-table.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { CHUNK_MASK, CHUNK_SHIFT, NOWHERE } = arenaConstants;
const { GUARDS, HAIR, NO_QUERY } = gridConstants;
const {
  ANY,
  AT_LEAST,
  AT_LEAST_WORDS,
  ELSEWHERE,
  ENTRY_HEADER,
  EQUAL,
  EQUAL_WORDS,
  EXISTS,
  IN_LIST,
  IS_NULL,
  KIND_MISSING,
  KIND_NULL,
  LENGTH_MASK,
  MANY_ENTRIES,
  NEGATED_SIDE,
  NONE_OF,
  NOT_EQUAL,
  NOT_IN_LIST,
  NOT_NULL,
  NUMBER_SHIFT,
  ONE_OF,
  OPCODE_MASK,
  OPERAND_SHIFT,
  SIDE_SHIFT,
  TOPIC,
  TOPIC_ELSEWHERE,
  TOPIC_SHIFT,
  WITHIN,
  WITHIN_WORDS,
} = programConstants;
const {
  PLACE_MASK,
  RUN_COUNT,
  RUN_HEADER,
  RUN_NEXT,
  RUN_ROOM,
  RUN_TOPIC,
  CARD_FILTER,
  CARD_PLACE,
  CARD_SECOND,
  CARD_WORDS,
  SURE_MASK,
  SURE_OF_BOTH_SHIFT,
  SURE_SHIFT,
} = runCardsConstants;
const { CONSTANT_SLOT_MASK, IS_NOT_EQUAL, PASSES, SYMBOL_MASK } = signatureConstants;

const { NO_SYMBOL } = symbolTableConstants;

/** Epochs are int32; the stamps are wiped when they run out. */
const EPOCH_MAX = 0x7fffffff;
/** Entries offered before they are verified: more than a run holds. */
const OFFERS_MAX = 1024;
const OFFER_WORDS = 3;
/** Cards noted before they are looked at: more than a run holds. */
const PASSED_MAX = 2048;
const PASSED_WORDS = 3;
/** What is noted with a card: the first word is certain; the run's topic filter matches. */
const IS_INSIDE = 1;
const IS_OF_TOPIC = 2;
/** Cards that are passed over at a time, where all of a side fail. */
const LEAP = 8;
/** Above every bound of a signature. */
const ANY_NUMBER = 1 << 30;

export class Scanner {
  readonly #arena: Arena;
  readonly #slots: SlotTable;
  readonly #lists: ListTable;
  readonly #atoms: AtomTable;
  /** The epoch in which a topic filter matched last, by topic filter. */
  #topicStamps = new Int32Array(0);
  /** The epoch in which a filter with several postings was found last, by filter. */
  #filterStamps = new Int32Array(0);
  #epoch = 0;
  #event: MatchableEvent | undefined;

  /** What is to be verified: the entry, its filter, and how many words of its tests are sure. */
  readonly #offers = new Int32Array(OFFERS_MAX * OFFER_WORDS);
  /** Words of these in use. */
  #offered = 0;

  /** Cards that are to be looked at: where, of which run, and IS_…; and words of these in use. */
  readonly #passed = new Int32Array(PASSED_MAX * PASSED_WORDS);
  #passing = 0;

  /** The filters found for the event so far, each once: the first `hitCount` of these. */
  hits = new Int32Array(64);
  hitCount = 0;
  /** Since the scanner was made: runs scanned, entries in them, such as were read, and tests evaluated. */
  runs = 0;
  candidates = 0;
  entriesRead = 0;
  tests = 0;

  constructor(tables: { arena: Arena; slots: SlotTable; lists: ListTable; atoms: AtomTable }) {
    this.#arena = tables.arena;
    this.#slots = tables.slots;
    this.#lists = tables.lists;
    this.#atoms = tables.atoms;
  }

  get bytes(): number {
    return this.hits.byteLength + this.#topicStamps.byteLength + this.#filterStamps.byteLength;
  }

  /** Starts with an event whose topic matches the first `count` of `topics`. */
  begin(topics: readonly number[], count: number): void {
    this.hitCount = 0;
    // Some are left when reading the event before threw.
    this.#offered = 0;
    this.#passing = 0;
    this.#event = undefined;
    this.#epoch += 1;
    if (this.#epoch === EPOCH_MAX) {
      this.#epoch = 1;
      this.#topicStamps.fill(0);
      this.#filterStamps.fill(0);
      this.#atoms.forget();
    }
    for (let i = 0; i < count; i += 1) {
      const topic = topics[i] as number;
      this.#topicStamps = roomForInts(this.#topicStamps, topic + 1);
      this.#topicStamps[topic] = this.#epoch;
    }
  }

  /** The event that opaque atoms read, until `end`. */
  look(event: MatchableEvent): void {
    this.#event = event;
  }

  /** Lets go of the event. */
  end(): void {
    this.#event = undefined;
  }

  /** Gives the tables back that only grow, when nothing is indexed. */
  reset(): void {
    this.hits = new Int32Array(64);
    this.#topicStamps = new Int32Array(0);
    this.#filterStamps = new Int32Array(0);
  }

  /**
   * Scans a bag, run by run. Its key is a test that holds, or the topic filter.
   *
   * @param skip Words of first tests that hold, and need no test.
   */
  scanBag(bag: number, skip: number): void {
    for (let run = bag; run !== NOWHERE; ) {
      const next = (this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array)[(run & CHUNK_MASK) + RUN_NEXT] as number;
      this.scanRun(run, skip);
      run = next;
    }
  }

  /**
   * Scans one run whose signatures are bounds.
   *
   * @param skip As in `scanBag`.
   */
  scanRun(run: number, skip: number): void {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    const count = words[start + RUN_COUNT] as number;
    const isOfTopic = this.#topicStamps[words[start + RUN_TOPIC] as number] === this.#epoch;
    this.#reserve(count);
    const { numbers } = this.#slots;
    const hits = this.hits;
    const offers = this.#offers;
    let hitCount = this.hitCount;
    let offered = this.#offered;
    const firsts = start + RUN_HEADER;
    const cards = firsts + (words[start + RUN_ROOM] as number);
    let side = -1;
    let number = 0;
    for (let i = 0; i < count; i += 1) {
      const first = words[firsts + i] as number;
      if (first >>> SIDE_SHIFT !== side) {
        side = first >>> SIDE_SHIFT;
        number = first === PASSES ? ANY_NUMBER : (numbers[side << 1] as number) >> NUMBER_SHIFT;
      }
      const bound = (first << NUMBER_SHIFT) >> NUMBER_SHIFT;
      if (bound > number) {
        // So are all others of this side.
        while (i + LEAP < count && (words[firsts + i + LEAP] as number) >>> SIDE_SHIFT === side) i += LEAP;
        continue;
      }
      const card = cards + i * CARD_WORDS;
      const verdict = this.#verdictOf(words[card + CARD_SECOND] as number);
      if (verdict < 0) continue;
      const isCertain = bound < number && verdict > 0;
      const place = words[card + CARD_PLACE] as number;
      const filter = words[card + CARD_FILTER] as number;
      if (place < 0 && isCertain) {
        if (!isOfTopic) continue;
        hits[hitCount] = filter;
        hitCount += 1;
        continue;
      }
      const sure =
        bound < number ? skip + ((place >> (isCertain ? SURE_OF_BOTH_SHIFT : SURE_SHIFT)) & SURE_MASK) : skip;
      offers[offered] = run + (place & PLACE_MASK);
      offers[offered + 1] = filter;
      offers[offered + 2] = sure;
      offered += OFFER_WORDS;
    }
    this.hitCount = hitCount;
    this.#offered = offered;
  }

  /**
   * Scans cells of grids: the first `count` of `bags`, each with the query that its signatures are subtracted from
   * (see grid.ts); NO_QUERY where signatures are bounds, and the first two tests hold.
   */
  scanCells(bags: Int32Array, queries: Int32Array, count: number): void {
    // First all are asked for their sizes, so that the memory of many is on its way at once.
    const { ints } = this.#arena;
    let candidates = 0;
    for (let i = 0; i < count; i += 1) {
      const bag = bags[i] as number;
      candidates += (ints[bag >> CHUNK_SHIFT] as Int32Array)[bag & CHUNK_MASK] as number;
    }
    if (candidates === 0) return;
    // Then for the last of their first words, which a scan comes to before the processor expects it.
    let touched = 0;
    for (let i = 0; i < count; i += 1) {
      const bag = bags[i] as number;
      const words = ints[bag >> CHUNK_SHIFT] as Int32Array;
      const start = bag & CHUNK_MASK;
      touched |= words[start + RUN_HEADER - 1 + (words[start + RUN_COUNT] as number)] as number;
    }
    // First words are never negative; the comparison keeps the reading from being optimised away.
    if (touched < 0) return;
    for (let i = 0; i < count; i += 1) {
      const query = queries[i] as number;
      if (query === NO_QUERY) this.scanBag(bags[i] as number, EQUAL_WORDS * 2);
      else this.#scanCell(bags[i] as number, query);
    }
    this.#judge();
  }

  /** Scans the first `count` of `bags`, whose keys hold. */
  scanBags(bags: Int32Array, count: number): void {
    // As above: many are asked for at once.
    const { ints } = this.#arena;
    let candidates = 0;
    for (let i = 0; i < count; i += 1) {
      const bag = bags[i] as number;
      candidates += (ints[bag >> CHUNK_SHIFT] as Int32Array)[bag & CHUNK_MASK] as number;
    }
    if (candidates === 0) return;
    for (let i = 0; i < count; i += 1) this.scanBag(bags[i] as number, 0);
  }

  /** Notes the cards of a cell whose first word lets the event pass. */
  #scanCell(bag: number, query: number): void {
    const sureQuery = (query - HAIR) | 0;
    const passed = this.#passed;
    for (let run = bag; run !== NOWHERE; ) {
      const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
      const start = run & CHUNK_MASK;
      const count = words[start + RUN_COUNT] as number;
      const ofTopic = this.#topicStamps[words[start + RUN_TOPIC] as number] === this.#epoch ? IS_OF_TOPIC : 0;
      this.runs += 1;
      this.candidates += count;
      if (this.#passing + count * PASSED_WORDS > passed.length) this.#judge();
      let passing = this.#passing;
      const firsts = start + RUN_HEADER;
      const cards = run + RUN_HEADER + (words[start + RUN_ROOM] as number);
      for (let i = 0; i < count; i += 1) {
        const signature = words[firsts + i] as number;
        if (((query - signature) & GUARDS) !== GUARDS) continue;
        passed[passing] = cards + i * CARD_WORDS;
        passed[passing + 1] = run;
        passed[passing + 2] = ofTopic | (((sureQuery - signature) & GUARDS) === GUARDS ? IS_INSIDE : 0);
        passing += PASSED_WORDS;
      }
      this.#passing = passing;
      run = words[start + RUN_NEXT] as number;
    }
  }

  /** Looks at the cards that were noted. As with entries, all are read once first. */
  #judge(): void {
    const { ints } = this.#arena;
    const passed = this.#passed;
    const end = this.#passing;
    this.#passing = 0;
    let touched = 0;
    for (let i = 0; i < end; i += PASSED_WORDS) {
      const card = passed[i] as number;
      touched |= (ints[card >> CHUNK_SHIFT] as Int32Array)[(card & CHUNK_MASK) + CARD_FILTER] as number;
    }
    // Nor are filters.
    if (touched < 0) return;
    this.hits = roomForInts(this.hits, this.hitCount + end / PASSED_WORDS);
    let hits = this.hits;
    let hitCount = this.hitCount;
    for (let i = 0; i < end; i += PASSED_WORDS) {
      const card = passed[i] as number;
      const words = ints[card >> CHUNK_SHIFT] as Int32Array;
      const at = card & CHUNK_MASK;
      const verdict = this.#verdictOf(words[at + CARD_SECOND] as number);
      if (verdict < 0) continue;
      const flags = passed[i + 2] as number;
      const isInside = (flags & IS_INSIDE) !== 0;
      const isCertain = isInside && verdict > 0;
      const place = words[at + CARD_PLACE] as number;
      const filter = words[at + CARD_FILTER] as number;
      if (isCertain && place < 0) {
        if ((flags & IS_OF_TOPIC) === 0) continue;
        hits[hitCount] = filter;
        hitCount += 1;
        continue;
      }
      if (this.#offered === this.#offers.length) {
        this.hitCount = hitCount;
        this.verifyOffered();
        hitCount = this.hitCount;
        this.hits = roomForInts(this.hits, hitCount + (end - i) / PASSED_WORDS);
        hits = this.hits;
      }
      const offers = this.#offers;
      const offered = this.#offered;
      offers[offered] = (passed[i + 1] as number) + (place & PLACE_MASK);
      offers[offered + 1] = filter;
      offers[offered + 2] = isInside ? (place >> (isCertain ? SURE_OF_BOTH_SHIFT : SURE_SHIFT)) & SURE_MASK : 0;
      this.#offered = offered + OFFER_WORDS;
    }
    this.hitCount = hitCount;
  }

  /** What a signature's second word says: negative when the entry fails, 0 when that is open, positive when its test holds. */
  #verdictOf(second: number): number {
    if (second === PASSES) return 1;
    const { numbers, symbols, kinds } = this.#slots;
    if (second < 0) {
      const slot = (second >>> SIDE_SHIFT) & CONSTANT_SLOT_MASK;
      const isEqual = symbols[slot] === (second & SYMBOL_MASK);
      if ((second & IS_NOT_EQUAL) === 0) return isEqual ? 1 : -1;
      return isEqual || (kinds[slot] as number) <= KIND_NULL ? -1 : 1;
    }
    const number = (numbers[(second >>> SIDE_SHIFT) << 1] as number) >> NUMBER_SHIFT;
    return number - ((second << NUMBER_SHIFT) >> NUMBER_SHIFT);
  }

  /** Makes room for a run's entries among the hits and the offers, and counts them. */
  #reserve(count: number): void {
    this.runs += 1;
    this.candidates += count;
    if (this.#offered + count * OFFER_WORDS > this.#offers.length) this.verifyOffered();
    if (this.hitCount + count > this.hits.length) this.hits = roomForInts(this.hits, this.hitCount + count);
  }

  /**
   * Verifies what was offered. First all entries are read once, for nothing else: memory that is far away then comes for
   * many at once, in the time that one of them would take.
   */
  verifyOffered(): void {
    const { ints } = this.#arena;
    const offers = this.#offers;
    const end = this.#offered;
    let touched = 0;
    for (let i = 0; i < end; i += OFFER_WORDS) {
      const entry = offers[i] as number;
      touched |= (ints[entry >> CHUNK_SHIFT] as Int32Array)[(entry & CHUNK_MASK) + 1] as number;
    }
    // Lengths are never 0; the comparison keeps the reading from being optimised away.
    if (touched === 0) return;
    this.entriesRead += end / OFFER_WORDS;
    for (let i = 0; i < end; i += OFFER_WORDS) {
      const entry = offers[i] as number;
      const words = ints[entry >> CHUNK_SHIFT] as Int32Array;
      const at = entry & CHUNK_MASK;
      if (!this.#holds(words, at, offers[i + 2] as number)) continue;
      const filter = offers[i + 1] as number;
      if (((words[at + 1] as number) & MANY_ENTRIES) !== 0 && this.#wasFound(filter)) continue;
      if (this.hitCount === this.hits.length) this.hits = roomForInts(this.hits, this.hitCount + 1);
      this.hits[this.hitCount] = filter;
      this.hitCount += 1;
    }
    this.#offered = 0;
  }

  /** Do the tests of the entry at `at` hold, but for the first `sure` words of them, which do? */
  #holds(words: Int32Array, at: number, sure: number): boolean {
    const header = words[at + 1] as number;
    const topic = header >>> TOPIC_SHIFT;
    const end = at + (header & LENGTH_MASK);
    // Where a topic filter's number is too large for the header, a test of it comes first, and nothing is skipped.
    if (topic === TOPIC_ELSEWHERE) return this.#allTests(words, at + ENTRY_HEADER, end);
    if (this.#topicStamps[topic] !== this.#epoch) return false;
    const from = at + ENTRY_HEADER + sure;
    return from >= end || this.#allTests(words, from, end);
  }

  /** Was the filter found before in this event? From now on it was. */
  #wasFound(filter: number): boolean {
    this.#filterStamps = roomForInts(this.#filterStamps, filter + 1);
    if (this.#filterStamps[filter] === this.#epoch) return true;
    this.#filterStamps[filter] = this.#epoch;
    return false;
  }

  /** Where the next test is when the rare test at `at` is true, else NOWHERE. */
  #rareTest(words: Int32Array, at: number): number {
    const head = words[at] as number;
    const operand = head >>> OPERAND_SHIFT;
    const { kinds, symbols } = this.#slots;
    switch (head & OPCODE_MASK) {
      case ONE_OF: {
        const count = words[at + 1] as number;
        const symbol = symbols[operand] as number;
        // NO_SYMBOL is in no set.
        return contains(words, at + 2, count, symbol) ? at + 2 + count : NOWHERE;
      }
      case NONE_OF: {
        const count = words[at + 1] as number;
        if ((kinds[operand] as number) <= KIND_NULL) return NOWHERE;
        return contains(words, at + 2, count, symbols[operand] as number) ? NOWHERE : at + 2 + count;
      }
      case IN_LIST:
        return this.#isInList(words, at) ? at + 2 : NOWHERE;
      case NOT_IN_LIST:
        if ((kinds[operand] as number) <= KIND_NULL) return NOWHERE;
        return this.#isInList(words, at) ? NOWHERE : at + 2;
      case IS_NULL:
        return (kinds[operand] as number) <= KIND_NULL ? at + 2 : NOWHERE;
      case NOT_NULL:
        return (kinds[operand] as number) > KIND_NULL ? at + 2 : NOWHERE;
      case EXISTS:
        return (kinds[operand] as number) > KIND_MISSING ? at + 2 : NOWHERE;
      case ELSEWHERE: {
        const block = words[at + 1] as number;
        const there = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
        const start = block & CHUNK_MASK;
        return this.#allTests(there, start + 1, start + (there[start] as number)) ? at + 2 : NOWHERE;
      }
      case ANY:
        return this.#anyBranch(words, at) ? at + operand : NOWHERE;
      default:
        return this.#atoms.isTrue(operand, this.#event as MatchableEvent, this.#epoch) ? at + 2 : NOWHERE;
    }
  }

  /** Is the event's value in the list of the test at `at`? */
  #isInList(words: Int32Array, at: number): boolean {
    const symbol = this.#slots.symbols[(words[at] as number) >>> OPERAND_SHIFT] as number;
    return symbol !== NO_SYMBOL && this.#lists.has(words[at + 1] as number, symbol);
  }

  #anyBranch(words: Int32Array, at: number): boolean {
    const end = at + ((words[at] as number) >>> OPERAND_SHIFT);
    for (let branch = at + 2; branch < end; branch += words[branch] as number) {
      if (this.#allTests(words, branch + 2, branch + (words[branch] as number))) return true;
    }
    return false;
  }

  #allTests(words: Int32Array, from: number, end: number): boolean {
    const { kinds, numbers, symbols } = this.#slots;
    let at = from;
    while (at < end) {
      const head = words[at] as number;
      const operand = head >>> OPERAND_SHIFT;
      this.tests += 1;
      switch (head & OPCODE_MASK) {
        case EQUAL:
          if (symbols[operand] !== words[at + 1]) return false;
          at += 2;
          break;
        case NOT_EQUAL:
          if ((kinds[operand] as number) <= KIND_NULL || symbols[operand] === words[at + 1]) return false;
          at += 2;
          break;
        case AT_LEAST:
          if (isBelow(numbers, operand, words, at + 1)) return false;
          at += AT_LEAST_WORDS;
          break;
        case WITHIN:
          if (isBelow(numbers, operand, words, at + 1)) return false;
          if (isBelow(numbers, operand + NEGATED_SIDE, words, at + 3)) return false;
          at += WITHIN_WORDS;
          break;
        case TOPIC:
          if (this.#topicStamps[operand] !== this.#epoch) return false;
          at += 2;
          break;
        default: {
          const after = this.#rareTest(words, at);
          if (after === NOWHERE) return false;
          at = after;
        }
      }
    }
    return true;
  }
}

function contains(words: Int32Array, from: number, count: number, symbol: number): boolean {
  for (let i = from; i < from + count; i += 1) if (words[i] === symbol) return true;
  return false;
}

/** Is the number on a side below the bound at `at`? */
function isBelow(numbers: Int32Array, side: number, words: Int32Array, at: number): boolean {
  const high = numbers[side] as number;
  const bound = words[at] as number;
  return high < bound || (high === bound && (numbers[side + 1] as number) < (words[at + 1] as number));
}
