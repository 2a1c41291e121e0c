/**
 * Signatures: two words of an entry that decide most scans without reading the entry. What they let pass is verified exactly,
 * unless they are certain of it; what they hold back fails for certain.
 *
 * A bound is the side and the top of the number, as ordered-bits.ts writes it, so that one comparison of integers tells
 * `<`, `>` and, one time in hundreds, "nearly equal".
 *
 *     bound       ┌ 0 ┬ side / 2 ┬ number ┐           1, 11 and 20 bits, the number signed
 *     constant    ┌ 1 ┬ is it <> ┬ slot ┬ symbol ┐    1, 1, 10 and 20 bits
 *
 * The first word is the first bound among the tests, and the second the next bound or constant: the tests that fail most
 * often come first. In a cell of a grid the first word is the key, a rectangle (see grid.ts): four comparisons in one
 * subtraction.
 *
 *     corners     ┌ low a ┬ high a ┬ low b ┬ high b ┐     8 bits each, of which one is for the borrow
 */
import {
  AT_LEAST,
  ENTRY_HEADER,
  EQUAL,
  entryWords,
  NOT_EQUAL,
  NUMBER_SHIFT,
  OPCODE_MASK,
  OPERAND_SHIFT,
  SIDE_SHIFT,
  testWords,
  WITHIN,
} from './program.ts';

/** What a card says of its entry. */
export interface Signature {
  readonly first: number;
  readonly second: number;
  /** Words of the first tests that hold when the first word is certain, and when both are. */
  readonly sure: number;
  readonly sureOfBoth: number;
  /** Are these all tests that the access key leaves to be verified? */
  readonly isAll: boolean;
  /** Is the first word a bound? Otherwise cards stand in no order, and not in groups. */
  readonly isBound: boolean;
}

/** Lets everything pass. It looks like a bound of the last side, which therefore has none. */
export const PASSES = 0x7ff80000;
export const SYMBOL_MASK = 0xfffff;
/** Bits of a constant that hold the slot, once it is shifted by `SIDE_SHIFT`. */
export const CONSTANT_SLOT_MASK = 0x3ff;
export const IS_CONSTANT = 1 << 31;
export const IS_NOT_EQUAL = 1 << 30;

/** Sides whose half does not fit have no signature. */
const SIDES_MAX = (1 << 12) - 2;

/** The signature of an entry. A pair's key comes first in it: its signature is the pair index's business. */
export function signatureOf(entry: Int32Array): Signature {
  return signatureAt(entry, ENTRY_HEADER);
}

/** The signature by the tests from `at` on; what stands before holds. */
export function signatureAt(entry: Int32Array, at: number): Signature {
  const end = entryWords(entry, 0);
  let first = at;
  while (first < end && boundAt(entry, first) === PASSES) first += testWords(entry, first);
  const second = nextAt(entry, at, first, end);
  const firstWord = first < end ? boundAt(entry, first) : PASSES;
  const secondWord = second < end ? secondAt(entry, second) : PASSES;
  let sure = at;
  if (first === at && first < end && isExact(entry, first)) sure += testWords(entry, first);
  let both = at;
  while (both < end && (both === first || both === second) && isExact(entry, both)) both += testWords(entry, both);
  return {
    first: firstWord,
    second: secondWord,
    sure: sure - at,
    sureOfBoth: both - at,
    isAll: both === end,
    isBound: true,
  };
}

/** The signature of an entry in a cell: its corners, and what comes next. The key is at `at`, the other tests at `after`. */
export function cornersSignature(entry: Int32Array, corners: number, at: number, after: number): Signature {
  const end = entryWords(entry, 0);
  const second = nextAt(entry, after, end, end);
  const secondWord = second < end ? secondAt(entry, second) : PASSES;
  const both = second === after && second < end && isExact(entry, after) ? after + testWords(entry, after) : after;
  return {
    first: corners,
    second: secondWord,
    sure: after - at,
    sureOfBoth: both - at,
    isAll: both === end,
    isBound: false,
  };
}

/** The first test from `at` on that can be a second word and is not the one at `taken`; `end` when there is none. */
function nextAt(entry: Int32Array, at: number, taken: number, end: number): number {
  let next = at;
  while (next < end && (next === taken || secondAt(entry, next) === PASSES)) next += testWords(entry, next);
  return next;
}

function secondAt(entry: Int32Array, at: number): number {
  const head = entry[at] as number;
  const opcode = head & OPCODE_MASK;
  if (opcode !== EQUAL && opcode !== NOT_EQUAL) return boundAt(entry, at);
  const slot = head >>> OPERAND_SHIFT;
  const symbol = entry[at + 1] as number;
  if (slot > CONSTANT_SLOT_MASK || symbol > SYMBOL_MASK) return PASSES;
  return IS_CONSTANT | (opcode === NOT_EQUAL ? IS_NOT_EQUAL : 0) | (slot << SIDE_SHIFT) | symbol;
}

function boundAt(entry: Int32Array, at: number): number {
  const head = entry[at] as number;
  const opcode = head & OPCODE_MASK;
  const side = head >>> OPERAND_SHIFT;
  if ((opcode !== AT_LEAST && opcode !== WITHIN) || side >= SIDES_MAX) return PASSES;
  return ((side >> 1) << SIDE_SHIFT) | (((entry[at + 1] as number) >> NUMBER_SHIFT) & SYMBOL_MASK);
}

/** Does a word say all of the test at `at`? Of two bounds it says one. */
function isExact(entry: Int32Array, at: number): boolean {
  return ((entry[at] as number) & OPCODE_MASK) !== WITHIN;
}
