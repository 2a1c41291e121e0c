/**
 * Candidates in order of one number, their record's key, in runs of bounded length: the leaves of a B-tree whose inner
 * levels are flat columns.
 *
 *     keys   [ 3.5      | 17       | 17       | 40     ]    no key of a run is less than its column entry
 *     tops   [ 20       | 19       | 33       | 90     ]    no top of a run is greater
 *     runs   [ ▶ 3.5 …  | ▶ 17 …   | ▶ 17 …   | ▶ 40 … ]    within a run: no order
 *
 * A window of keys costs two binary searches and the runs it overlaps. Equal keys may fill any number of runs.
 * Inserting shifts the columns when a run splits, once in some 40 inserts: by 16 KB on average with 100,000 candidates.
 */
import { type Arena, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } from './arena.ts';
import { roomForInts, roomForNumbers } from './columns.ts';
import type { Candidate } from './probe.ts';
import { OPCODE_MASK, RECORD_HEADER, WITHIN } from './program.ts';
import type { Runs } from './runs.ts';
import type { Scanner } from './scanner.ts';

/**
 * The longest sorted run, in candidates. A window ends in the middle of a run, so long runs are read in
 * vain; short ones cost a jump each.
 */
const SORTED_LENGTH_MAX = 56;

export class SortedRuns {
  readonly #arena: Arena;
  readonly #runs: Runs;
  #keys = new Float64Array(4);
  #tops = new Float64Array(4);
  #addresses = new Int32Array(4);
  #count = 0;

  constructor(arena: Arena, runs: Runs) {
    this.#arena = arena;
    this.#runs = runs;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get bytes(): number {
    return this.#keys.byteLength + this.#tops.byteLength + this.#addresses.byteLength;
  }

  /** Adds a candidate whose record has these bounds. */
  add(candidate: Candidate, key: number, top: number): void {
    if (this.#count === 0) this.#insert(0, key, top, this.#runs.create(1));
    let i = Math.max(0, this.#upperBound(key) - 1);
    let run = this.#runs.append(this.#addresses[i] as number, candidate, SORTED_LENGTH_MAX);
    if (run === NOWHERE) {
      this.#split(i);
      if (key >= (this.#keys[i + 1] as number)) i += 1;
      run = this.#runs.append(this.#addresses[i] as number, candidate, SORTED_LENGTH_MAX);
    }
    this.#addresses[i] = run;
    if (key < (this.#keys[i] as number)) this.#keys[i] = key;
    if (top > (this.#tops[i] as number)) this.#tops[i] = top;
  }

  /** Removes the candidate at `address`, whose record's key is `key`. */
  remove(address: number, key: number): void {
    const run = this.#runs.around(address);
    let i = Math.max(0, this.#lowerBound(key) - 1);
    while (i < this.#count && this.#addresses[i] !== run) i += 1;
    if (i === this.#count) throw new Error(`candidate ${address} is in no run of its key`);
    const left = this.#runs.remove(address);
    this.#addresses[i] = left;
    if (this.#runs.length(left) === 0) {
      this.#runs.free(left);
      this.#delete(i);
      return;
    }
    if (this.#runs.length(left) * 4 < SORTED_LENGTH_MAX && i + 1 < this.#count) this.#merge(i);
  }

  /** Scans every run that may hold a key in `from`…`to` with a top of at least `reach`. */
  scan(from: number, to: number, reach: number, scanner: Scanner): void {
    const keys = this.#keys;
    const tops = this.#tops;
    const count = this.#count;
    for (let i = Math.max(0, this.#lowerBound(from) - 1); i < count && (keys[i] as number) <= to; i += 1) {
      if ((tops[i] as number) >= reach) scanner.scanRun(this.#addresses[i] as number);
    }
  }

  /** Halves run `i` by key. */
  #split(i: number): void {
    const old = this.#addresses[i] as number;
    const candidates = this.#runs
      .candidates(old)
      .map((candidate) => ({
        candidate,
        key: keyOf(this.#arena, candidate.record),
        top: topOf(this.#arena, candidate.record),
      }))
      .sort((a, b) => a.key - b.key || a.top - b.top);
    const half = candidates.length >> 1;
    const split: { run: number; key: number; top: number }[] = [];
    for (const part of [candidates.slice(0, half), candidates.slice(half)]) {
      let run = this.#runs.create(part.length);
      for (const { candidate } of part) run = this.#runs.append(run, candidate, SORTED_LENGTH_MAX);
      split.push({ run, key: part[0]?.key as number, top: Math.max(...part.map(({ top }) => top)) });
    }
    this.#runs.free(old);
    const [low, high] = split as [(typeof split)[number], (typeof split)[number]];
    this.#addresses[i] = low.run;
    this.#tops[i] = low.top;
    this.#insert(i + 1, high.key, high.top, high.run);
  }

  /** Moves the candidates of run `i + 1` to run `i`, when both together fill half a run at most. */
  #merge(i: number): void {
    const other = this.#addresses[i + 1] as number;
    let run = this.#addresses[i] as number;
    if (this.#runs.length(run) + this.#runs.length(other) > SORTED_LENGTH_MAX / 2) return;
    for (const candidate of this.#runs.candidates(other)) run = this.#runs.append(run, candidate, SORTED_LENGTH_MAX);
    this.#runs.free(other);
    this.#addresses[i] = run;
    this.#tops[i] = Math.max(this.#tops[i] as number, this.#tops[i + 1] as number);
    this.#delete(i + 1);
  }

  #insert(i: number, key: number, top: number, run: number): void {
    const count = this.#count;
    this.#keys = roomForNumbers(this.#keys, count + 1);
    this.#tops = roomForNumbers(this.#tops, count + 1);
    this.#addresses = roomForInts(this.#addresses, count + 1);
    this.#keys.copyWithin(i + 1, i, count);
    this.#tops.copyWithin(i + 1, i, count);
    this.#addresses.copyWithin(i + 1, i, count);
    this.#keys[i] = key;
    this.#tops[i] = top;
    this.#addresses[i] = run;
    this.#count = count + 1;
  }

  #delete(i: number): void {
    this.#keys.copyWithin(i, i + 1, this.#count);
    this.#tops.copyWithin(i, i + 1, this.#count);
    this.#addresses.copyWithin(i, i + 1, this.#count);
    this.#count -= 1;
  }

  /** The first run whose least key is not less than `key`. */
  #lowerBound(key: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first run whose least key is greater than `key`. */
  #upperBound(key: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] as number) <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What the candidate of a record is sorted by: the first bound of the record's key. */
export function keyOf(arena: Arena, record: number): number {
  const numbers = arena.numbers[record >> CHUNK_SHIFT] as Float64Array;
  return numbers[((record & CHUNK_MASK) + RECORD_HEADER + 2) >> 1] as number;
}

/** The second bound of the record's key; Infinity where it has one only. */
export function topOf(arena: Arena, record: number): number {
  const words = arena.ints[record >> CHUNK_SHIFT] as Int32Array;
  const key = (record & CHUNK_MASK) + RECORD_HEADER;
  if (((words[key] as number) & OPCODE_MASK) !== WITHIN) return Number.POSITIVE_INFINITY;
  return (arena.numbers[record >> CHUNK_SHIFT] as Float64Array)[(key + 4) >> 1] as number;
}
