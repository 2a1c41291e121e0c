/**
 * Bags: all entries with one access key, as a chain of runs. Only the first run takes new ones; a bag is named by the
 * address of that run, which changes, so its owner stores what these functions return.
 */
import { NOWHERE } from './arena.ts';
import { entryWords } from './program.ts';
import { RUN_NEXT, RUN_PREVIOUS, type Runs } from './runs.ts';

/** The longest run of a bag: inserting into it shifts half of it. */
const BAG_RUN_WORDS_MAX = 2048;

export class Bags {
  readonly #runs: Runs;

  constructor(runs: Runs) {
    this.#runs = runs;
  }

  /** Adds a new entry. NOWHERE is the empty bag. */
  add(bag: number, entry: Int32Array): number {
    const runs = this.#runs;
    const moving = { entry, origin: NOWHERE };
    if (bag !== NOWHERE) {
      const run = runs.insert(bag, moving, BAG_RUN_WORDS_MAX);
      if (run !== NOWHERE) {
        if (run !== bag) this.#relink(run);
        return run;
      }
    }
    const first = runs.insert(runs.create(entryWords(entry, 0)), moving, BAG_RUN_WORDS_MAX);
    runs.set(first, RUN_NEXT, bag);
    if (bag !== NOWHERE) runs.set(bag, RUN_PREVIOUS, first);
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
    const next = runs.get(run, RUN_NEXT);
    const previous = runs.get(run, RUN_PREVIOUS);
    if (next !== NOWHERE) runs.set(next, RUN_PREVIOUS, previous);
    if (previous !== NOWHERE) runs.set(previous, RUN_NEXT, next);
    runs.free(run);
    return before === bag ? next : bag;
  }

  /** Tells the neighbours of a run that moved. */
  #relink(run: number): void {
    const next = this.#runs.get(run, RUN_NEXT);
    const previous = this.#runs.get(run, RUN_PREVIOUS);
    if (next !== NOWHERE) this.#runs.set(next, RUN_PREVIOUS, run);
    if (previous !== NOWHERE) this.#runs.set(previous, RUN_NEXT, run);
  }
}
