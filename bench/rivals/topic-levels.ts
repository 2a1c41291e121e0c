import type { JsonValue } from '../../matcher/index.ts';
import { all, type Condition, compare, equals } from '../workloads/condition.ts';
import type { WorkloadFilter } from '../workloads/workload.ts';

/** An event's data with its topic's levels as fields: engines without topics match those like any others. */
export type RivalDocument = Readonly<Record<string, JsonValue>>;

/** Fields of no workload. */
const LEVEL = 'topicLevel';
const COUNT = 'topicLevels';

/** Splitting the topic is left out of every rival's time. */
export function documentOf(topic: string, data: JsonValue): RivalDocument {
  const levels = topic.split('/');
  const document: Record<string, JsonValue> = { ...(data as RivalDocument), [COUNT]: levels.length };
  for (const [depth, level] of levels.entries()) document[`${LEVEL}${depth}`] = level;
  return document;
}

/**
 * A filter's predicate and topic as one condition on such documents. A topic without wildcards is left out where
 * `isOnlyTopic` says that no event has another, to the rivals' advantage.
 */
export function conditionOf({ topic, condition }: WorkloadFilter, isOnlyTopic: boolean): Condition {
  const levels = topic.split('/');
  const conditions: Condition[] = [];
  if (!isOnlyTopic) {
    for (const [depth, level] of levels.entries())
      if (level !== '+' && level !== '#') conditions.push(equals(`${LEVEL}${depth}`, level));
    const isOpen = levels.at(-1) === '#';
    conditions.push(compare(COUNT, '>=', isOpen ? levels.length - 1 : levels.length));
    if (!isOpen) conditions.push(compare(COUNT, '<=', levels.length));
  }
  if (condition !== undefined) conditions.push(...(condition.kind === 'all' ? condition.conditions : [condition]));
  return all(conditions);
}

/** The filters as such conditions. */
export function conditionsOf(filters: readonly WorkloadFilter[]): Condition[] {
  const isOnlyTopic = filters.every(({ topic }) => topic === filters[0]?.topic);
  return filters.map((filter) => conditionOf(filter, isOnlyTopic));
}
