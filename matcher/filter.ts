import { FilterError } from './filter-error.ts';
import { type Conjunction, conjunctionOf } from './index/conjunction.ts';
import { type Cost, costOf } from './index/cost.ts';
import type { Condition } from './language/ast.ts';
import type { PredicateLimits } from './language/limits.ts';
import { normalise } from './language/normalise.ts';
import { parsePredicate } from './language/parse.ts';
import { printCondition } from './language/print.ts';
import { checkTopicFilter } from './topic/check-topic.ts';

/** What a subscriber asks for. */
export interface Filter {
  /** A topic filter: `sensors/+/temp`. */
  readonly topic: string;
  /** A predicate: `temperature > 30 AND humidity < 50`. Absent: every event of the topics. */
  readonly when?: string | undefined;
}

/** A filter that was checked and can be added to any matcher. It is not changed by that, and can be kept and shared. */
export interface CompiledFilter extends Filter {
  /** Equal for filters that differ in spelling or order only, and then they share one entry in a matcher. */
  readonly key: string;
  /** Its price, before it is added; see `Cost`. */
  readonly cost: Cost;
  /** The predicate as it was written. */
  readonly parsed: Condition | undefined;
  /** The predicate as it is indexed. */
  readonly condition: Condition | undefined;
  /** The predicate's tests; none for no predicate, `undefined` for one that is never true. */
  readonly tests: Conjunction | undefined;
}

/**
 * Checks, parses and normalises a filter. Cost: linear in its text, some microseconds.
 *
 * @throws {FilterError} when the topic filter or the predicate is refused; its `text` is the one of the two at fault, empty if
 *   that is no string.
 */
export function compileFilter(filter: Filter, limits?: Partial<PredicateLimits>): CompiledFilter {
  requireTopic(filter);
  const { topic, when } = filter;
  checkTopicFilter(topic);
  if (when === undefined) {
    return { topic, when, key: keyOf(topic, ''), cost: 'indexed', parsed: undefined, condition: undefined, tests: [] };
  }
  const parsed = parsePredicate(when, limits);
  const condition = normalise(parsed);
  const tests = conjunctionOf(condition);
  return {
    topic,
    when,
    key: keyOf(topic, printCondition(condition)),
    cost: costOf(topic, tests),
    parsed,
    condition,
    tests,
  };
}

/** As it is if it was checked, or else as {@link compileFilter} makes it. */
export function compiledFrom(filter: Filter | CompiledFilter, limits?: Partial<PredicateLimits>): CompiledFilter {
  requireTopic(filter);
  return 'key' in filter ? filter : compileFilter(filter, limits);
}

/** Callers in JavaScript have no types, and neither has parsed JSON. */
function requireTopic(filter: Filter): void {
  if (typeof filter === 'object' && filter !== null && typeof filter.topic === 'string') return;
  throw new FilterError('topic_filter_invalid', 'a filter is an object with a topic, which is a string', '', 0);
}

/** U+0000 is in no topic filter, so the key tells the two parts apart. No predicate prints as nothing. */
function keyOf(topic: string, predicate: string): string {
  return `${topic}\0${predicate}`;
}
