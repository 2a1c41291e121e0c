/**
 * Probes: up to two tests of a record, as intervals of floats. A scan reads 12 bytes for a candidate whose first probe
 * fails, and goes to the record only where the probes cannot tell.
 *
 * Bounds are rounded outwards to floats, so a probe may hold where its test fails, never the reverse. All probes have
 * one form: a one-sided range has an infinite end, an equality is the interval around its symbol, and what has no such
 * form is a probe that always holds, and leaves the candidate open.
 */
import {
  AT_LEAST,
  CONSTANT_SIDE,
  EQUAL,
  LENGTH_MASK,
  MANY_POSTINGS,
  OPCODE_MASK,
  OPERAND_SHIFT,
  RECORD_HEADER,
  SYMBOL_SIDE,
  sideOf,
  TOPIC,
  testWords,
  WITHIN,
} from './program.ts';

/** Holds where low <= numbers[side] <= high. */
export interface Probe {
  readonly side: number;
  readonly low: number;
  readonly high: number;
}

/** What a run holds of a record. */
export interface Candidate {
  readonly first: Probe;
  readonly second: Probe;
  readonly topic: number;
  readonly record: number;
  /** The filter's number · 2, plus 1 when the record has more to test than the probes and the topic. */
  readonly verdict: number;
}

const ALWAYS: Probe = { side: CONSTANT_SIDE, low: -1, high: 1 };

/**
 * The candidate for the record at `words[0]`. Tests come in the record's order, the most selective first; a range key
 * comes after the first of them, because its access structure has seen to it that it mostly holds.
 */
export function candidateOf(words: Int32Array, numbers: Float64Array, filter: number, record: number): Candidate {
  const end = (words[1] as number) & LENGTH_MASK;
  const probes: Probe[] = [];
  let topic = 0;
  let isOpen = ((words[1] as number) & MANY_POSTINGS) !== 0;
  let key: Probe | undefined;
  for (let at = RECORD_HEADER; at < end; at += testWords(words, at)) {
    const opcode = (words[at] as number) & OPCODE_MASK;
    if (opcode === TOPIC) topic = (words[at] as number) >>> OPERAND_SHIFT;
    else {
      const probe = probeOf(words, numbers, at);
      if (probe === undefined) isOpen = true;
      else if (at !== RECORD_HEADER) probes.push(probe);
      else if (opcode !== EQUAL) key = probe;
    }
  }
  if (key !== undefined) probes.splice(1, 0, key);
  if (probes.length > 2) isOpen = true;
  return {
    first: probes[0] ?? ALWAYS,
    second: probes[1] ?? ALWAYS,
    topic,
    record,
    verdict: filter * 2 + (isOpen ? 1 : 0),
  };
}

/**
 * Does the test behind a probe that holds, hold too? Not certain within the rounding of a bound. The slack is a few
 * times that rounding; bounds that are equal were not rounded, or they would differ.
 */
export function isCertain(value: number, low: number, high: number): boolean {
  if (low === high) return true;
  if (value < low + Math.abs(low) * 2 ** -22 + 2 ** -140) return false;
  return high === Number.POSITIVE_INFINITY || value <= high - Math.abs(high) * 2 ** -22 - 2 ** -140;
}

/** The probe of the test at `at`; `undefined` when it has no such form, or a bound that floats cannot come near. */
function probeOf(words: Int32Array, numbers: Float64Array, at: number): Probe | undefined {
  const head = words[at] as number;
  const operand = head >>> OPERAND_SHIFT;
  const opcode = head & OPCODE_MASK;
  if (opcode === EQUAL) {
    const symbol = words[at + 1] as number;
    return { side: sideOf(operand, SYMBOL_SIDE), low: floatBelow(symbol), high: -floatBelow(-symbol) };
  }
  if (opcode !== AT_LEAST && opcode !== WITHIN) return undefined;
  const low = numbers[(at + 2) >> 1] as number;
  if (Math.abs(low) > BOUND_MAX) return undefined;
  if (opcode === AT_LEAST) return { side: operand, low: floatBelow(low), high: Number.POSITIVE_INFINITY };
  const high = numbers[(at + 4) >> 1] as number;
  if (Math.abs(high) > BOUND_MAX) return undefined;
  return { side: operand, low: floatBelow(low), high: -floatBelow(-high) };
}

/** Just below the largest float. */
const BOUND_MAX = 3e38;

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** The largest float that is not greater than a double. */
function floatBelow(value: number): number {
  const rounded = Math.fround(value);
  if (rounded <= value) return rounded;
  if (rounded === 0) return -(2 ** -149);
  float[0] = rounded;
  bits[0] = (bits[0] as number) + (rounded > 0 ? -1 : 1);
  return float[0] as number;
}
