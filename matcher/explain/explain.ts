import type { MatchableEvent } from '../event.ts';
import { type CompiledFilter, compiledFrom, type Filter } from '../filter.ts';
import { referencesOf } from '../index/references-of.ts';
import type { Condition, Group, Verdict } from '../language/ast.ts';
import { combine, evaluate } from '../language/evaluate.ts';
import { printCondition, printGroup } from '../language/print.ts';
import { type ClauseVerdict, nameOf } from './clause-verdict.ts';
import { explainTopic, type TopicExplanation } from './explain-topic.ts';
import { type Miss, missOf } from './miss.ts';
import { type ObservedValue, observe, SHOWN_MAX, shorten } from './observed-value.ts';
import { reasonForAtom, reasonForGroup } from './reason.ts';

export type { ClauseVerdict };

/** One condition of a predicate, and what became of it. */
export interface ClauseExplanation {
  /** The condition in the language's canonical spelling, shortened. */
  readonly text: string;
  readonly verdict: ClauseVerdict;
  /** In words, for people; not for programs. */
  readonly reason: string;
  /** By how much a comparison of numbers failed. Absent where it did not, or no number says it. */
  readonly miss?: Miss;
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
 * Cost: parsing, unless it was compiled, and evaluating each condition of the predicate once.
 *
 * @throws {FilterError} when the filter is refused.
 */
export function explainFilter(event: MatchableEvent, filter: Filter | CompiledFilter): Explanation {
  const { topic, parsed } = compiledFrom(filter);
  return explainParsed(event, topic, parsed);
}

/** As `explainFilter`, of a filter that was checked. */
export function explainParsed(event: MatchableEvent, filter: string, parsed: Condition | undefined): Explanation {
  const topic = explainTopic(filter, event.topic);
  if (parsed === undefined) return { matched: topic.verdict === 'true', topic };
  const predicate = explainClause(parsed, withDataRead(event)).clause;
  return { matched: topic.verdict === 'true' && predicate.verdict === 'true', topic, predicate };
}

/** A clause, and what the clause around it needs to know. */
interface Explained {
  readonly clause: ClauseExplanation;
  readonly verdict: Verdict;
  /** The condition as it is printed, but no more of it than tells `shorten` that there is more. */
  readonly opening: string;
}

/** From the leaves up, so that each test is made and printed once, however deep it lies. */
function explainClause(condition: Condition, event: MatchableEvent): Explained {
  if (!isGroup(condition)) {
    const verdict = evaluate(condition, event);
    const miss = verdict === false ? missOf(condition, event) : undefined;
    const reason = reasonForAtom(condition, { verdict, miss }, event);
    const rest = { reason, ...(miss && { miss }), values: valuesOf(condition, event), clauses: [] };
    return explained(printCondition(condition), verdict, rest);
  }
  const conditions = condition.kind === 'not' ? [condition.condition] : condition.conditions;
  const parts = conditions.map((part) => explainClause(part, event));
  const verdicts = parts.map((part) => part.verdict);
  const verdict = combine(condition.kind, verdicts);
  const text = printGroup(
    condition,
    parts.map((part) => part.opening),
  );
  const reason = reasonForGroup(condition.kind, verdict, verdicts);
  return explained(text, verdict, { reason, values: [], clauses: parts.map((part) => part.clause) });
}

function isGroup(condition: Condition): condition is Group {
  return condition.kind === 'and' || condition.kind === 'or' || condition.kind === 'not';
}

function explained(text: string, verdict: Verdict, rest: Omit<ClauseExplanation, 'text' | 'verdict'>): Explained {
  return {
    clause: { text: shorten(text), verdict: nameOf(verdict), ...rest },
    verdict,
    opening: text.slice(0, SHOWN_MAX + 1),
  };
}

function valuesOf(condition: Condition, event: MatchableEvent): ObservedValue[] {
  const values = new Map<string, ObservedValue>();
  for (const reference of referencesOf(condition)) {
    const observed = observe(reference, event);
    values.set(observed.reference, observed);
  }
  return [...values.values()];
}

/** The event with its data read once, for it may be decoded at each reading. */
function withDataRead(event: MatchableEvent): MatchableEvent {
  const { topic, data, attributes, source, id, time, size, contentType } = event;
  return { topic, data, attributes, source, id, time, size, contentType };
}
