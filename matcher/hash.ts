/**
 * Hashes of 32 bits: FNV-1a over code units, and MurmurHash3's finaliser where all bits have to be good. They do not
 * withstand somebody who wants values to collide; who looks things up by them compares what is found.
 */

/** What {@link hashUnit} begins with. */
export const HASH_START = 0x811c9dc5 | 0;

/** One more code unit, or any small number. */
export function hashUnit(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193);
}

/** All code units of a text. */
export function hashText(text: string): number {
  let hash = HASH_START;
  for (let i = 0; i < text.length; i += 1) hash = hashUnit(hash, text.charCodeAt(i));
  return hash;
}

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/** By value; zero must not carry a sign. */
export function hashNumber(value: number): number {
  double[0] = value;
  return combineHashes(halves[0] as number, halves[1] as number);
}

/** Of an ordered pair. Every bit depends on every bit of both. */
export function combineHashes(left: number, right: number): number {
  let hash = Math.imul(left, 0x9e3779b1) ^ right;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
