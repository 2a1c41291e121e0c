/**
 * The matcher: topic filters and content predicates, a million of them, matched, changed and explained in
 * microseconds. A pure library: no I/O, no clock, no dependency on the broker. This file is its whole surface.
 */
export type { JsonReader, JsonValue, MatchableEvent } from './event.ts';
export type { ClauseExplanation, ClauseVerdict, Explanation } from './explain/explain.ts';
export { explainFilter } from './explain/explain.ts';
export type { TopicExplanation } from './explain/explain-topic.ts';
export type { Miss } from './explain/miss.ts';
export type { ObservedValue, ValueType } from './explain/observed-value.ts';
export { printExplanation } from './explain/print-explanation.ts';
export { type CompiledFilter, compileFilter, type Filter } from './filter.ts';
export { FilterError, type FilterErrorCode } from './filter-error.ts';
export type { Cost } from './index/cost.ts';
export type { Price, PricedKey } from './index/price.ts';
export { decodeJson } from './json/decode-json.ts';
export type { JsonFault, JsonLimits } from './json/json-shape.ts';
export type { Condition, Operand, Scalar, Verdict } from './language/ast.ts';
export { compileCondition, type Judge } from './language/compile-condition.ts';
export { evaluate } from './language/evaluate.ts';
export { defaultPredicateLimits, type PredicateLimits } from './language/limits.ts';
export { normalise } from './language/normalise.ts';
export { parsePredicate } from './language/parse.ts';
export { Positions } from './language/positions.ts';
export { printCondition } from './language/print.ts';
export { readPath } from './language/values.ts';
export { type Admission, Matcher, type MatcherOptions, type Matches } from './matcher.ts';
export type { MatcherStats } from './matcher-stats.ts';
export {
  COSTLY_FILTERS_MAX,
  COSTLY_PAGE_MAX,
  type CostlyFilter,
  type CostlyPage,
  type FilterCost,
} from './sweep.ts';
export { checkTopic, checkTopicFilter, TOPIC_LIMITS } from './topic/check-topic.ts';
export { topicMatches } from './topic/topic-matches.ts';
