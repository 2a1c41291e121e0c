import { type JsonValue, readPath, type Scalar } from '../../../matcher/index.ts';
import type { Tuple } from '../tuple.ts';
import { TupleList } from './tuple-list.ts';

/** Where in a tuple something stands, outermost first. A number is a position of an array. */
export type Path = readonly (string | number)[];

/** Finds tuples by what fields of theirs have. While it is being filled it knows those up to `upTo` only. */
export interface FieldIndex {
  /** Tuples with larger numbers are not in it yet. */
  upTo: number;
  /** When it was asked last, in searches. */
  usedAt: number;
  add(tuple: Tuple): void;
  remove(tuple: Tuple): void;
}

const NONE = new TupleList();

/** By equality: a list for each value, or the tuple itself where there is but one. */
export class EqualityIndex implements FieldIndex {
  upTo = 0;
  usedAt = 0;
  readonly #path: Path;
  readonly #byValue = new Map<Scalar, Tuple | TupleList>();

  constructor(path: Path) {
    this.#path = path;
  }

  add(tuple: Tuple): void {
    const value = scalarAt(this.#path, tuple);
    if (value === undefined) return;
    const there = this.#byValue.get(value);
    if (there === undefined) this.#byValue.set(value, tuple);
    else if (there instanceof TupleList) there.add(tuple);
    else {
      const list = new TupleList();
      list.add(there);
      list.add(tuple);
      this.#byValue.set(value, list);
    }
  }

  remove(tuple: Tuple): void {
    const value = scalarAt(this.#path, tuple);
    if (value === undefined) return;
    const there = this.#byValue.get(value);
    if (there instanceof TupleList) {
      there.remove(tuple);
      // Kept while it has any: values that come and go, as the names of queues do, would make one anew each time.
      if (there.length === 0) this.#byValue.delete(value);
    } else if (there === tuple) this.#byValue.delete(value);
  }

  /** Those that have this value. */
  listOf(value: Scalar): TupleList {
    const there = this.#byValue.get(value);
    if (there === undefined) return NONE;
    if (there instanceof TupleList) return there;
    const list = new TupleList();
    list.add(there);
    return list;
  }
}

/** What a tuple has there, if that can be told apart by value. */
export function scalarAt(path: Path, { data }: Tuple): Scalar | undefined {
  const value: JsonValue | undefined = readPath(path, data);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}
