/** Maps positive numbers to positions, so that equal ratios are equal distances. */
export interface LogScale {
  readonly at: (value: number) => number;
  /** The powers of ten within the domain, both ends included. */
  readonly ticks: readonly number[];
}

/**
 * A scale whose domain reaches out to powers of ten around the values, and over one decade at least. Values that are
 * not positive and finite are not looked at; with no others the domain is 1…10.
 *
 * @param range Positions of the domain's two ends; the first may be the greater, as on an axis that points up.
 */
export function logScale(values: readonly number[], range: readonly [number, number]): LogScale {
  const shown = values.filter(isShown);
  const low = shown.length === 0 ? 0 : Math.floor(rounded(Math.log10(Math.min(...shown))));
  const high = Math.max(low + 1, shown.length === 0 ? 1 : Math.ceil(rounded(Math.log10(Math.max(...shown)))));
  const [from, to] = range;
  return {
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, i) => Number(`1e${low + i}`)),
  };
}

/** Whether a logarithmic scale has a place for it. */
export function isShown(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

/** The logarithm of a power of ten may miss the integer by its last bit. */
function rounded(logarithm: number): number {
  return Math.round(logarithm * 1e9) / 1e9;
}
