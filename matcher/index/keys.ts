import type { Conjunction, KeyTest, RangeTest, Test } from './conjunction.ts';
import { LIST_VALUES_MAX } from './list-table.ts';
import { SET_TEST_MAX } from './program.ts';

/** A test that entries can be found by. */
export type Key = Test & KeyTest;

/** A filter is posted under so many branches at most. */
export const BRANCHES_MAX = 64;

/** Can the test be an access key by itself? */
export function isKey(test: Test): test is Key {
  return test.kind === 'equal' || test.kind === 'range' || isList(test);
}

/** Is it a set that the list table holds? */
export function isList(test: Test): boolean {
  if (test.kind !== 'oneOf') return false;
  return test.values.length > SET_TEST_MAX && test.values.length <= LIST_VALUES_MAX;
}

/** Is the test a range with two bounds? */
export function isBand(test: Test): test is RangeTest {
  return test.kind === 'range' && Number.isFinite(test.low) && Number.isFinite(test.high);
}

/** The branches that a test can be split into. */
export function branchesOf(test: Test): readonly Conjunction[] | undefined {
  if (test.kind === 'any') return test.branches.length <= BRANCHES_MAX ? test.branches : undefined;
  if (test.kind !== 'oneOf' || test.values.length > BRANCHES_MAX) return undefined;
  const { reference, values } = test;
  return values.map((value) => [{ kind: 'equal', reference, value }]);
}
