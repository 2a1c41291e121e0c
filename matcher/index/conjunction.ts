/**
 * What the index knows of a predicate: tests, which an entry can hold. A conjunction is a list of tests that must all be
 * true; only *true* counts here, so *unknown* and *false* are one.
 */
import type { Condition, Reference, Scalar } from '../language/ast.ts';
import { printReference } from '../language/print.ts';
import type { Prefix } from './prefix.ts';
import type { SlotReference } from './slot-reference.ts';

export type Test =
  | EqualTest
  | { readonly kind: 'notEqual'; readonly reference: Reference; readonly value: Scalar }
  | RangeTest
  | SetTest<'oneOf'>
  | SetTest<'noneOf'>
  | { readonly kind: 'isNull' | 'notNull' | 'exists'; readonly reference: Reference }
  /** Two branches or more. */
  | { readonly kind: 'any'; readonly branches: readonly Conjunction[] }
  | { readonly kind: 'opaque'; readonly condition: Condition };

/** A number between the bounds, both included; at most one is infinite. */
export interface RangeTest {
  readonly kind: 'range';
  readonly reference: Reference;
  readonly low: number;
  readonly high: number;
}

interface EqualTest {
  readonly kind: 'equal';
  readonly reference: SlotReference;
  readonly value: Scalar;
}

interface ValueSet<Kind extends string> {
  readonly kind: Kind;
  readonly reference: Reference | Prefix;
  /** Two or more, all different. */
  readonly values: readonly Scalar[];
}

interface SetTest<Kind extends string> extends ValueSet<Kind> {
  /** What the test says, for sets that do not fit an entry. Made when it is asked. */
  readonly condition: Condition;
}

/** A test that can be an access key. */
export type KeyTest = EqualTest | RangeTest | ValueSet<'oneOf'>;

export type Conjunction = readonly Test[];

/** Both at once, with the ranges on one reference merged; `undefined` when they exclude each other. */
export function joined(left: Conjunction, right: Conjunction): Conjunction | undefined {
  return mergeRanges([...left, ...right]);
}

/** `a > 1 AND a < 5` becomes one interval; `undefined` when it is empty. */
function mergeRanges(tests: Conjunction): Conjunction | undefined {
  let merged: Test[] | undefined;
  const first = new Map<string, number>();
  for (const [i, test] of tests.entries()) {
    if (test.kind !== 'range') {
      merged?.push(test);
      continue;
    }
    const name = printReference(test.reference);
    const at = first.get(name);
    if (at === undefined) {
      first.set(name, merged?.length ?? i);
      merged?.push(test);
      continue;
    }
    merged ??= tests.slice(0, i);
    const other = merged[at] as RangeTest;
    const low = Math.max(other.low, test.low);
    const high = Math.min(other.high, test.high);
    if (low > high) return undefined;
    merged[at] = { ...other, low, high };
  }
  return merged ?? tests;
}
