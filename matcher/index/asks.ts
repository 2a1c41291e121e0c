import type { Reference } from '../language/ast.ts';
import type { Conjunction, Test } from './conjunction.ts';
import { referencesOf } from './references-of.ts';
import { isPart, type SlotReference } from './slot-reference.ts';

/** What filters ask of an event beyond its topic, the least first: nothing, something, or something of its data. */
export const ASKS_NOTHING = 0;
export const ASKS_EVENT = 1;
export const ASKS_DATA = 2;

/** What a filter with these tests asks. Cost: the references in them. */
export function asksOf(tests: Conjunction): number {
  let most = ASKS_NOTHING;
  for (const test of tests) most = Math.max(most, asksOfTest(test));
  return most;
}

function asksOfTest(test: Test): number {
  switch (test.kind) {
    case 'any':
      return Math.max(ASKS_EVENT, ...test.branches.map(asksOf));
    case 'opaque':
      return Math.max(ASKS_EVENT, ...referencesOf(test.condition).map(asksOfReference));
    default:
      return asksOfReference(test.reference);
  }
}

function asksOfReference(reference: SlotReference | Reference): number {
  if (isPart(reference)) return asksOfReference(reference.of);
  return reference.kind === 'data' ? ASKS_DATA : ASKS_EVENT;
}
