import { compilePredicate } from './compile/compile-predicate.ts';
import { FilterError } from './filter-error.ts';
import { combineHashes, hashText } from './hash.ts';
import type { Conjunction } from './index/conjunction.ts';
import { type Cost, costOf } from './index/cost.ts';
import type { Condition } from './language/ast.ts';
import { type PredicateLimits, predicateCeilings } from './language/limits.ts';
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
  /** Of 32 bits, equal for equal keys. */
  readonly hash: number;
  /** Its price, before it is added; see `Cost`. */
  readonly cost: Cost;
  /** The predicate's tests; none for no predicate, `undefined` for one that is never true. */
  readonly tests: Conjunction | undefined;
  /**
   * Equal for filters that differ in spelling or order only, and then they share one entry in a matcher. This one, and the
   * next two, are made from the text whenever they are asked for, in some microseconds.
   */
  readonly key: string;
  /** The predicate as it was written. */
  readonly parsed: Condition | undefined;
  /** The predicate in its normal form. */
  readonly condition: Condition | undefined;
}

/**
 * Checks a filter and makes its tests. Cost: linear in its text; about a microsecond where its clauses look like ones that
 * were seen lately, some microseconds otherwise.
 *
 * @throws {FilterError} when the topic filter or the predicate is refused; its `text` is the one of the two at fault, empty if
 *   that is no string.
 */
export function compileFilter(filter: Filter, limits?: Partial<PredicateLimits>): CompiledFilter {
  requireTopic(filter);
  const { topic, when } = filter;
  checkTopicFilter(topic);
  if (when === undefined) return new CheckedFilter(topic, undefined, hashText(topic), []);
  const { tests, hash } = compilePredicate(when, limits);
  return new CheckedFilter(topic, when, combineHashes(hashText(topic), hash), tests);
}

class CheckedFilter implements CompiledFilter {
  readonly topic: string;
  readonly when: string | undefined;
  readonly hash: number;
  readonly cost: Cost;
  readonly tests: Conjunction | undefined;

  constructor(topic: string, when: string | undefined, hash: number, tests: Conjunction | undefined) {
    this.topic = topic;
    this.when = when;
    this.hash = hash;
    this.cost = costOf(topic, tests);
    this.tests = tests;
  }

  get key(): string {
    const { condition } = this;
    // U+0000 is in no topic filter, so it tells the two parts apart. No predicate prints as nothing.
    return `${this.topic}\0${condition === undefined ? '' : printCondition(condition)}`;
  }

  get parsed(): Condition | undefined {
    return this.when === undefined ? undefined : parsePredicate(this.when, predicateCeilings);
  }

  get condition(): Condition | undefined {
    const { parsed } = this;
    return parsed && normalise(parsed);
  }
}

/** As it is if it was checked, or else as {@link compileFilter} makes it. */
export function compiledFrom(filter: Filter | CompiledFilter, limits?: Partial<PredicateLimits>): CompiledFilter {
  return filter instanceof CheckedFilter ? filter : compileFilter(filter, limits);
}

/** Callers in JavaScript have no types, and neither has parsed JSON. */
function requireTopic(filter: Filter): void {
  if (typeof filter === 'object' && filter !== null && typeof filter.topic === 'string') return;
  throw new FilterError('topic_filter_invalid', 'a filter is an object with a topic, which is a string', '', 0);
}
