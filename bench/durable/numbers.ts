/** Numbers as the tables of this bench have them. */

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function oneDigit(value: number): string {
  return value < 100 ? value.toFixed(1) : whole(value);
}

export function megabytes(bytes: number): string {
  return oneDigit(bytes / 2 ** 20);
}

/** The middle one; of an even number the higher of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
