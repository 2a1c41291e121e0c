/**
 * Doubles as pairs of int32 that compare as the doubles do: the first words decide, and only where they are equal the
 * second. So numbers stand anywhere between other int32 words, without the alignment that a Float64Array asks for.
 *
 * IEEE 754 doubles above zero are in the order of their bits; below zero in the reverse order, so those bits are
 * flipped. The low word is shifted into the signed range. -0 and 0 are one.
 */

/** The first word of what is below every number: missing, or no number. No double has it. */
export const NO_NUMBER = -0x80000000;

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);
// Which half is which depends on the machine.
double[0] = -0;
const HIGH = halves[1] === 0 ? 0 : 1;

/** Writes the two words of a number, which is not NaN, to `words[at]`. */
export function writeOrdered(value: number, words: Int32Array, at: number): void {
  double[0] = value + 0;
  const high = halves[HIGH] as number;
  const flip = high >> 31;
  words[at] = high ^ (flip & 0x7fffffff);
  words[at + 1] = (halves[1 - HIGH] as number) ^ flip ^ -0x80000000;
}

/** Writes the negative of the number at `words[from]` to `words[to]`. Negation mirrors the order, but 0 stays. */
export function negateOrdered(words: Int32Array, from: number, to: number): void {
  const high = words[from] as number;
  const low = words[from + 1] as number;
  const isZero = high === 0 && low === -0x80000000;
  words[to] = isZero ? high : ~high;
  words[to + 1] = isZero ? low : ~low;
}

/** The number that was written to `words[at]`. */
export function readOrdered(words: Int32Array, at: number): number {
  const high = words[at] as number;
  const flip = high >> 31;
  halves[HIGH] = high ^ (flip & 0x7fffffff);
  halves[1 - HIGH] = (words[at + 1] as number) ^ flip ^ -0x80000000;
  return double[0] as number;
}
