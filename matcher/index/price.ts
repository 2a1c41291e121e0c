/** What a filter is expected to cost an event, and the keys it is found by, in words. */
import type { Scalar } from '../language/ast.ts';
import { printReference, printScalar } from '../language/print.ts';
import type { Test } from './conjunction.ts';
import { nextDown, nextUp } from './ieee-neighbours.ts';

/** One place of the index where a filter is found. */
export interface PricedKey {
  /** `site = 'x'`, `temperature > 30`, `topic sensors/#`; at most about 120 characters of each constant. */
  readonly key: string;
  /** The share of events expected to have the key, 0 to 1: these are offered the filter. */
  readonly share: number;
}

/** Expectations from what events have shown so far, and guesses where they have shown nothing yet. */
export interface Price {
  /** One, or one for each branch of an OR or IN that the filter was split into. None for a filter that is never true. */
  readonly keys: readonly PricedKey[];
  /** How often an event is expected to be offered the filter, over all keys. */
  readonly offersPerEvent: number;
  /** Tests expected to be evaluated for each offer, the key's own included: 1 or more. */
  readonly testsPerOffer: number;
  /** The figure to compare filters by: the tests that an event is expected to pay for this one. */
  readonly testsPerEvent: number;
}

export const FREE: Price = { keys: [], offersPerEvent: 0, testsPerOffer: 0, testsPerEvent: 0 };

/** The longest text of a constant, in UTF-16 code units. */
const SHOWN_MAX = 120;

/**
 * The key that tests make together, as the language writes it.
 *
 * @param tests Equalities and ranges; none when the topic filter is the key.
 */
export function printKey(tests: readonly Test[], topic: string): string {
  return tests.length === 0 ? `topic ${topic}` : tests.map(printTest).join(' AND ');
}

function printTest(test: Test): string {
  if (test.kind === 'equal') {
    const { reference, value } = test;
    return reference.kind === 'prefix'
      ? `startsWith(${printReference(reference.of)}, ${print(value)})`
      : `${printReference(reference)} = ${print(value)}`;
  }
  if (test.kind !== 'range') throw new TypeError(`no access key is a test of the kind ${test.kind}`);
  const name = printReference(test.reference);
  const low = Number.isFinite(test.low) ? `${name} ${above(test.low)}` : undefined;
  const high = Number.isFinite(test.high) ? `${name} ${below(test.high)}` : undefined;
  return [low, high].filter((bound) => bound !== undefined).join(' AND ');
}

/** Bounds are kept closed: `> 30` as `>= 30.000000000000004`. The shorter spelling is the one that was meant. */
function above(low: number): string {
  const open = nextDown(low);
  return isShorter(open, low) ? `> ${open}` : `>= ${low}`;
}

function below(high: number): string {
  const open = nextUp(high);
  return isShorter(open, high) ? `< ${open}` : `<= ${high}`;
}

function isShorter(one: number, other: number): boolean {
  return String(one).length < String(other).length;
}

function print(value: Scalar): string {
  if (typeof value !== 'string' || value.length <= SHOWN_MAX) return printScalar(value);
  // A half surrogate at the cut is printed as an escape.
  return `${printScalar(value.slice(0, SHOWN_MAX))}…`;
}
