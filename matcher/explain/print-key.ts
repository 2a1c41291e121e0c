import type { KeyTest } from '../index/conjunction.ts';
import { nextDown, nextUp } from '../index/ieee-neighbours.ts';
import type { Reference, Scalar } from '../language/ast.ts';
import { printReference, printScalar } from '../language/print.ts';
import { shorten } from './observed-value.ts';

/** Of a list so many values are printed. */
const VALUES_SHOWN = 3;

/**
 * The key that tests make together, as the language writes it.
 *
 * @param tests None when the topic filter is the key.
 */
export function printKey(tests: readonly KeyTest[], topic: string): string {
  return tests.length === 0 ? `topic ${shorten(topic)}` : tests.map(printTest).join(' AND ');
}

function printTest(test: KeyTest): string {
  if (test.kind === 'equal') {
    const { reference, value } = test;
    switch (reference.kind) {
      case 'prefix':
        return `startsWith(${nameOf(reference.of)}, ${print(value)})`;
      case 'gram':
        return `contains(${nameOf(reference.of)}, ${print(value)})`;
      default:
        return `${nameOf(reference)} = ${print(value)}`;
    }
  }
  if (test.kind === 'oneOf') {
    const { reference, values } = test;
    return reference.kind === 'prefix'
      ? `startsWith(${nameOf(reference.of)}, ${printSome(values)})`
      : `${nameOf(reference)} IN (${printSome(values)})`;
  }
  const name = nameOf(test.reference);
  const low = Number.isFinite(test.low) ? `${name} ${above(test.low)}` : undefined;
  const high = Number.isFinite(test.high) ? `${name} ${below(test.high)}` : undefined;
  return [low, high].filter((bound) => bound !== undefined).join(' AND ');
}

/** The first few of many values, and how many there are beside. */
function printSome(values: readonly Scalar[]): string {
  const shown = values.slice(0, VALUES_SHOWN).map(print).join(', ');
  return values.length > VALUES_SHOWN ? `${shown}, … ${values.length - VALUES_SHOWN} more` : shown;
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
