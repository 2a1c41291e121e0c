/**
 * The inner loop: verifies the entries of a run against the event whose values are in the slots. An entry fails at its
 * first test that is not true.
 */
import type { MatchableEvent } from '../event.ts';
import { type Arena, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } from './arena.ts';
import type { AtomTable } from './atom-table.ts';
import { roomForInts } from './columns.ts';
import {
  ANY,
  AT_LEAST,
  AT_LEAST_WORDS,
  ENTRY_HEADER,
  EQUAL,
  EQUAL_WORDS,
  EXISTS,
  IS_NULL,
  KEY_MASK,
  KEY_SHIFT,
  KIND_MISSING,
  KIND_NULL,
  LENGTH_MASK,
  MANY_ENTRIES,
  NEGATED_SIDE,
  NONE_OF,
  NOT_EQUAL,
  NOT_NULL,
  ONE_OF,
  OPCODE_MASK,
  OPERAND_SHIFT,
  TOPIC,
  TOPIC_ELSEWHERE,
  TOPIC_SHIFT,
  WITHIN,
  WITHIN_WORDS,
} from './program.ts';
import { entriesAt, GROUP_WORDS, NO_HEAD, RUN_COUNT, RUN_HEADER, RUN_NEXT } from './runs.ts';
import type { SlotTable } from './slot-table.ts';

/** Epochs are int32; the stamps are wiped when they run out. */
const EPOCH_MAX = 0x7fffffff;

export class Scanner {
  readonly #arena: Arena;
  readonly #slots: SlotTable;
  readonly #atoms: AtomTable;
  /** The epoch in which a topic filter matched last, by topic filter. */
  #topicStamps = new Int32Array(0);
  /** The epoch in which a filter with several postings was found last, by filter. */
  #filterStamps = new Int32Array(0);
  #epoch = 0;
  #event: MatchableEvent | undefined;

  /** The filters found for the event so far, each once: the first `hitCount` of these. */
  hits = new Int32Array(64);
  hitCount = 0;
  /** Entries of the runs scanned, and tests evaluated, since the scanner was made. */
  candidates = 0;
  tests = 0;

  constructor(arena: Arena, slots: SlotTable, atoms: AtomTable) {
    this.#arena = arena;
    this.#slots = slots;
    this.#atoms = atoms;
  }

  get bytes(): number {
    return this.hits.byteLength + this.#topicStamps.byteLength + this.#filterStamps.byteLength;
  }

  /** Starts with an event whose topic matches the first `count` of `topics`. */
  begin(topics: readonly number[], count: number): void {
    this.hitCount = 0;
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

  /** Scans a bag, run by run. Its key is an EQUAL test that holds, or the topic filter. */
  scanBag(bag: number): void {
    for (let run = bag; run !== NOWHERE; ) {
      const next = (this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array)[(run & CHUNK_MASK) + RUN_NEXT] as number;
      this.scanRun(run, EQUAL_WORDS);
      run = next;
    }
  }

  /**
   * Scans one run, group by group.
   *
   * @param known Keys of so many words hold, and need no test.
   */
  scanRun(run: number, known: number): void {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    this.candidates += words[start + RUN_COUNT] as number;
    const directoryEnd = entriesAt(words, start);
    for (let group = start + RUN_HEADER, from = directoryEnd; group < directoryEnd; group += GROUP_WORDS) {
      const head = words[group] as number;
      const end = from + (words[group + 1] as number);
      if (head === NO_HEAD) this.#scanUnordered(words, from, end, known);
      else {
        const operand = head >>> OPERAND_SHIFT;
        const opcode = head & OPCODE_MASK;
        if (opcode === AT_LEAST) this.#scanBounds(words, from, end, operand, known);
        else if (opcode === WITHIN) this.#scanBands(words, from, end, operand, known);
        else this.#scanEqual(words, from, end, operand, known);
      }
      from = end;
    }
  }

  /** Scans a group of entries that set a bound to one side. */
  #scanBounds(words: Int32Array, first: number, end: number, side: number, known: number): void {
    const high = this.#slots.numbers[side] as number;
    const low = this.#slots.numbers[side + 1] as number;
    const stamps = this.#topicStamps;
    const epoch = this.#epoch;
    let scanned = 0;
    for (let at = first, next = at; at < end; at = next) {
      const bound = words[at + ENTRY_HEADER + 1] as number;
      if (bound > high) break;
      scanned += 1;
      const header = words[at + 1] as number;
      next = at + (header & LENGTH_MASK);
      if (bound === high && (words[at + ENTRY_HEADER + 2] as number) > low) continue;
      // As #verify, which most entries of most indexes come through.
      const key = (header >> KEY_SHIFT) & KEY_MASK;
      const from = at + ENTRY_HEADER + AT_LEAST_WORDS;
      const last = key === known ? next - key : next;
      if (from < last && !this.#allTests(words, from, last)) continue;
      const topic = header >>> TOPIC_SHIFT;
      if (topic !== TOPIC_ELSEWHERE && stamps[topic] !== epoch) continue;
      if ((header & MANY_ENTRIES) !== 0 && this.#wasFound(words[at] as number)) continue;
      this.#hit(words[at] as number);
    }
    this.tests += scanned;
  }

  /** Scans a group of entries that set two bounds to one slot. */
  #scanBands(words: Int32Array, first: number, end: number, side: number, known: number): void {
    const { numbers } = this.#slots;
    const high = numbers[side] as number;
    const low = numbers[side + 1] as number;
    const highNegated = numbers[side + NEGATED_SIDE] as number;
    const lowNegated = numbers[side + NEGATED_SIDE + 1] as number;
    let scanned = 0;
    for (let at = first; at < end; at += (words[at + 1] as number) & LENGTH_MASK) {
      const bound = words[at + ENTRY_HEADER + 1] as number;
      if (bound > high) break;
      scanned += 1;
      const top = words[at + ENTRY_HEADER + 3] as number;
      if (top > highNegated || (bound === high && (words[at + ENTRY_HEADER + 2] as number) > low)) continue;
      if (top === highNegated && (words[at + ENTRY_HEADER + 4] as number) > lowNegated) continue;
      this.#verify(words, at, at + ENTRY_HEADER + WITHIN_WORDS, known);
    }
    this.tests += scanned;
  }

  /** Scans a group of entries that compare one slot with a symbol. */
  #scanEqual(words: Int32Array, first: number, end: number, slot: number, known: number): void {
    const symbol = this.#slots.symbols[slot] as number;
    for (let at = first; at < end; at += (words[at + 1] as number) & LENGTH_MASK) {
      const wanted = words[at + ENTRY_HEADER + 1] as number;
      if (wanted > symbol) return;
      this.tests += 1;
      if (wanted === symbol) this.#verify(words, at, at + ENTRY_HEADER + EQUAL_WORDS, known);
    }
  }

  #scanUnordered(words: Int32Array, first: number, end: number, known: number): void {
    for (let at = first; at < end; at += (words[at + 1] as number) & LENGTH_MASK) {
      this.#verify(words, at, at + ENTRY_HEADER, known);
    }
  }

  /** Verifies the tests of the entry at `at`, beginning with the one at `from`; reports its filter if all hold. */
  #verify(words: Int32Array, at: number, from: number, known: number): void {
    const header = words[at + 1] as number;
    const key = (header >> KEY_SHIFT) & KEY_MASK;
    const end = at + (header & LENGTH_MASK) - (key === known ? key : 0);
    if (from < end && !this.#allTests(words, from, end)) return;
    const topic = header >>> TOPIC_SHIFT;
    if (topic !== TOPIC_ELSEWHERE && this.#topicStamps[topic] !== this.#epoch) return;
    const filter = words[at] as number;
    if ((header & MANY_ENTRIES) !== 0 && this.#wasFound(filter)) return;
    this.#hit(filter);
  }

  /** Was the filter found before in this event? From now on it was. */
  #wasFound(filter: number): boolean {
    this.#filterStamps = roomForInts(this.#filterStamps, filter + 1);
    if (this.#filterStamps[filter] === this.#epoch) return true;
    this.#filterStamps[filter] = this.#epoch;
    return false;
  }

  #hit(filter: number): void {
    if (this.hitCount === this.hits.length) this.hits = roomForInts(this.hits, this.hitCount + 1);
    this.hits[this.hitCount] = filter;
    this.hitCount += 1;
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
      case IS_NULL:
        return (kinds[operand] as number) <= KIND_NULL ? at + 2 : NOWHERE;
      case NOT_NULL:
        return (kinds[operand] as number) > KIND_NULL ? at + 2 : NOWHERE;
      case EXISTS:
        return (kinds[operand] as number) > KIND_MISSING ? at + 2 : NOWHERE;
      case ANY:
        return this.#anyBranch(words, at) ? at + operand : NOWHERE;
      default:
        return this.#atoms.isTrue(operand, this.#event as MatchableEvent, this.#epoch) ? at + 2 : NOWHERE;
    }
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
