/**
 * Opaque atoms: conditions that have no form of their own in a record (LIKE, arithmetic, string order, …). Filters
 * with the same atom share it, and it is evaluated at most once per event, when the first candidate asks.
 */
import type { MatchableEvent } from '../event.ts';
import type { Condition } from '../language/ast.ts';
import { printCondition } from '../language/print.ts';
import { NOWHERE } from './arena.ts';
import { compileAtom } from './atom-compiler.ts';
import { roomForInts } from './columns.ts';
import { Dictionary } from './dictionary.ts';
import { IdPool } from './id-pool.ts';

/** A condition's tree with its code in V8; an estimate for the statistics. */
const ATOM_BYTES = 700;

interface Atom {
  readonly condition: Condition;
  readonly isTrue: (event: MatchableEvent) => boolean;
}

/** Atoms stand in arrays of so many, because a single array would be copied as it grows. */
const CHUNK_SHIFT = 10;
const CHUNK_MASK = (1 << CHUNK_SHIFT) - 1;
/** All texts are in one space of their dictionary. */
const SPACE = 0;

export class AtomTable {
  readonly #ids = new IdPool();
  /** By their texts. */
  readonly #dictionary = new Dictionary();
  #chunks: (Atom | undefined)[][] = [];
  #holders = new Int32Array(0);
  /** ± the epoch in which the atom was evaluated last: positive when it was true. */
  #verdicts = new Int32Array(0);

  get size(): number {
    return this.#ids.size;
  }

  get bytes(): number {
    return this.#ids.size * ATOM_BYTES + this.#dictionary.bytes + this.#holders.byteLength * 2;
  }

  /** Holds the condition once more. */
  hold(condition: Condition): number {
    const text = printCondition(condition);
    const known = this.#dictionary.findText(SPACE, text);
    if (known !== NOWHERE) {
      this.#holders[known] = (this.#holders[known] as number) + 1;
      return known;
    }
    const atom = this.#ids.take();
    this.#holders = roomForInts(this.#holders, atom + 1);
    this.#verdicts = roomForInts(this.#verdicts, atom + 1);
    this.#holders[atom] = 1;
    this.#verdicts[atom] = 0;
    const chunk = this.#chunks[atom >> CHUNK_SHIFT] ?? [];
    this.#chunks[atom >> CHUNK_SHIFT] = chunk;
    chunk[atom & CHUNK_MASK] = { condition, isTrue: compileAtom(condition) };
    this.#dictionary.add(SPACE, text, atom);
    return atom;
  }

  release(atom: number): void {
    const holders = (this.#holders[atom] as number) - 1;
    this.#holders[atom] = holders;
    const chunk = this.#chunks[atom >> CHUNK_SHIFT] as (Atom | undefined)[];
    const held = chunk[atom & CHUNK_MASK];
    if (holders > 0 || held === undefined) return;
    this.#dictionary.remove(atom);
    chunk[atom & CHUNK_MASK] = undefined;
    this.#ids.release(atom);
    if (this.#ids.size > 0) return;
    this.#chunks = [];
    this.#holders = new Int32Array(0);
    this.#verdicts = new Int32Array(0);
  }

  /** Is the atom true of the event? `epoch` is a positive number that names the event. */
  isTrue(atom: number, event: MatchableEvent, epoch: number): boolean {
    const last = this.#verdicts[atom] as number;
    if (last === epoch) return true;
    if (last === -epoch) return false;
    const verdict = this.#chunks[atom >> CHUNK_SHIFT]?.[atom & CHUNK_MASK]?.isTrue(event) === true;
    this.#verdicts[atom] = verdict ? epoch : -epoch;
    return verdict;
  }

  /** Forgets what was evaluated, because epochs start over. */
  forget(): void {
    this.#verdicts.fill(0);
  }
}
