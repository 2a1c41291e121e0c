import type { Tuple } from '../tuple.ts';

/** A chunk that passes it is halved. */
const CHUNK_MAX = 512;

/** Neighbours that together have no more become one. */
const CHUNK_JOINED = 128;

/** From where to where, both included. */
export interface Interval<V extends number | string> {
  /** Absent: from the first. */
  readonly low?: V | undefined;
  /** Absent: to the last. */
  readonly high?: V | undefined;
}

interface Chunk<V> {
  readonly values: V[];
  readonly tuples: Tuple[];
}

/**
 * Tuples in order of a value of theirs, numbers or strings, and of equal values by their own number: sorted chunks of some
 * hundred. A change is two binary searches and a short move.
 */
export class ValueOrder<V extends number | string> {
  /** None is empty, but for a single one. */
  readonly #chunks: Chunk<V>[] = [{ values: [], tuples: [] }];

  add(value: V, tuple: Tuple): void {
    const at = this.#chunkFor(value, tuple.number);
    const chunk = this.#chunks[at] as Chunk<V>;
    const place = placeFor(chunk, value, tuple.number);
    chunk.values.splice(place, 0, value);
    chunk.tuples.splice(place, 0, tuple);
    if (chunk.values.length <= CHUNK_MAX) return;
    const half = chunk.values.length >>> 1;
    this.#chunks.splice(at + 1, 0, { values: chunk.values.splice(half), tuples: chunk.tuples.splice(half) });
  }

  /** False when it is not here. */
  remove(value: V, tuple: Tuple): boolean {
    const at = this.#chunkFor(value, tuple.number);
    const chunk = this.#chunks[at] as Chunk<V>;
    const place = placeFor(chunk, value, tuple.number);
    if (chunk.tuples[place] !== tuple) return false;
    chunk.values.splice(place, 1);
    chunk.tuples.splice(place, 1);
    this.#join(at);
    if (at > 0) this.#join(at - 1);
    return true;
  }

  /** How many are in the interval; as soon as they are more than `enough`, any number over it. */
  count(interval: Interval<V>, enough: number): number {
    const { low, high } = interval;
    const { from, to } = this.#chunksOf(interval);
    let count = 0;
    for (let at = from; at <= to && count <= enough; at++) {
      const chunk = this.#chunks[at] as Chunk<V>;
      const first = at === from && low !== undefined ? placeFor(chunk, low, 0) : 0;
      const end =
        at === to && high !== undefined ? placeFor(chunk, high, Number.POSITIVE_INFINITY) : chunk.values.length;
      // Where the ends have changed places, nothing is between them.
      count += Math.max(0, end - first);
    }
    return count;
  }

  /** Calls `look` with those in the interval, in order, until it says to stop. */
  scan(interval: Interval<V>, look: (tuple: Tuple) => boolean): void {
    const { low, high } = interval;
    const { from, to } = this.#chunksOf(interval);
    for (let at = from; at <= to; at++) {
      const chunk = this.#chunks[at] as Chunk<V>;
      for (
        let place = at === from && low !== undefined ? placeFor(chunk, low, 0) : 0;
        place < chunk.values.length;
        place++
      ) {
        if (high !== undefined && (chunk.values[place] as V) > high) return;
        if (look(chunk.tuples[place] as Tuple)) return;
      }
    }
  }

  #chunksOf({ low, high }: Interval<V>): { readonly from: number; readonly to: number } {
    return {
      from: low === undefined ? 0 : this.#chunkFor(low, 0),
      to: high === undefined ? this.#chunks.length - 1 : this.#chunkFor(high, Number.POSITIVE_INFINITY),
    };
  }

  /** The last chunk that begins before this place, or the first. */
  #chunkFor(value: V, number: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      const { values, tuples } = this.#chunks[middle] as Chunk<V>;
      if (isBefore(value, number, values[0] as V, (tuples[0] as Tuple).number)) high = middle;
      else low = middle;
    }
    return low;
  }

  #join(at: number): void {
    const chunk = this.#chunks[at];
    const next = this.#chunks[at + 1];
    if (chunk === undefined || next === undefined) {
      // An empty last one has nothing to become one with but the one before, which the caller looks at next.
      return;
    }
    if (chunk.values.length > 0 && next.values.length > 0 && chunk.values.length + next.values.length > CHUNK_JOINED) {
      return;
    }
    chunk.values.push(...next.values);
    chunk.tuples.push(...next.tuples);
    this.#chunks.splice(at + 1, 1);
  }
}

function isBefore<V extends number | string>(value: V, number: number, otherValue: V, otherNumber: number): boolean {
  return value < otherValue || (value === otherValue && number < otherNumber);
}

/** The first place that is not before it. */
function placeFor<V extends number | string>({ values, tuples }: Chunk<V>, value: V, number: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(values[middle] as V, (tuples[middle] as Tuple).number, value, number)) low = middle + 1;
    else high = middle;
  }
  return low;
}
