/**
 * Runs: entries back to back in one block of the arena, so that a scan reads memory in order and follows no pointer.
 *
 *     ┌──────┬──────┬──────────┬───────┬────────┬─────────────┬─────────────┬──  ──┬───────┬───────┬──   ──┬────────┐
 *     │ used │ next │ previous │ count │ groups │ head, words │ head, words │  …   │ entry │ entry │  …    │ unused │
 *     └──────┴──────┴──────────┴───────┴────────┴─────────────┴─────────────┴──  ──┴───────┴───────┴──   ──┴────────┘
 *       header                                    directory of the groups            entries, group by group
 *
 * The entries of a group have the head of their first test in common: they set bounds to the same side, or compare the
 * same slot. They stand in order of the bound, so a scan of the group ends at the first one that the event does not
 * reach; what is behind is not even read. Entries whose first test is of another kind are in one group, NO_HEAD, and all
 * read. Groups are in order of their heads; the directory stands together, so that finding the next group waits for no
 * memory that the scan skips.
 *
 * `used` is in words, from the start of the run; `next` and `previous` chain the runs of a bag.
 */
import { type Arena, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } from './arena.ts';
import type { Places } from './places.ts';
import { AT_LEAST, ENTRY_HEADER, EQUAL, entryWords, OPCODE_MASK, WITHIN } from './program.ts';

export const RUN_HEADER = 5;
export const RUN_NEXT = 1;
export const RUN_PREVIOUS = 2;
export const RUN_COUNT = 3;
export const RUN_GROUPS = 4;
/** Words of a group in the directory. */
export const GROUP_WORDS = 2;
/** The head of the group of entries that are in no order. */
export const NO_HEAD = -1;

/** An entry on its way into a run. Longer arrays will do; the entry says its length. */
export interface Moving {
  readonly entry: Int32Array;
  /** The run that it is in until now, NOWHERE when it is new. */
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

  /** A new, empty run with room for so many words of entries. */
  create(words: number): number {
    const run = this.#arena.allocate(RUN_HEADER + GROUP_WORDS + words);
    this.set(run, 0, RUN_HEADER);
    this.set(run, RUN_NEXT, NOWHERE);
    this.set(run, RUN_PREVIOUS, NOWHERE);
    this.set(run, RUN_COUNT, 0);
    this.set(run, RUN_GROUPS, 0);
    return run;
  }

  free(run: number): void {
    this.#arena.free(run);
  }

  /**
   * Adds an entry, and tells its filter's place.
   *
   * @param wordsMax The longest that the run may become.
   * @returns where the run is now: it moves when it outgrows its block. NOWHERE, with nothing changed, when it is full.
   */
  insert(run: number, { entry, origin }: Moving, wordsMax: number): number {
    const length = entryWords(entry, 0);
    const used = this.used(run);
    const most = used + GROUP_WORDS + length;
    if (most > wordsMax) return NOWHERE;
    if (most > this.#arena.capacity(run)) run = this.#move(run, Math.min(wordsMax, most * GROWTH));
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    let end = start + used;
    let at = entriesAt(words, start);
    const directoryEnd = at;
    const head = headOf(entry, 0);
    let group = start + RUN_HEADER;
    for (; group < directoryEnd && (words[group] as number) < head; group += GROUP_WORDS)
      at += words[group + 1] as number;
    if (group === directoryEnd || words[group] !== head) {
      words.copyWithin(group + GROUP_WORDS, group, end);
      words[group] = head;
      words[group + 1] = 0;
      words[start + RUN_GROUPS] = (words[start + RUN_GROUPS] as number) + 1;
      at += GROUP_WORDS;
      end += GROUP_WORDS;
    }
    const size = words[group + 1] as number;
    at = head === NO_HEAD ? at + size : placeFor(words, { from: at, end: at + size }, entry);
    words.copyWithin(at + length, at, end);
    for (let i = 0; i < length; i += 1) words[at + i] = entry[i] as number;
    words[group + 1] = size + length;
    words[start] = end + length - start;
    words[start + RUN_COUNT] = (words[start + RUN_COUNT] as number) + 1;
    const filter = words[at] as number;
    if (origin === NOWHERE) this.#places.put(filter, run);
    else this.#places.move(filter, origin, run);
    return run;
  }

  /**
   * Removes the first entry of a filter from the run, and its filter's place.
   *
   * @returns where the run is now: it moves when its block has become far too large. An empty run is still a run.
   */
  remove(run: number, filter: number): number {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    const at = firstOf(words, start, filter);
    const length = entryWords(words, at);
    this.#places.drop(filter, run);
    let group = start + RUN_HEADER;
    for (
      let next = entriesAt(words, start) + (words[group + 1] as number);
      next <= at;
      next += words[group + 1] as number
    ) {
      group += GROUP_WORDS;
    }
    let end = start + (words[start] as number);
    words.copyWithin(at, at + length, end);
    end -= length;
    words[group + 1] = (words[group + 1] as number) - length;
    if (words[group + 1] === 0) {
      words.copyWithin(group, group + GROUP_WORDS, end);
      end -= GROUP_WORDS;
      words[start + RUN_GROUPS] = (words[start + RUN_GROUPS] as number) - 1;
    }
    const used = end - start;
    words[start] = used;
    words[start + RUN_COUNT] = (words[start + RUN_COUNT] as number) - 1;
    if (used > RUN_HEADER && used * 2 < this.#arena.capacity(run)) return this.#move(run, used * GROWTH);
    return run;
  }

  /** A copy of the first entry of a filter, which has one in the run. */
  entryOf(run: number, filter: number): Int32Array {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const at = firstOf(words, run & CHUNK_MASK, filter);
    return words.slice(at, at + entryWords(words, at));
  }

  /** Copies of all entries that a filter has in the run. */
  entriesOf(run: number, filter: number): Int32Array[] {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    const end = start + (words[start] as number);
    const entries: Int32Array[] = [];
    for (let at = entriesAt(words, start); at < end; at += entryWords(words, at)) {
      if (words[at] === filter) entries.push(words.slice(at, at + entryWords(words, at)));
    }
    return entries;
  }

  /** Copies of the entries of a run, to be moved. */
  entries(run: number): Moving[] {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    const end = start + (words[start] as number);
    const entries: Moving[] = [];
    for (let at = entriesAt(words, start); at < end; at += entryWords(words, at)) {
      entries.push({ entry: words.slice(at, at + entryWords(words, at)), origin: run });
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
    const end = start + used;
    for (let at = entriesAt(to, start); at < end; at += entryWords(to, at)) {
      this.#places.move(to[at] as number, run, moved);
    }
    this.#arena.free(run);
    return moved;
  }
}

/** A run that outgrows its block moves to one that is so much larger. */
const GROWTH = 1.15;

/** The head of the group that the entry at `at` belongs to. */
function headOf(words: Int32Array, at: number): number {
  if (entryWords(words, at) === ENTRY_HEADER) return NO_HEAD;
  const head = words[at + ENTRY_HEADER] as number;
  const opcode = head & OPCODE_MASK;
  return opcode === AT_LEAST || opcode === WITHIN || opcode === EQUAL ? head : NO_HEAD;
}

/** Where the first entry of the run at `start` is. */
export function entriesAt(words: Int32Array, start: number): number {
  return start + RUN_HEADER + (words[start + RUN_GROUPS] as number) * GROUP_WORDS;
}

/** Where an entry belongs in its group. */
function placeFor(words: Int32Array, { from, end }: { from: number; end: number }, entry: Int32Array): number {
  const bound = entry[ENTRY_HEADER + 1] as number;
  let at = from;
  while (at < end && (words[at + ENTRY_HEADER + 1] as number) < bound) at += entryWords(words, at);
  return at;
}

/** Where the first entry of a filter is, which has one in the run at `start`. */
function firstOf(words: Int32Array, start: number, filter: number): number {
  let at = entriesAt(words, start);
  while (words[at] !== filter) at += entryWords(words, at);
  return at;
}
