import { type Condition, evaluate, type Matcher, parsePredicate, topicMatches } from '../../matcher/index.ts';
import type { Rival } from '../rivals/rival.ts';
import { documentOf } from '../rivals/topic-levels.ts';
import type { WorkloadFilter } from '../workloads/workload.ts';
import type { BenchEvent } from './event-source.ts';

/** Verdicts of the oracle that a round may wait for, some seconds; with more filters fewer events are checked. */
const VERDICTS_MAX = 2_000_000;
const EVENTS_MIN = 5;
const EVENTS_MAX = 40;

/** How many events are checked against the oracle when there are so many filters. */
export function checkedEvents(filters: number): number {
  return Math.max(EVENTS_MIN, Math.min(EVENTS_MAX, Math.floor(VERDICTS_MAX / filters)));
}

/** For each event the numbers of the filters that the oracle finds true, rising. Filters are drawn, used and forgotten. */
export function oracleAnswers(filters: Iterable<WorkloadFilter>, events: readonly BenchEvent[]): number[][] {
  const answers: number[][] = events.map(() => []);
  let id = 0;
  for (const { topic, when } of filters) {
    // Parsed when the first event wants it: most topics are wanted by none.
    let parsed: Condition | undefined;
    for (const [i, event] of events.entries()) {
      if (!topicMatches(topic, event.topic)) continue;
      if (when !== undefined) parsed ??= parsePredicate(when);
      if (parsed === undefined || evaluate(parsed, event) === true) answers[i]?.push(id);
    }
    id += 1;
  }
  return answers;
}

/** @throws Error unless the matcher finds exactly these. */
export function verifyMatcher(matcher: Matcher, events: readonly BenchEvent[], answers: readonly number[][]): void {
  for (const [i, event] of events.entries()) {
    const { ids, count } = matcher.match(event);
    requireEqual(`the matcher, event ${i}`, ids.subarray(0, count), answers[i] ?? []);
  }
}

/** @throws Error unless the rival finds exactly these. */
export async function verifyRival(
  { name, rival }: { readonly name: string; readonly rival: Rival },
  events: readonly BenchEvent[],
  answers: readonly number[][],
): Promise<void> {
  for (const [i, { topic, data }] of events.entries())
    requireEqual(`${name}, event ${i}`, await rival.match(documentOf(topic, data)), answers[i] ?? []);
}

function requireEqual(who: string, found: Iterable<number>, expected: readonly number[]): void {
  const sorted = Int32Array.from(found).sort();
  if (sorted.length === expected.length && expected.every((id, i) => sorted[i] === id)) return;
  throw new Error(`${who}: found ${sorted.length} filters, and not the ${expected.length} that the oracle finds`);
}
