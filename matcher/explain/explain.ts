import type { MatchableEvent } from '../event.ts';
import { type CompiledFilter, compileFilter, type Filter } from '../filter.ts';
import { referencesOf } from '../index/references-of.ts';
import type { Condition, Verdict } from '../language/ast.ts';
import { evaluate } from '../language/evaluate.ts';
import { printCondition } from '../language/print.ts';
import { explainTopic, type TopicExplanation } from './explain-topic.ts';
import { type ObservedValue, observe, shorten } from './observed-value.ts';
import { reasonFor } from './reason.ts';

export type ClauseVerdict = 'true' | 'false' | 'unknown';

/** One condition of a predicate, and what became of it. */
export interface ClauseExplanation {
  /** The condition in the language's canonical spelling, shortened. */
  readonly text: string;
  readonly verdict: ClauseVerdict;
  /** In words, for people; not for programs. */
  readonly reason: string;
  /** What the clause read, each reference once. None for AND, OR and NOT: their parts have them. */
  readonly values: readonly ObservedValue[];
  /** The parts of AND, OR and NOT. */
  readonly clauses: readonly ClauseExplanation[];
}

/**
 * Why a filter matches an event, or not. Plain JSON; its size is bounded by the predicate's, about 1 KB a condition.
 */
export interface Explanation {
  readonly matched: boolean;
  readonly topic: TopicExplanation;
  /** Absent where the filter has no predicate. Explained even if the topic failed. */
  readonly predicate?: ClauseExplanation;
}

/**
 * Explains a filter that nobody need have subscribed to: a dry run. Agrees with `Matcher.match` on every event.
 *
 * @throws {FilterError} when the filter is refused.
 */
export function explainFilter(event: MatchableEvent, filter: Filter | CompiledFilter): Explanation {
  return explainParsed(event, filter.topic, ('key' in filter ? filter : compileFilter(filter)).parsed);
}

/** As `explainFilter`, of a filter that was checked. */
export function explainParsed(event: MatchableEvent, filter: string, parsed: Condition | undefined): Explanation {
  const topic = explainTopic(filter, event.topic);
  if (parsed === undefined) return { matched: topic.verdict === 'true', topic };
  const predicate = explainClause(parsed, withDataRead(event));
  return { matched: topic.verdict === 'true' && predicate.verdict === 'true', topic, predicate };
}

function explainClause(condition: Condition, event: MatchableEvent): ClauseExplanation {
  const parts = partsOf(condition);
  const verdict = evaluate(condition, event);
  return {
    text: shorten(printCondition(condition)),
    verdict: nameOf(verdict),
    reason: reasonFor(condition, verdict, event),
    values: parts.length > 0 ? [] : valuesOf(condition, event),
    clauses: parts.map((part) => explainClause(part, event)),
  };
}

function partsOf(condition: Condition): readonly Condition[] {
  if (condition.kind === 'and' || condition.kind === 'or') return condition.conditions;
  return condition.kind === 'not' ? [condition.condition] : [];
}

function valuesOf(condition: Condition, event: MatchableEvent): ObservedValue[] {
  const values = new Map<string, ObservedValue>();
  for (const reference of referencesOf(condition)) {
    const observed = observe(reference, event);
    values.set(observed.reference, observed);
  }
  return [...values.values()];
}

function nameOf(verdict: Verdict): ClauseVerdict {
  return verdict === undefined ? 'unknown' : verdict ? 'true' : 'false';
}

/** The event with its data read once, for it may be decoded at each reading. */
function withDataRead(event: MatchableEvent): MatchableEvent {
  const { topic, data, attributes, source, id, time, size, contentType } = event;
  return { topic, data, attributes, source, id, time, size, contentType };
}
