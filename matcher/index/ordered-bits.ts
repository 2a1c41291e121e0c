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

/**
 * Writes the words of a number and those of its negative to `words[at]`…`words[at + 3]`. The number is not -0 or NaN, and is the
 * one at `index` of the doubles whose bits are `bits`: where a column of doubles is read anyway, no copy is needed.
 */
export function writeBothOrdered(bits: Int32Array, index: number, words: Int32Array, at: number): void {
  const bitsHigh = bits[2 * index + HIGH] as number;
  const flip = bitsHigh >> 31;
  const high = bitsHigh ^ (flip & 0x7fffffff);
  const low = (bits[2 * index + 1 - HIGH] as number) ^ flip ^ -0x80000000;
  words[at] = high;
  words[at + 1] = low;
  // Negation mirrors the order, but 0 stays.
  const isZero = high === 0 && low === -0x80000000;
  words[at + 2] = isZero ? high : ~high;
  words[at + 3] = isZero ? low : ~low;
}

/** The number that was written to `words[at]`. */
export function readOrdered(words: Int32Array, at: number): number {
  const high = words[at] as number;
  const flip = high >> 31;
  halves[HIGH] = high ^ (flip & 0x7fffffff);
  halves[1 - HIGH] = (words[at + 1] as number) ^ flip ^ -0x80000000;
  return double[0] as number;
}
