/**
 * The next double above and below. With them every comparison becomes a closed bound, exactly:
 * `v > x` holds for the same doubles v as `v >= nextUp(x)`.
 */

const bits = new BigInt64Array(1);
const double = new Float64Array(bits.buffer);

/** The smallest double greater than `value`; Infinity above the largest finite one. `value` is not NaN. */
export function nextUp(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return value;
  if (value === 0) return Number.MIN_VALUE;
  double[0] = value;
  bits[0] = (bits[0] as bigint) + (value > 0 ? 1n : -1n);
  return double[0] as number;
}

/** The greatest double less than `value`; -Infinity below the least finite one. `value` is not NaN. */
export function nextDown(value: number): number {
  return -nextUp(-value);
}
