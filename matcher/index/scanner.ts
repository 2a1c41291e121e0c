/**
 * The inner loop: scans the probes of a run against the event whose values are in the slots, and verifies the records
 * of those that hold. A record fails at its first test that is not true.
 */
import type { MatchableEvent } from '../event.ts';
import { type Arena, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } from './arena.ts';
import type { AtomTable } from './atom-table.ts';
import { roomForInts } from './columns.ts';
import type { Postings } from './postings.ts';
import { isCertain } from './probe.ts';
import {
  ANY,
  AT_LEAST,
  EQUAL,
  EXISTS,
  IS_NULL,
  KIND_MISSING,
  KIND_NULL,
  LENGTH_MASK,
  MANY_POSTINGS,
  NONE_OF,
  NOT_EQUAL,
  NOT_NULL,
  ONE_OF,
  OPCODE_MASK,
  OPERAND_SHIFT,
  RECORD_HEADER,
  setWords,
  TOPIC,
  WITHIN,
} from './program.ts';
import { PROBE_WORDS, REST_WORDS, RUN_HEADER, RUN_NEXT, runCapacity } from './runs.ts';
import type { SlotTable } from './slot-table.ts';

/** Epochs are int32; the stamps are wiped when they run out. */
const EPOCH_MAX = 0x7fffffff;

export class Scanner {
  readonly #arena: Arena;
  readonly #postings: Postings;
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
  /** Candidates scanned, and tests evaluated, since the scanner was made. */
  candidates = 0;
  tests = 0;

  constructor(arena: Arena, postings: Postings, slots: SlotTable, atoms: AtomTable) {
    this.#arena = arena;
    this.#postings = postings;
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

  /** Scans a bag, run by run. */
  scanBag(bag: number): void {
    for (let run = bag; run !== NOWHERE; ) {
      const next = (this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array)[(run & CHUNK_MASK) + RUN_NEXT] as number;
      this.scanRun(run);
      run = next;
    }
  }

  /** Scans one run. */
  scanRun(run: number): void {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const floats = this.#arena.floats[run >> CHUNK_SHIFT] as Float32Array;
    const { numbers, isExtreme } = this.#slots;
    const start = run & CHUNK_MASK;
    const count = words[start] as number;
    const rests = start + RUN_HEADER + runCapacity(this.#arena.capacity(run)) * PROBE_WORDS;
    this.candidates += count;
    this.tests += count;
    for (let i = 0, at = start + RUN_HEADER; i < count; i += 1, at += PROBE_WORDS) {
      const value = numbers[words[at] as number] as number;
      const low = floats[at + 1] as number;
      const high = floats[at + 2] as number;
      // One jump for both bounds: each alone is a coin toss, both together mostly fail.
      if ((Number(value >= low) & Number(value <= high)) === 0 && !isExtreme) continue;
      this.#scanRest(words, floats, rests + i * REST_WORDS, isExtreme || !isCertain(value, low, high));
    }
  }

  /** Goes on with a candidate whose first probe holds; the rest of it is at `at`. */
  #scanRest(words: Int32Array, floats: Float32Array, at: number, isDoubtful: boolean): void {
    const { numbers, isExtreme } = this.#slots;
    const value = numbers[words[at] as number] as number;
    const low = floats[at + 1] as number;
    const high = floats[at + 2] as number;
    this.tests += 1;
    if (!(value >= low && value <= high) && !isExtreme) return;
    if (this.#topicStamps[words[at + 3] as number] !== this.#epoch) return;
    const verdict = words[at + 5] as number;
    if (isDoubtful || verdict % 2 === 1 || !isCertain(value, low, high)) this.#verify(words[at + 4] as number);
    else this.#hit(verdict >> 1);
  }

  /** Verifies a record: reports its filter if all tests hold. */
  #verify(record: number): void {
    const words = this.#arena.ints[record >> CHUNK_SHIFT] as Int32Array;
    const doubles = this.#arena.numbers[record >> CHUNK_SHIFT] as Float64Array;
    const start = record & CHUNK_MASK;
    const length = words[start + 1] as number;
    const key = start + RECORD_HEADER;
    // The bag of an EQUAL or TOPIC key is scanned only where the key holds.
    const keyOpcode = (words[key] as number) & OPCODE_MASK;
    const first = keyOpcode === EQUAL || keyOpcode === TOPIC ? key + 2 : key;
    if (!this.#allTests(words, doubles, first, start + (length & LENGTH_MASK))) return;

    const filter = this.#postings.filters[words[start] as number] as number;
    if ((length & MANY_POSTINGS) !== 0) {
      this.#filterStamps = roomForInts(this.#filterStamps, filter + 1);
      if (this.#filterStamps[filter] === this.#epoch) return;
      this.#filterStamps[filter] = this.#epoch;
    }
    this.#hit(filter);
  }

  #hit(filter: number): void {
    if (this.hitCount === this.hits.length) this.hits = roomForInts(this.hits, this.hitCount + 1);
    this.hits[this.hitCount] = filter;
    this.hitCount += 1;
  }

  /** Where the next test is when the rare test at `at` is true, else NOWHERE. */
  #rareTest(words: Int32Array, doubles: Float64Array, at: number): number {
    const head = words[at] as number;
    const operand = head >>> OPERAND_SHIFT;
    const { kinds, symbols } = this.#slots;
    switch (head & OPCODE_MASK) {
      case ONE_OF: {
        const count = words[at + 1] as number;
        const symbol = symbols[operand] as number;
        // NO_SYMBOL is in no set.
        return contains(words, at + 2, count, symbol) ? at + setWords(count) : NOWHERE;
      }
      case NONE_OF: {
        const count = words[at + 1] as number;
        if ((kinds[operand] as number) <= KIND_NULL) return NOWHERE;
        return contains(words, at + 2, count, symbols[operand] as number) ? NOWHERE : at + setWords(count);
      }
      case IS_NULL:
        return (kinds[operand] as number) <= KIND_NULL ? at + 2 : NOWHERE;
      case NOT_NULL:
        return (kinds[operand] as number) > KIND_NULL ? at + 2 : NOWHERE;
      case EXISTS:
        return (kinds[operand] as number) > KIND_MISSING ? at + 2 : NOWHERE;
      case ANY:
        return this.#anyBranch(words, doubles, at) ? at + operand : NOWHERE;
      default:
        return this.#atoms.isTrue(operand, this.#event as MatchableEvent, this.#epoch) ? at + 2 : NOWHERE;
    }
  }

  #anyBranch(words: Int32Array, doubles: Float64Array, at: number): boolean {
    const end = at + ((words[at] as number) >>> OPERAND_SHIFT);
    for (let branch = at + 2; branch < end; branch += words[branch] as number) {
      if (this.#allTests(words, doubles, branch + 2, branch + (words[branch] as number))) return true;
    }
    return false;
  }

  #allTests(words: Int32Array, doubles: Float64Array, from: number, end: number): boolean {
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
          if (!((numbers[operand] as number) >= (doubles[(at + 2) >> 1] as number))) return false;
          at += 4;
          break;
        case WITHIN: {
          const value = numbers[operand] as number;
          if (!(value >= (doubles[(at + 2) >> 1] as number) && value <= (doubles[(at + 4) >> 1] as number)))
            return false;
          at += 6;
          break;
        }
        case TOPIC:
          if (this.#topicStamps[operand] !== this.#epoch) return false;
          at += 2;
          break;
        default: {
          const after = this.#rareTest(words, doubles, at);
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
