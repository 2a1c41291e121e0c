/**
 * What the events looked like so far: how often a slot is present, which numbers it holds, how often a topic filter
 * matches. (How often a constant occurs is counted with its symbol.) Cheap enough to be kept for every event.
 *
 * While a slot has shown no number yet, the thresholds of its filters stand in for the values: people put thresholds
 * where the values are.
 */
import { roomForInts, roomForNumbers } from './columns.ts';
import type { SlotTable } from './slot-table.ts';
import { SYMBOL_BORN, SYMBOL_SEEN, SYMBOL_SHIFT, type SymbolTable } from './symbol-table.ts';

/** Numbers remembered for each slot. */
const SAMPLE = 64;
const SAMPLE_SHIFT = 6;
/**
 * One event in eight is looked at. Which one is as good as random (Knuth's multiplicative hash of the count), because
 * publishers that take turns would show us the same one of them at every eighth event.
 */
const LOOK_SHIFT = 29;
/** Once a slot has all its numbers, one event in 64 adds another. */
const REFRESH_SHIFT = 26;

/**
 * Counts over more events than this are halved, with their age, until they are not: what was long ago counts less, and
 * nothing overflows. That is done when a share is asked for, and asked for it is whenever a filter is looked at again.
 */
const AGE_MAX = 2 ** 20;

export class Traffic {
  /** Events so far. */
  events = 0;
  #sampled = 0;
  /** By slot: sampled events since it came to be are `#sampled - #born`. */
  #born = new Int32Array(0);
  /** By slot: sampled events in which it was not missing. */
  #present = new Int32Array(0);
  /** By slot: numbers in its sample; thresholds go when the first number of an event comes. */
  #drawn = new Int32Array(0);
  /** By slot: does its sample hold values of events? */
  #fromEvents = new Int32Array(0);
  /** By slot: so many numbers, ascending. */
  #samples = new Float64Array(0);
  /** Numbers that took another's place. */
  #replaced = 0;
  /** By topic filter. */
  #topicBorn = new Int32Array(0);
  #topicSeen = new Int32Array(0);

  get bytes(): number {
    return this.#samples.byteLength + this.#born.byteLength * 4 + this.#topicBorn.byteLength * 2;
  }

  /** A slot came to be. */
  slotCreated(slot: number): void {
    this.#born = roomForInts(this.#born, slot + 1);
    this.#present = roomForInts(this.#present, slot + 1);
    this.#drawn = roomForInts(this.#drawn, slot + 1);
    this.#fromEvents = roomForInts(this.#fromEvents, slot + 1);
    this.#samples = roomForNumbers(this.#samples, (slot + 1) << SAMPLE_SHIFT);
    this.#born[slot] = this.#sampled | 0;
    this.#present[slot] = 0;
    this.#drawn[slot] = 0;
    this.#fromEvents[slot] = 0;
  }

  topicCreated(topic: number): void {
    this.#topicBorn = roomForInts(this.#topicBorn, topic + 1);
    this.#topicSeen = roomForInts(this.#topicSeen, topic + 1);
    this.#topicBorn[topic] = this.events | 0;
    this.#topicSeen[topic] = 0;
  }

  /** Drops the columns, when nothing is indexed. */
  reset(): void {
    this.#born = new Int32Array(0);
    this.#present = new Int32Array(0);
    this.#drawn = new Int32Array(0);
    this.#fromEvents = new Int32Array(0);
    this.#samples = new Float64Array(0);
    this.#topicBorn = new Int32Array(0);
    this.#topicSeen = new Int32Array(0);
  }

  /** An event came, and matched the first `count` of `topics`. */
  event(topics: readonly number[], count: number): void {
    this.events += 1;
    for (let i = 0; i < count; i += 1) {
      const topic = topics[i] as number;
      this.#topicSeen[topic] = (this.#topicSeen[topic] as number) + 1;
    }
  }

  /** The event's values are in the slots. */
  values(slots: SlotTable): void {
    const chance = Math.imul(this.events, 0x9e3779b1);
    if (chance >>> LOOK_SHIFT === 0) this.#look(slots, chance >>> REFRESH_SHIFT === 0);
  }

  #look({ touched, touchedCount, values }: SlotTable, refreshes: boolean): void {
    this.#sampled += 1;
    for (let i = 0; i < touchedCount; i += 1) {
      const slot = touched[i] as number;
      this.#present[slot] = (this.#present[slot] as number) + 1;
      const value = values[slot] as number;
      if (Number.isNaN(value)) continue;
      if (this.#fromEvents[slot] === 0) {
        this.#fromEvents[slot] = 1;
        this.#drawn[slot] = 0;
      }
      if (refreshes || (this.#drawn[slot] as number) < SAMPLE) this.#draw(slot, value);
    }
  }

  /** A filter compares the slot with this finite number. */
  threshold(slot: number, value: number): void {
    if (this.#fromEvents[slot] === 0) this.#draw(slot, value);
  }

  /** The share of events expected to have a number in `low`…`high` in the slot. */
  rangeShare(slot: number, low: number, high: number): number {
    const held = this.#drawn[slot] as number;
    const from = slot << SAMPLE_SHIFT;
    const inside = this.#rank(from, held, high, true) - this.#rank(from, held, low, false);
    const guess = Number.isFinite(low) && Number.isFinite(high) ? 0.15 : 0.4;
    const age = agedBy({ counts: this.#present, at: slot }, { counts: this.#born, at: slot }, this.#sampled);
    const presence = ((this.#present[slot] as number) + 1) / (age + 1);
    return Math.min(1, presence) * blend(Math.max(0, inside), held, guess);
  }

  /**
   * Numbers that the slot held lately, or its thresholds while it held none, ascending: as many as 64. Not to be kept
   * or written to.
   */
  sampleOf(slot: number): Float64Array {
    const from = slot << SAMPLE_SHIFT;
    return this.#samples.subarray(from, from + (this.#drawn[slot] as number));
  }

  /** The share of events expected to carry a symbol; `guess` counts for as much as a few events. */
  symbolShare({ rows }: SymbolTable, symbol: number, guess: number): number {
    const row = symbol << SYMBOL_SHIFT;
    const age = agedBy({ counts: rows, at: row + SYMBOL_SEEN }, { counts: rows, at: row + SYMBOL_BORN }, this.events);
    return Math.min(1, blend(rows[row + SYMBOL_SEEN] as number, age, guess));
  }

  /** The share of events whose topic is expected to match; `guess` counts for as much as a few events. */
  topicShare(topic: number, guess: number): number {
    const age = agedBy({ counts: this.#topicSeen, at: topic }, { counts: this.#topicBorn, at: topic }, this.events);
    return Math.min(1, blend(this.#topicSeen[topic] as number, age, guess));
  }

  /** Puts a number into the slot's sample, in place of one at random when it is full. */
  #draw(slot: number, value: number): void {
    const from = slot << SAMPLE_SHIFT;
    const samples = this.#samples;
    let at = this.#drawn[slot] as number;
    if (at < SAMPLE) this.#drawn[slot] = at + 1;
    else {
      this.#replaced += 1;
      at = Math.imul(this.#replaced, 0x9e3779b1) >>> (32 - SAMPLE_SHIFT);
    }
    // The gap at `at` moves to where the number belongs.
    at += from;
    const end = from + (this.#drawn[slot] as number);
    for (; at > from && (samples[at - 1] as number) > value; at -= 1) samples[at] = samples[at - 1] as number;
    for (; at + 1 < end && (samples[at + 1] as number) < value; at += 1) samples[at] = samples[at + 1] as number;
    samples[at] = value;
  }

  /** How many of the `held` numbers at `from` are below a bound, or equal to it if it `isIncluded`. */
  #rank(from: number, held: number, bound: number, isIncluded: boolean): number {
    let low = from;
    let high = from + held;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const number = this.#samples[middle] as number;
      if (number < bound || (isIncluded && number === bound)) low = middle + 1;
      else high = middle;
    }
    return low - from;
  }
}

/**
 * How many events a count is over, of the `events` so far; both are halved first while that is too many. Exact if it was asked
 * for in the last 2^32 events.
 */
function agedBy(seen: Count, born: Count, events: number): number {
  let age = ((events | 0) - (born.counts[born.at] as number)) >>> 0;
  if (age <= AGE_MAX) return age;
  let count = (seen.counts[seen.at] as number) >>> 0;
  for (; age > AGE_MAX; age >>>= 1) count >>>= 1;
  seen.counts[seen.at] = count;
  born.counts[born.at] = (events | 0) - age;
  return age;
}

/** One of many counts. */
interface Count {
  readonly counts: Int32Array;
  readonly at: number;
}

/** A share that starts at a guess and moves to what was seen. */
export function blend(seen: number, of: number, guess: number): number {
  return (seen + 4 * guess) / (of + 4);
}
