import type { Conjunction } from './conjunction.ts';
import { coverOf } from './cover.ts';
import { isKey } from './keys.ts';

/**
 * What a filter costs the events that it does not match.
 *
 * - `indexed`: nothing. It is found by an equality, a range or an IN, or by at most `BRANCHES_MAX` (64) of these that
 *   together cover an OR, however deep they are in it; or it has no predicate.
 * - `partly`: its predicate has no such key, so it is evaluated for every event whose topic matches; the topic filter
 *   names at least one level.
 * - `residual`: the same, and the topic filter is wildcards only: it is evaluated for every event.
 */
export type Cost = 'indexed' | 'partly' | 'residual';

/** @param tests `undefined` for a predicate that is never true. */
export function costOf(topic: string, tests: Conjunction | undefined): Cost {
  if (tests === undefined || tests.length === 0 || tests.some(isKey) || coverOf(tests, () => 1) !== undefined)
    return 'indexed';
  return topic.split('/').every((level) => level === '+' || level === '#') ? 'residual' : 'partly';
}
