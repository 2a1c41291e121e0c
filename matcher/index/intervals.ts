import { roomForNumbers } from './columns.ts';

/** Holds for the values from `key` to `top`. */
export interface Interval {
  readonly key: number;
  readonly top: number;
}

/** Numbers of a row: key, top, and what it stands for. */
const ROW = 3;

/**
 * Rows of an interval and a number, in order of the keys. They are in one array, because a scan that meets hundreds of
 * small tables pays for the objects it touches, not for the rows it reads.
 */
export class Intervals {
  rows = new Float64Array(ROW);
  count = 0;

  get bytes(): number {
    return this.rows.byteLength;
  }

  keyOf(i: number): number {
    return this.rows[i * ROW] as number;
  }

  topOf(i: number): number {
    return this.rows[i * ROW + 1] as number;
  }

  /** The number of row `i`. */
  at(i: number): number {
    return this.rows[i * ROW + 2] as number;
  }

  put(i: number, value: number): void {
    this.rows[i * ROW + 2] = value;
  }

  /** Makes row `i` include an interval. */
  widen(i: number, { key, top }: Interval): void {
    if (key < this.keyOf(i)) this.rows[i * ROW] = key;
    if (top > this.topOf(i)) this.rows[i * ROW + 1] = top;
  }

  insert(i: number, { key, top }: Interval, value: number): void {
    this.rows = roomForNumbers(this.rows, (this.count + 1) * ROW);
    this.rows.copyWithin((i + 1) * ROW, i * ROW, this.count * ROW);
    this.rows[i * ROW] = key;
    this.rows[i * ROW + 1] = top;
    this.put(i, value);
    this.count += 1;
  }

  set(i: number, { key, top }: Interval, value: number): void {
    this.rows[i * ROW] = key;
    this.rows[i * ROW + 1] = top;
    this.put(i, value);
  }

  delete(i: number): void {
    this.rows.copyWithin(i * ROW, (i + 1) * ROW, this.count * ROW);
    this.count -= 1;
  }

  /** The first row whose key is not less than `key`. */
  from(key: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.keyOf(middle) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first row whose key is greater than `key`. */
  after(key: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.keyOf(middle) <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
