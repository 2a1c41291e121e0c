import { all, type Condition } from './condition.ts';
import { toPredicate } from './predicate.ts';

/** One subscriber's filter, as the matcher takes it, and its predicate as a tree for engines of other languages. */
export interface WorkloadFilter {
  readonly topic: string;
  /** Absent: every event of the topics. */
  readonly when: string | undefined;
  readonly condition: Condition | undefined;
}

export interface WorkloadEvent {
  readonly topic: string;
  /** JSON. Parse it afresh each time: strings that were used carry their hash. */
  readonly text: string;
}

/**
 * Filters and events that belong together. The same seed and size give the same ones, in the same order, whichever of
 * the two is drawn first. There is no last one.
 */
export interface Workload {
  readonly name: string;
  readonly description: string;
  /** The next filter. Each is drawn by itself, so the order in which they come is random. */
  filter(): WorkloadFilter;
  event(): WorkloadEvent;
}

/**
 * Makes a workload that is meant for so many filters: the selectivity of its conditions goes down as their number goes
 * up, so that from 10,000 filters on an event matches equally many of them. Cost that grows is then the index's, not
 * the answer's.
 */
export type CreateWorkload = (seed: number, filters: number) => Workload;

/** A filter for events of which all of these are true; for every event of the topics if there are none. */
export function filterOf(topic: string, conditions: readonly Condition[]): WorkloadFilter {
  if (conditions.length === 0) return { topic, when: undefined, condition: undefined };
  const condition = all(conditions);
  return { topic, when: toPredicate(condition), condition };
}

/** The workload's next filters. */
export function* drawFilters(workload: Workload, count: number): Generator<WorkloadFilter> {
  for (let i = 0; i < count; i += 1) yield workload.filter();
}

/** Two digits, as people write thresholds. */
export function twoDigits(value: number): number {
  return Math.round(value * 100) / 100;
}
