import type { Test } from '../index/conjunction.ts';
import { nextDown, nextUp } from '../index/ieee-neighbours.ts';
import type { Reference, Scalar } from '../language/ast.ts';
import { printReference, printScalar } from '../language/print.ts';
import { shorten } from './observed-value.ts';

/**
 * The key that tests make together, as the language writes it.
 *
 * @param tests Equalities and ranges; none when the topic filter is the key.
 */
export function printKey(tests: readonly Test[], topic: string): string {
  return tests.length === 0 ? `topic ${shorten(topic)}` : tests.map(printTest).join(' AND ');
}

function printTest(test: Test): string {
  if (test.kind === 'equal') {
    const { reference, value } = test;
    return reference.kind === 'prefix'
      ? `startsWith(${nameOf(reference.of)}, ${print(value)})`
      : `${nameOf(reference)} = ${print(value)}`;
  }
  if (test.kind !== 'range') throw new TypeError(`no access key is a test of the kind ${test.kind}`);
  const name = nameOf(test.reference);
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
  return shorten(printScalar(value));
}

function nameOf(reference: Reference): string {
  return shorten(printReference(reference));
}
