/**
 * Opaque atoms: conditions that have no form of their own in a record (LIKE, arithmetic, string order, …). Filters
 * with the same atom share it, and it is evaluated at most once per event, when the first candidate asks.
 */
import type { MatchableEvent } from '../event.ts';
import type { Condition } from '../language/ast.ts';
import { printCondition } from '../language/print.ts';
import { compileAtom } from './atom-compiler.ts';
import { roomForInts } from './columns.ts';
import { IdPool } from './id-pool.ts';
import { referencesOf } from './references-of.ts';

/** A condition's tree with its text in V8; an estimate for the statistics. */
const ATOM_BYTES = 800;

export class AtomTable {
  readonly #ids = new IdPool();
  readonly #byText = new Map<string, number>();
  #texts: string[] = [];
  #conditions: (Condition | undefined)[] = [];
  #tests: (((event: MatchableEvent) => boolean) | undefined)[] = [];
  #holders = new Int32Array(0);
  /** ± the epoch in which the atom was evaluated last: positive when it was true. */
  #verdicts = new Int32Array(0);
  #dataAtoms = 0;

  get size(): number {
    return this.#ids.size;
  }

  get bytes(): number {
    return this.#ids.size * ATOM_BYTES;
  }

  get readsData(): boolean {
    return this.#dataAtoms > 0;
  }

  /** Holds the condition once more. */
  hold(condition: Condition): number {
    const text = printCondition(condition);
    const known = this.#byText.get(text);
    if (known !== undefined) {
      this.#holders[known] = (this.#holders[known] as number) + 1;
      return known;
    }
    const atom = this.#ids.take();
    this.#holders = roomForInts(this.#holders, atom + 1);
    this.#verdicts = roomForInts(this.#verdicts, atom + 1);
    this.#holders[atom] = 1;
    this.#verdicts[atom] = 0;
    this.#texts[atom] = text;
    this.#conditions[atom] = condition;
    this.#tests[atom] = compileAtom(condition);
    this.#byText.set(text, atom);
    if (namesData(condition)) this.#dataAtoms += 1;
    return atom;
  }

  release(atom: number): void {
    const holders = (this.#holders[atom] as number) - 1;
    this.#holders[atom] = holders;
    const condition = this.#conditions[atom];
    if (holders > 0 || condition === undefined) return;
    if (namesData(condition)) this.#dataAtoms -= 1;
    this.#byText.delete(this.#texts[atom] as string);
    this.#texts[atom] = '';
    this.#conditions[atom] = undefined;
    this.#tests[atom] = undefined;
    this.#ids.release(atom);
    if (this.#ids.size > 0) return;
    this.#texts = [];
    this.#conditions = [];
    this.#tests = [];
    this.#holders = new Int32Array(0);
    this.#verdicts = new Int32Array(0);
  }

  /** Is the atom true of the event? `epoch` is a positive number that names the event. */
  isTrue(atom: number, event: MatchableEvent, epoch: number): boolean {
    const last = this.#verdicts[atom] as number;
    if (last === epoch) return true;
    if (last === -epoch) return false;
    const verdict = this.#tests[atom]?.(event) === true;
    this.#verdicts[atom] = verdict ? epoch : -epoch;
    return verdict;
  }

  /** Forgets what was evaluated, because epochs start over. */
  forget(): void {
    this.#verdicts.fill(0);
  }
}

function namesData(condition: Condition): boolean {
  return referencesOf(condition).some((reference) => reference.kind === 'data');
}
