/**
 * What the events looked like so far: how often a slot is present, which numbers it holds, how often a topic filter
 * matches. (How often a constant occurs is counted with its symbol.) Cheap enough to be kept for every event.
 *
 * While a slot has shown no number yet, the thresholds of its filters stand in for the values: people put thresholds
 * where the values are.
 */
import { roomForInts, roomForNumbers } from './columns.ts';
import type { SlotTable } from './slot-table.ts';

/** Numbers remembered for each slot, the latest first to go. */
const SAMPLE = 64;
/**
 * One event in eight adds its numbers to the samples. Which one is as good as random (Knuth's multiplicative hash of the
 * count), because publishers that take turns would show us the same one of them at every eighth event.
 */
function isSampled(event: number): boolean {
  return Math.imul(event, 0x9e3779b1) >>> 29 === 0;
}

export class Traffic {
  /** Events so far. */
  events = 0;
  #sampled = 0;
  /** By slot: sampled events since it came to be are `#sampled - #born`. */
  #born = new Int32Array(0);
  /** By slot: sampled events in which it was not missing. */
  #present = new Int32Array(0);
  /** By slot: numbers ever put into its sample; thresholds do not count once events came. */
  #drawn = new Int32Array(0);
  /** By slot: does its sample hold values of events? */
  #fromEvents = new Int32Array(0);
  #samples = new Float64Array(0);
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
    this.#samples = roomForNumbers(this.#samples, (slot + 1) * SAMPLE);
    this.#born[slot] = this.#sampled;
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
    if (!isSampled(this.events)) return;
    this.#sampled += 1;
    for (let i = 0; i < slots.touchedCount; i += 1) {
      const slot = slots.touched[i] as number;
      this.#present[slot] = (this.#present[slot] as number) + 1;
      const value = slots.values[slot] as number;
      if (Number.isNaN(value)) continue;
      if (this.#fromEvents[slot] === 0) {
        this.#fromEvents[slot] = 1;
        this.#drawn[slot] = 0;
      }
      this.#draw(slot, value);
    }
  }

  /** A filter compares the slot with this finite number. */
  threshold(slot: number, value: number): void {
    if (this.#fromEvents[slot] === 0) this.#draw(slot, value);
  }

  /** The share of events expected to have a number in `low`…`high` in the slot. */
  rangeShare(slot: number, low: number, high: number): number {
    const held = Math.min(SAMPLE, this.#drawn[slot] as number);
    let inside = 0;
    for (let i = slot * SAMPLE; i < slot * SAMPLE + held; i += 1) {
      const value = this.#samples[i] as number;
      if (value >= low && value <= high) inside += 1;
    }
    const guess = Number.isFinite(low) && Number.isFinite(high) ? 0.15 : 0.4;
    const age = this.#sampled - (this.#born[slot] as number);
    const presence = ((this.#present[slot] as number) + 1) / (age + 1);
    return Math.min(1, presence) * blend(inside, held, guess);
  }

  /** The share of events whose topic is expected to match; `guess` counts for as much as a few events. */
  topicShare(topic: number, guess: number): number {
    return blend(this.#topicSeen[topic] as number, this.age(this.#topicBorn[topic] as number), guess);
  }

  /** Events since the count was `born` (modulo 2^32). */
  age(born: number): number {
    return ((this.events | 0) - born) >>> 0;
  }

  #draw(slot: number, value: number): void {
    const drawn = this.#drawn[slot] as number;
    this.#samples[slot * SAMPLE + (drawn % SAMPLE)] = value;
    // Counts up to two rounds and then stays in the second, so that it cannot overflow.
    this.#drawn[slot] = drawn + 1 === 2 * SAMPLE ? SAMPLE : drawn + 1;
  }
}

/** A share that starts at a guess and moves to what was seen. */
export function blend(seen: number, of: number, guess: number): number {
  return (seen + 4 * guess) / (of + 4);
}
