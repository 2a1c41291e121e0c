/**
 * Bags: the candidates of all records with one access key, in no order, as a chain of runs. Only the first run takes
 * new ones; a bag is named by the address of that run, which changes, so its owner stores what these functions return.
 */
import { NOWHERE } from './arena.ts';
import type { Candidate } from './probe.ts';
import { RUN_LENGTH_MAX, RUN_NEXT, RUN_PREVIOUS, type Runs } from './runs.ts';

export class Bags {
  readonly #runs: Runs;

  constructor(runs: Runs) {
    this.#runs = runs;
  }

  /** Adds a candidate. NOWHERE is the empty bag. */
  add(bag: number, candidate: Candidate): number {
    const runs = this.#runs;
    if (bag !== NOWHERE) {
      const run = runs.append(bag, candidate, RUN_LENGTH_MAX);
      if (run !== NOWHERE) {
        if (run !== bag) this.#relink(run);
        return run;
      }
    }
    const first = runs.append(runs.create(1), candidate, RUN_LENGTH_MAX);
    runs.set(first, RUN_NEXT, bag);
    if (bag !== NOWHERE) runs.set(bag, RUN_PREVIOUS, first);
    return first;
  }

  /** Removes the candidate at `address`, which is in this bag. */
  remove(bag: number, address: number): number {
    const runs = this.#runs;
    const before = runs.around(address);
    const run = runs.remove(address);
    if (runs.length(run) > 0) {
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
