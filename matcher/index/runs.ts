/**
 * Runs: candidates back to back in one block of the arena, so that a scan reads memory in order. What every candidate
 * is asked stands in front, what only few are asked behind it.
 *
 *     ┌───────┬──────┬──────────┬───┬──────────────────┬──────────────────────────────────────────────┐
 *     │ count │ next │ previous │ - │ side, low, high  │ side, low, high, topic, record, verdict      │
 *     │       │      │          │   │ × capacity       │ × capacity                                   │
 *     └───────┴──────┴──────────┴───┴──────────────────┴──────────────────────────────────────────────┘
 *       header                        first probes       the rest, in the same order
 *
 * `next` and `previous` chain the runs of a bag. The last candidate fills the gap that a removed one leaves, so a run
 * holds live candidates only, in no order. A candidate's address is that of its first probe.
 */
import { type Arena, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } from './arena.ts';
import type { Postings } from './postings.ts';
import type { Candidate } from './probe.ts';

export const RUN_HEADER = 4;
export const RUN_NEXT = 1;
export const RUN_PREVIOUS = 2;

/** Words of a first probe, and of the rest of a candidate. */
export const PROBE_WORDS = 3;
export const REST_WORDS = 6;

/** The longest run, in candidates. */
export const RUN_LENGTH_MAX = 448;

/** Candidates that a block of so many words has room for. */
export function runCapacity(blockWords: number): number {
  return Math.floor((blockWords - RUN_HEADER) / (PROBE_WORDS + REST_WORDS));
}

export class Runs {
  readonly #arena: Arena;
  readonly #postings: Postings;

  constructor(arena: Arena, postings: Postings) {
    this.#arena = arena;
    this.#postings = postings;
  }

  /** Candidates in a run. */
  length(run: number): number {
    return this.get(run, 0);
  }

  /** A word of a run. */
  get(run: number, word: number): number {
    return (this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array)[(run & CHUNK_MASK) + word] as number;
  }

  set(run: number, word: number, value: number): void {
    (this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array)[(run & CHUNK_MASK) + word] = value;
  }

  /** The run that holds the candidate at `address`. */
  around(address: number): number {
    return this.#arena.startOf(address);
  }

  /** A new, empty run with room for so many candidates. */
  create(length: number): number {
    const run = this.#arena.allocate(RUN_HEADER + length * (PROBE_WORDS + REST_WORDS));
    this.set(run, 0, 0);
    this.set(run, RUN_NEXT, NOWHERE);
    this.set(run, RUN_PREVIOUS, NOWHERE);
    this.set(run, 3, 0);
    return run;
  }

  free(run: number): void {
    this.#arena.free(run);
  }

  /**
   * Adds a candidate.
   *
   * @param lengthMax The longest that the run may become, at most RUN_LENGTH_MAX.
   * @returns where the run is now: it moves when it outgrows its block. NOWHERE, with nothing changed, when it is full.
   */
  append(run: number, candidate: Candidate, lengthMax: number): number {
    const length = this.length(run);
    if (length >= lengthMax) return NOWHERE;
    if (length === this.#capacity(run)) run = this.#move(run, Math.min(lengthMax, length + 1 + (length >> 2)));
    const { first, second, topic, record, verdict } = candidate;
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const floats = this.#arena.floats[run >> CHUNK_SHIFT] as Float32Array;
    const start = run & CHUNK_MASK;
    const probe = start + RUN_HEADER + length * PROBE_WORDS;
    const rest = start + this.#restAt(run) + length * REST_WORDS;
    words[probe] = first.side;
    floats[probe + 1] = first.low;
    floats[probe + 2] = first.high;
    words[rest] = second.side;
    floats[rest + 1] = second.low;
    floats[rest + 2] = second.high;
    words[rest + 3] = topic;
    words[rest + 4] = record;
    words[rest + 5] = verdict;
    words[start] = length + 1;
    this.#readdress(record, run - start + probe);
    return run;
  }

  /**
   * Removes the candidate at `address`.
   *
   * @returns where its run is now: it moves when its block has become far too large. An empty run is still a run.
   */
  remove(address: number): number {
    const run = this.around(address);
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    const last = (words[start] as number) - 1;
    const gap = (address - run - RUN_HEADER) / PROBE_WORDS;
    words[start] = last;
    if (gap !== last) {
      const probes = start + RUN_HEADER;
      const rests = start + this.#restAt(run);
      words.copyWithin(probes + gap * PROBE_WORDS, probes + last * PROBE_WORDS, probes + (last + 1) * PROBE_WORDS);
      words.copyWithin(rests + gap * REST_WORDS, rests + last * REST_WORDS, rests + (last + 1) * REST_WORDS);
      this.#readdress(this.recordOf(address), address);
    }
    if (last > 0 && last * 3 < this.#capacity(run)) return this.#move(run, last + (last >> 2));
    return run;
  }

  /** The record of the candidate at `address`. */
  recordOf(address: number): number {
    const run = this.around(address);
    const i = (address - run - RUN_HEADER) / PROBE_WORDS;
    return this.get(run, this.#restAt(run) + i * REST_WORDS + 4);
  }

  /** The candidates of a run. */
  candidates(run: number): Candidate[] {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const floats = this.#arena.floats[run >> CHUNK_SHIFT] as Float32Array;
    const start = run & CHUNK_MASK;
    const probeAt = (at: number) => ({
      side: words[at] as number,
      low: floats[at + 1] as number,
      high: floats[at + 2] as number,
    });
    return Array.from({ length: this.length(run) }, (_, i) => {
      const rest = start + this.#restAt(run) + i * REST_WORDS;
      return {
        first: probeAt(start + RUN_HEADER + i * PROBE_WORDS),
        second: probeAt(rest),
        topic: words[rest + 3] as number,
        record: words[rest + 4] as number,
        verdict: words[rest + 5] as number,
      };
    });
  }

  #capacity(run: number): number {
    return runCapacity(this.#arena.capacity(run));
  }

  /** Where the rests start, in words from the start of the run. */
  #restAt(run: number): number {
    return RUN_HEADER + this.#capacity(run) * PROBE_WORDS;
  }

  #move(run: number, length: number): number {
    const moved = this.create(length);
    this.set(moved, RUN_NEXT, this.get(run, RUN_NEXT));
    this.set(moved, RUN_PREVIOUS, this.get(run, RUN_PREVIOUS));
    const count = this.length(run);
    const from = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const to = this.#arena.ints[moved >> CHUNK_SHIFT] as Int32Array;
    const oldStart = run & CHUNK_MASK;
    const newStart = moved & CHUNK_MASK;
    const oldRest = oldStart + this.#restAt(run);
    const newRest = newStart + this.#restAt(moved);
    to.set(from.subarray(oldStart + RUN_HEADER, oldStart + RUN_HEADER + count * PROBE_WORDS), newStart + RUN_HEADER);
    to.set(from.subarray(oldRest, oldRest + count * REST_WORDS), newRest);
    this.set(moved, 0, count);
    this.#arena.free(run);
    for (let i = 0; i < count; i += 1) {
      this.#readdress(to[newRest + i * REST_WORDS + 4] as number, moved + RUN_HEADER + i * PROBE_WORDS);
    }
    return moved;
  }

  /** Tells the posting of a record, which is the record's first word, where its candidate is. */
  #readdress(record: number, candidate: number): void {
    this.#postings.candidates[this.get(record, 0)] = candidate;
  }
}
