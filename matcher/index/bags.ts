/**
 * Bags: all entries with one access key, as a chain of runs. Only the first run takes new ones; a bag is named by the
 * address of that run, which changes, so its owner stores what these functions return.
 */
import { NOWHERE } from './arena.ts';
import { entryWords } from './program.ts';
import { CARD_ROOM } from './run-cards.ts';
import type { RunOwner, Runs } from './runs.ts';
import { type Signature, signatureOf } from './signature.ts';

/** The longest run of a bag: removing from it shifts half of it. */
const BAG_RUN_WORDS_MAX = 2048;

/** What the runs of a bag say of themselves, and the entry's signature if it is not that of its tests. */
export interface BagEntry {
  readonly owner: RunOwner;
  readonly signature?: Signature;
}

export class Bags {
  readonly #runs: Runs;

  constructor(runs: Runs) {
    this.#runs = runs;
  }

  /** Adds a new entry. NOWHERE is the empty bag. */
  add(bag: number, entry: Int32Array, { owner, signature = signatureOf(entry) }: BagEntry): number {
    const runs = this.#runs;
    const moving = { entry, origin: NOWHERE };
    if (bag !== NOWHERE) {
      const run = runs.insert(bag, moving, signature, BAG_RUN_WORDS_MAX);
      if (run !== NOWHERE) {
        if (run !== bag) this.#relink(run);
        return run;
      }
    }
    const first = runs.create(entryWords(entry, 0) + CARD_ROOM);
    runs.insert(first, moving, signature, BAG_RUN_WORDS_MAX);
    runs.setNext(first, bag);
    runs.setOwner(first, owner);
    if (bag !== NOWHERE) runs.setPrevious(bag, first);
    return first;
  }

  /** Removes the first entry of a filter from run `before`, which is of this bag. */
  remove(bag: number, before: number, filter: number): number {
    const runs = this.#runs;
    const run = runs.remove(before, filter);
    if (runs.count(run) > 0) {
      if (run === before) return bag;
      this.#relink(run);
      return before === bag ? run : bag;
    }
    const next = runs.next(run);
    const previous = runs.previous(run);
    if (next !== NOWHERE) runs.setPrevious(next, previous);
    if (previous !== NOWHERE) runs.setNext(previous, next);
    runs.free(run);
    return before === bag ? next : bag;
  }

  /** Tells the neighbours of a run that moved. */
  #relink(run: number): void {
    const next = this.#runs.next(run);
    const previous = this.#runs.previous(run);
    if (next !== NOWHERE) this.#runs.setPrevious(next, run);
    if (previous !== NOWHERE) this.#runs.setNext(previous, run);
  }
}
