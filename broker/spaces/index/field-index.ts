import { type JsonValue, readPath, type Scalar } from '../../../matcher/index.ts';
import type { Tuple } from '../tuple.ts';
import { TupleList } from './tuple-list.ts';
import { type Interval, ValueOrder } from './value-order.ts';

/** Where in a tuple something stands, outermost first. A number is a position of an array. */
export type Path = readonly (string | number)[];

/** Finds tuples by what one field of theirs has. While it is being filled it knows those up to `upTo` only. */
export interface FieldIndex {
  readonly path: Path;
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
  readonly path: Path;
  upTo = 0;
  usedAt = 0;
  readonly #byValue = new Map<Scalar, Tuple | TupleList>();

  constructor(path: Path) {
    this.path = path;
  }

  add(tuple: Tuple): void {
    const value = scalarAt(this.path, tuple);
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
    const value = scalarAt(this.path, tuple);
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

/** By order: numbers among numbers, strings among strings. */
export class OrderIndex implements FieldIndex {
  readonly path: Path;
  upTo = 0;
  usedAt = 0;
  readonly #numbers = new ValueOrder<number>();
  readonly #strings = new ValueOrder<string>();

  constructor(path: Path) {
    this.path = path;
  }

  add(tuple: Tuple): void {
    const value = scalarAt(this.path, tuple);
    if (typeof value === 'number') this.#numbers.add(value, tuple);
    else if (typeof value === 'string') this.#strings.add(value, tuple);
  }

  remove(tuple: Tuple): void {
    const value = scalarAt(this.path, tuple);
    if (typeof value === 'number') this.#numbers.remove(value, tuple);
    else if (typeof value === 'string') this.#strings.remove(value, tuple);
  }

  estimate(interval: Interval<number | string>): number {
    return isOfStrings(interval)
      ? this.#strings.estimate(interval)
      : this.#numbers.estimate(interval as Interval<number>);
  }

  scan(interval: Interval<number | string>, look: (tuple: Tuple) => boolean): void {
    if (isOfStrings(interval)) this.#strings.scan(interval, look);
    else this.#numbers.scan(interval as Interval<number>, look);
  }
}

function isOfStrings(interval: Interval<number | string>): interval is Interval<string> {
  return typeof (interval.low ?? interval.high) === 'string';
}

function scalarAt(path: Path, { data }: Tuple): Scalar | undefined {
  const value: JsonValue | undefined = readPath(path, data);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}
