/**
 * Typed arrays that grow. A column is indexed by a dense id; its owner replaces the array when an id does not fit.
 * Doubling a million int32 copies 4 MB, about a millisecond, and only the columns of one table at a time.
 */

/** At least `length` long: what `column` holds, then `rest`. The same array when it is long enough already. */
export function roomForInts(column: Int32Array<ArrayBuffer>, length: number, rest = 0): Int32Array<ArrayBuffer> {
  if (length <= column.length) return column;
  const grown = new Int32Array(Math.max(length, column.length * 2, 16));
  grown.set(column);
  if (rest !== 0) grown.fill(rest, column.length);
  return grown;
}

/** As `roomForInts`, for doubles; the rest is 0. */
export function roomForNumbers(column: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (length <= column.length) return column;
  const grown = new Float64Array(Math.max(length, column.length * 2, 16));
  grown.set(column);
  return grown;
}
