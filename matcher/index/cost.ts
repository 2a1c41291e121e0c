import { branchesOf, isKey } from './access-chooser.ts';
import type { Conjunction } from './conjunction.ts';

/**
 * What a filter costs the events that it does not match.
 *
 * - `indexed`: nothing. It is found by an equality, a range or an IN, or by one of these in every branch of an OR of at
 *   most `BRANCHES_MAX` (64) branches; or it has no predicate.
 * - `partly`: its predicate has no such key, so it is evaluated for every event whose topic matches; the topic filter
 *   names at least one level.
 * - `residual`: the same, and the topic filter is wildcards only: it is evaluated for every event.
 */
export type Cost = 'indexed' | 'partly' | 'residual';

/** @param tests `undefined` for a predicate that is never true. */
export function costOf(topic: string, tests: Conjunction | undefined): Cost {
  if (tests === undefined || tests.length === 0 || hasKey(tests)) return 'indexed';
  return topic.split('/').every((level) => level === '+' || level === '#') ? 'residual' : 'partly';
}

function hasKey(tests: Conjunction): boolean {
  return tests.some((test) => isKey(test) || branchesOf(test)?.every((branch) => branch.some(isKey)));
}
