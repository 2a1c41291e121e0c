import type { Scalar } from '../../../matcher/index.ts';
import type { Tuple } from '../tuple.ts';
import { type FieldIndex, type Path, scalarAt } from './field-index.ts';
import { type Interval, ValueOrder } from './value-order.ts';

/** Those of one kind in order: numbers among numbers, strings among strings. */
class Orders {
  #numbers: ValueOrder<number> | undefined;
  #strings: ValueOrder<string> | undefined;
  length = 0;

  add(value: number | string, tuple: Tuple): void {
    this.length += 1;
    if (typeof value === 'number') {
      this.#numbers ??= new ValueOrder();
      this.#numbers.add(value, tuple);
    } else {
      this.#strings ??= new ValueOrder();
      this.#strings.add(value, tuple);
    }
  }

  remove(value: number | string, tuple: Tuple): void {
    const isRemoved =
      typeof value === 'number' ? this.#numbers?.remove(value, tuple) : this.#strings?.remove(value, tuple);
    if (isRemoved === true) this.length -= 1;
  }

  of(interval: Interval<number | string>): ValueOrder<number | string> | undefined {
    const isOfStrings = typeof (interval.low ?? interval.high) === 'string';
    return (isOfStrings ? this.#strings : this.#numbers) as ValueOrder<number | string> | undefined;
  }
}

/** By the order of one field. */
export class OrderIndex implements FieldIndex {
  upTo = 0;
  usedAt = 0;
  readonly #path: Path;
  readonly #orders = new Orders();

  constructor(path: Path) {
    this.#path = path;
  }

  add(tuple: Tuple): void {
    const value = orderedAt(this.#path, tuple);
    if (value !== undefined) this.#orders.add(value, tuple);
  }

  remove(tuple: Tuple): void {
    const value = orderedAt(this.#path, tuple);
    if (value !== undefined) this.#orders.remove(value, tuple);
  }

  /** How many are in the interval; as soon as they are more than `enough`, any number over it. */
  count(interval: Interval<number | string>, enough: number): number {
    return this.#orders.of(interval)?.count(interval, enough) ?? 0;
  }

  /** Calls `look` with those in the interval, in its order, until it says to stop. */
  scan(interval: Interval<number | string>, look: (tuple: Tuple) => boolean): void {
    this.#orders.of(interval)?.scan(interval, look);
  }
}

/**
 * By the value of one field, and among those that have it by the order of another: for templates of which neither alone
 * leaves few. An order of its own for each value, or the tuple itself where there is but one.
 */
export class PairIndex implements FieldIndex {
  upTo = 0;
  usedAt = 0;
  readonly #equalPath: Path;
  readonly #orderPath: Path;
  readonly #byValue = new Map<Scalar, Tuple | Orders>();

  constructor(equalPath: Path, orderPath: Path) {
    this.#equalPath = equalPath;
    this.#orderPath = orderPath;
  }

  add(tuple: Tuple): void {
    const value = scalarAt(this.#equalPath, tuple);
    const place = orderedAt(this.#orderPath, tuple);
    if (value === undefined || place === undefined) return;
    const there = this.#byValue.get(value);
    if (there === undefined) this.#byValue.set(value, tuple);
    else if (there instanceof Orders) there.add(place, tuple);
    else {
      const orders = new Orders();
      // It was let in because it has one.
      orders.add(orderedAt(this.#orderPath, there) as number | string, there);
      orders.add(place, tuple);
      this.#byValue.set(value, orders);
    }
  }

  remove(tuple: Tuple): void {
    const value = scalarAt(this.#equalPath, tuple);
    const place = orderedAt(this.#orderPath, tuple);
    if (value === undefined || place === undefined) return;
    const there = this.#byValue.get(value);
    if (there instanceof Orders) {
      there.remove(place, tuple);
      if (there.length === 0) this.#byValue.delete(value);
    } else if (there === tuple) this.#byValue.delete(value);
  }

  /** As of an `OrderIndex`, of those that have this value. */
  count(value: Scalar, interval: Interval<number | string>, enough: number): number {
    const there = this.#byValue.get(value);
    if (there instanceof Orders) return there.of(interval)?.count(interval, enough) ?? 0;
    return there === undefined ? 0 : 1;
  }

  scan(value: Scalar, interval: Interval<number | string>, look: (tuple: Tuple) => boolean): void {
    const there = this.#byValue.get(value);
    if (there instanceof Orders) there.of(interval)?.scan(interval, look);
    // It need not be in the interval: whoever looks asks of each whether it fits.
    else if (there !== undefined) look(there);
  }
}

function orderedAt(path: Path, tuple: Tuple): number | string | undefined {
  const value = scalarAt(path, tuple);
  return typeof value === 'boolean' ? undefined : value;
}
