/**
 * Runs: entries in one block of the arena, so that a scan reads memory in order and follows no pointer.
 *
 *     ┌──────────────────────────┬───────┬──  ──┬──────┬──  ──┬────────┬──  ──┬───────┬───────┬────────────────────────┐
 *     │ count, next, topic, room │ first │  …   │ card │  …   │ unused │  …   │ entry │ entry │ start, previous, owner │
 *     └──────────────────────────┴───────┴──  ──┴──────┴──  ──┴────────┴──  ──┴───────┴───────┴────────────────────────┘
 *                          `room` words             card: second, filter, where the entry is
 *
 * As in a slotted page of a database, cards (its slots) grow from the front and entries from the back. A signature, of two words, tells
 * of most entries that they fail, and of many that they hold (see signature.ts). Its first words stand back to back: they are
 * all that a scan reads of most entries. Of an entry, the filter is in its card only.
 *
 * `topic` is the topic filter of the first entry that came, and of all others mostly.
 *
 * Cards whose first words are bounds stand by side, and those of one side in order of the bound. So a scan leaves a side at the
 * first bound that the event does not reach.
 *
 * `next` and `previous` chain the runs of a bag. The tail is what no scan reads: where the entries start, and what the run is
 * found by, which is its user's business.
 */
import type { Arena } from './arena.ts';
import * as arenaConstants from './arena.ts';
import type { Places } from './places.ts';
import { entryWords, hasManyEntries, topicOf } from './program.ts';
import * as runCardsConstants from './run-cards.ts';
import { cardAt, closeCard, entryAt, indexOf, openCard, widen } from './run-cards.ts';
import type { Signature } from './signature.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { CHUNK_MASK, CHUNK_SHIFT, NOWHERE } = arenaConstants;
const {
  PLACE_MASK,
  ROOM_STEP,
  RUN_COUNT,
  RUN_HEADER,
  RUN_NEXT,
  RUN_ROOM,
  RUN_TOPIC,
  CARD_FILTER,
  CARD_PLACE,
  CARD_SECOND,
  CARD_WORDS,
  SURE_OF_BOTH_SHIFT,
  SURE_SHIFT,
} = runCardsConstants;

/** Words of the tail. */
const TAIL = 4;
const TAIL_START = 0;
const TAIL_PREVIOUS = 1;
const TAIL_OWNER = 2;

/** The sign: when both words are certain, nothing is left to be verified but that the run's topic filter matches. */
const DECIDED = 1 << 31;

/** An entry on its way into a run. Longer arrays will do; the entry says its length. */
export interface Moving {
  readonly entry: Int32Array;
  /** The run that it is in until now, NOWHERE when it is new. */
  readonly origin: number;
}

/** What a run is found by. */
export interface RunOwner {
  readonly first: number;
  readonly second: number;
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
    return this.#word(run, RUN_COUNT);
  }

  /** The run after it in its bag, or NOWHERE. */
  next(run: number): number {
    return this.#word(run, RUN_NEXT);
  }

  setNext(run: number, next: number): void {
    this.#setWord(run, RUN_NEXT, next);
  }

  previous(run: number): number {
    return this.#word(run, this.#tail(run) + TAIL_PREVIOUS);
  }

  setPrevious(run: number, previous: number): void {
    this.#setWord(run, this.#tail(run) + TAIL_PREVIOUS, previous);
  }

  /** What the run is found by, as its user said. */
  owner(run: number): RunOwner {
    const at = this.#tail(run) + TAIL_OWNER;
    return { first: this.#word(run, at), second: this.#word(run, at + 1) };
  }

  setOwner(run: number, { first, second }: RunOwner): void {
    const at = this.#tail(run) + TAIL_OWNER;
    this.#setWord(run, at, first);
    this.#setWord(run, at + 1, second);
  }

  /** Words that a run's entries and cards take, with what every run takes. */
  used(run: number): number {
    return this.#usedBy(run, this.#word(run, RUN_ROOM), this.count(run));
  }

  /** A new, empty run with room for so many words of entries and cards. */
  create(words: number): number {
    const run = this.#arena.allocate(RUN_HEADER + words + TAIL);
    const tail = this.#tail(run);
    this.#setWord(run, RUN_COUNT, 0);
    this.#setWord(run, RUN_NEXT, NOWHERE);
    this.#setWord(run, RUN_TOPIC, NOWHERE);
    this.#setWord(run, RUN_ROOM, 0);
    this.#setWord(run, tail + TAIL_START, tail);
    this.#setWord(run, tail + TAIL_PREVIOUS, NOWHERE);
    this.#setWord(run, tail + TAIL_OWNER, NOWHERE);
    return run;
  }

  free(run: number): void {
    this.#arena.free(run);
  }

  /**
   * Adds an entry, and tells its filter's place.
   *
   * @param wordsMax The longest that the run may become.
   * @returns where the run is now: it moves when it outgrows its block, to one of the next size. NOWHERE, with nothing changed, when it is full.
   */
  insert(
    run: number,
    { entry, origin }: Moving,
    { first, second, sure, sureOfBoth, isAll, isBound }: Signature,
    wordsMax: number,
  ): number {
    const length = entryWords(entry, 0) - 1;
    const count = this.count(run);
    const room = this.#word(run, RUN_ROOM);
    const isTight = count === room;
    const most = this.#usedBy(run, isTight ? room + ROOM_STEP : room, count + 1) + length;
    if (most > wordsMax) return NOWHERE;
    const isLarge = most <= this.#arena.capacity(run);
    const into = isLarge ? run : this.#move(run, most);
    const words = this.#arena.ints[into >> CHUNK_SHIFT] as Int32Array;
    const start = into & CHUNK_MASK;
    if (isTight) widen(words, start);
    const tail = start + this.#tail(into);
    const place = (words[tail + TAIL_START] as number) - length;
    for (let i = 0; i < length; i += 1) words[start + place + i] = entry[i + 1] as number;
    const topic = topicOf(entry, 0);
    if (words[start + RUN_TOPIC] === NOWHERE) words[start + RUN_TOPIC] = topic;
    const isDecided = isAll && !hasManyEntries(entry, 0) && topic === words[start + RUN_TOPIC];
    const i = isBound ? openCard(words, start, first) : count;
    const card = cardAt(words, start, i);
    const filter = entry[0] as number;
    words[start + RUN_HEADER + i] = first;
    words[card + CARD_SECOND] = second;
    words[card + CARD_FILTER] = filter;
    words[card + CARD_PLACE] =
      (place - 1) | (sure << SURE_SHIFT) | (sureOfBoth << SURE_OF_BOTH_SHIFT) | (isDecided ? DECIDED : 0);
    words[tail + TAIL_START] = place;
    words[start + RUN_COUNT] = count + 1;
    if (origin === NOWHERE) this.#places.put(filter, into);
    else this.#places.move(filter, origin, into);
    return into;
  }

  /**
   * Removes the first entry of a filter from the run, and its filter's place.
   *
   * @returns where the run is now: it moves when its block has become far too large. An empty run is still a run.
   */
  remove(run: number, filter: number): number {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    const tail = start + this.#tail(run);
    const gap = indexOf(words, start, filter);
    const at = ((words[cardAt(words, start, gap) + CARD_PLACE] as number) & PLACE_MASK) + 1;
    const length = entryWords(words, start + at - 1) - 1;
    this.#places.drop(filter, run);
    const from = words[tail + TAIL_START] as number;
    words.copyWithin(start + from + length, start + from, start + at);
    words[tail + TAIL_START] = from + length;
    closeCard(words, start, gap);
    const count = (words[start + RUN_COUNT] as number) - 1;
    words[start + RUN_COUNT] = count;
    const end = cardAt(words, start, count);
    for (let place = cardAt(words, start, 0) + CARD_PLACE; place < end; place += CARD_WORDS) {
      if (((words[place] as number) & PLACE_MASK) < at - 1) words[place] = (words[place] as number) + length;
    }
    const used = this.used(run);
    return count > 0 && used * 2 < this.#arena.capacity(run) ? this.#move(run, used) : run;
  }

  /** A copy of the first entry of a filter, which has one in the run. */
  entryOf(run: number, filter: number): Int32Array {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    return entryAt(words, run & CHUNK_MASK, indexOf(words, run & CHUNK_MASK, filter));
  }

  /** Copies of all entries that a filter has in the run. */
  entriesOf(run: number, filter: number): Int32Array[] {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    const entries: Int32Array[] = [];
    for (let i = this.count(run) - 1; i >= 0; i -= 1) {
      if (words[cardAt(words, start, i) + CARD_FILTER] === filter) entries.push(entryAt(words, start, i));
    }
    return entries;
  }

  /** Copies of the entries of a run, to be moved. */
  entries(run: number): Moving[] {
    const words = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const start = run & CHUNK_MASK;
    return Array.from({ length: this.count(run) }, (_, i) => {
      return { entry: entryAt(words, start, i), origin: run };
    });
  }

  #move(run: number, words: number): number {
    const moved = this.#arena.allocate(words);
    const from = this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array;
    const to = this.#arena.ints[moved >> CHUNK_SHIFT] as Int32Array;
    const old = run & CHUNK_MASK;
    const start = moved & CHUNK_MASK;
    const entriesEnd = this.#tail(run);
    const shift = this.#tail(moved) - entriesEnd;
    const entries = from[old + entriesEnd + TAIL_START] as number;
    const cardsEnd = cardAt(from, old, from[old + RUN_COUNT] as number) - old;
    for (let i = 0; i < cardsEnd; i += 1) to[start + i] = from[old + i] as number;
    for (let i = entries; i < entriesEnd + TAIL; i += 1) to[start + shift + i] = from[old + i] as number;
    to[start + shift + entriesEnd + TAIL_START] = entries + shift;
    for (let card = cardAt(to, start, 0); card < start + cardsEnd; card += CARD_WORDS) {
      to[card + CARD_PLACE] = (to[card + CARD_PLACE] as number) + shift;
      this.#places.move(to[card + CARD_FILTER] as number, run, moved);
    }
    this.#arena.free(run);
    return moved;
  }

  /** What a run takes with so much room and so many cards, and the entries that it has. */
  #usedBy(run: number, room: number, count: number): number {
    const entries = this.#tail(run) - this.#word(run, this.#tail(run) + TAIL_START);
    return RUN_HEADER + room + count * CARD_WORDS + entries + TAIL;
  }

  /** Where the tail of a run is, from its start. */
  #tail(run: number): number {
    return this.#arena.capacity(run) - TAIL;
  }

  #word(run: number, word: number): number {
    return (this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array)[(run & CHUNK_MASK) + word] as number;
  }

  #setWord(run: number, word: number, value: number): void {
    (this.#arena.ints[run >> CHUNK_SHIFT] as Int32Array)[(run & CHUNK_MASK) + word] = value;
  }
}
