/**
 * Runs: entries back to back in one block of the arena, so that a scan reads memory in order.
 *
 *     ┌──────┬──────┬──────────┬───────┬─────────┬───────────┬──   ──┬────────┐
 *     │ used │ next │ previous │ count │ entry   │ entry     │  …    │ unused │
 *     └──────┴──────┴──────────┴───────┴─────────┴───────────┴──   ──┴────────┘
 *
 * Entries are in order of their first test: opcode and operand, then its first bound or symbol. Tests of one kind on one
 * side then stand together with their thresholds rising, so that the branch of a scan on their outcome is taken many
 * times in a row, then not taken many times in a row, and is predicted. That is worth more than any search.
 *
 * `used` is in words, from the start of the run; `next` and `previous` chain the runs of a bag.
 */
import { type Arena, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } from './arena.ts';
import type { Places } from './places.ts';
import { ENTRY_HEADER, entryWords } from './program.ts';

export const RUN_HEADER = 4;
export const RUN_NEXT = 1;
export const RUN_PREVIOUS = 2;
export const RUN_COUNT = 3;

/** An entry on its way into a run. Longer arrays will do; the entry says its length. */
export interface Moving {
  readonly entry: Int32Array;
  /** Its address until now, NOWHERE when it is new. */
  readonly origin: number;
}

export class Runs {
  readonly #arena: Arena;
  readonly #places: Places;

  constructor(arena: Arena, places: Places) {
    this.#arena = arena;
    this.#places = places;
  }

  /** Entries in a run. */
  count(run: number): number {
    return this.get(run, RUN_COUNT);
  }

  /** Words that a run's header and entries take. */
  used(run: number): number {
    return this.get(run, 0);
  }

  /** A word of a run. */
  get(run: number, word: number): number {
    return (this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array)[(run & CHUNK_MASK) + word] as number;
  }

  set(run: number, word: number, value: number): void {
    (this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array)[(run & CHUNK_MASK) + word] = value;
  }

  /** The run that holds the entry at `address`. */
  around(address: number): number {
    return this.#arena.startOf(address);
  }

  /** A new, empty run with room for so many words of entries. */
  create(words: number): number {
    const run = this.#arena.allocate(RUN_HEADER + words);
    this.set(run, 0, RUN_HEADER);
    this.set(run, RUN_NEXT, NOWHERE);
    this.set(run, RUN_PREVIOUS, NOWHERE);
    this.set(run, RUN_COUNT, 0);
    return run;
  }

  free(run: number): void {
    this.#arena.free(run);
  }

  /**
   * Adds an entry, and tells its filter's place.
   *
   * @param origin The entry's address in another run, NOWHERE when it is new.
   * @param wordsMax The longest that the run may become.
   * @returns where the run is now: it moves when it outgrows its block. NOWHERE, with nothing changed, when it is full.
   */
  insert(run: number, { entry, origin }: Moving, wordsMax: number): number {
    const added = entryWords(entry, 0);
    const used = this.used(run);
    if (used + added > wordsMax) return NOWHERE;
    if (used + added > this.#arena.capacity(run)) run = this.#move(run, Math.min(wordsMax, (used + added) * GROWTH));
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    const end = start + used;
    const at = placeFor(words, start + RUN_HEADER, end, entry);
    words.copyWithin(at + added, at, end);
    for (let i = 0; i < added; i += 1) words[at + i] = entry[i] as number;
    words[start] = used + added;
    words[start + RUN_COUNT] = (words[start + RUN_COUNT] as number) + 1;
    this.#readdress(run, at + added, end + added, -added);
    if (origin === NOWHERE) this.#places.put(words[at] as number, run - start + at);
    else this.#places.move(words[at] as number, origin, run - start + at);
    return run;
  }

  /**
   * Removes the entry at `address`, and its filter's place.
   *
   * @returns where its run is now: it moves when its block has become far too large. An empty run is still a run.
   */
  remove(address: number): number {
    const run = this.around(address);
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    const at = address & CHUNK_MASK;
    const gone = entryWords(words, at);
    this.#places.drop(words[at] as number, address);
    const end = start + (words[start] as number);
    words.copyWithin(at, at + gone, end);
    words[start] = end - start - gone;
    words[start + RUN_COUNT] = (words[start + RUN_COUNT] as number) - 1;
    this.#readdress(run, at, end - gone, gone);
    const used = end - start - gone;
    if (used > RUN_HEADER && used * 2 < this.#arena.capacity(run)) return this.#move(run, used * GROWTH);
    return run;
  }

  /** A copy of the entry at `address`. */
  entryAt(address: number): Int32Array {
    const words = this.#arena.ints[address >> CHUNK_SHIFT] as Int32Array;
    const at = address & CHUNK_MASK;
    return words.slice(at, at + entryWords(words, at));
  }

  /** Copies of the entries of a run, to be moved. */
  entries(run: number): Moving[] {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    const end = start + (words[start] as number);
    const entries: Moving[] = [];
    for (let at = start + RUN_HEADER; at < end; at += entryWords(words, at)) {
      entries.push({ entry: words.slice(at, at + entryWords(words, at)), origin: run - start + at });
    }
    return entries;
  }

  #move(run: number, words: number): number {
    const moved = this.#arena.allocate(Math.ceil(words));
    const used = this.used(run);
    const from = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const to = this.#arena.ints[moved >> CHUNK_SHIFT] as Int32Array;
    const start = moved & CHUNK_MASK;
    to.set(from.subarray(run & CHUNK_MASK, (run & CHUNK_MASK) + used), start);
    this.#readdress(moved, start + RUN_HEADER, start + used, run - moved);
    this.#arena.free(run);
    return moved;
  }

  /** Tells the places of the entries from `at` to `end`, which were `shift` words further on. */
  #readdress(run: number, at: number, end: number, shift: number): void {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const base = run - (run & CHUNK_MASK);
    for (; at < end; at += entryWords(words, at)) {
      this.#places.move(words[at] as number, base + at + shift, base + at);
    }
  }
}

/** A run that outgrows its block moves to one that is so much larger. */
const GROWTH = 1.15;

/** Where an entry belongs among those from `at` to `end`. */
function placeFor(words: Int32Array, at: number, end: number, entry: Int32Array): number {
  if (entryWords(entry, 0) === ENTRY_HEADER) return at;
  const head = entry[ENTRY_HEADER] as number;
  const bound = entry[ENTRY_HEADER + 1] as number;
  for (; at < end; at += entryWords(words, at)) {
    if (entryWords(words, at) === ENTRY_HEADER) continue;
    const other = words[at + ENTRY_HEADER] as number;
    if (other > head || (other === head && (words[at + ENTRY_HEADER + 1] as number) > bound)) return at;
  }
  return at;
}
