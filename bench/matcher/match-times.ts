import type { Matcher } from '../../matcher/index.ts';
import type { WorkloadEvent } from '../workloads/workload.ts';
import { BytesEvent, type EventSource, parseEvent } from './event-source.ts';
import { Samples, type Timings } from './timings.ts';

/** Events that are timed together. */
export const BATCH = 100;

export interface MatchTimes {
  /** Each event is parsed, then timed alone: the parser has just been at the processor's caches, and the clock is read twice. */
  readonly alone: Timings;
  /** A hundred events are parsed, then timed together: the mean event of each hundred. */
  readonly batched: Timings;
  /** Events a second of `JSON.parse` and match together, over all hundreds. */
  readonly parsedAndMatched: number;
  /** The same without `JSON.parse`: of the text's bytes the matcher reads what filters name. */
  readonly readAndMatched: number;
  /** Means over the events that were timed alone. */
  readonly matches: number;
  readonly candidates: number;
  readonly tests: number;
}

/** Times matching in all four ways. `count` events each. */
export function timeMatching(matcher: Matcher, events: EventSource, count: number): MatchTimes {
  const alone = new Samples(count);
  const before = matcher.stats;
  for (let i = 0; i < count; i += 1) {
    const event = events.next();
    const startMs = performance.now();
    matcher.match(event);
    alone.record(startMs);
  }
  const after = matcher.stats;
  const batches = Math.ceil(count / BATCH);
  const batched = new Samples(batches);
  const withParsing = new Samples(batches);
  const withReading = new Samples(batches);
  for (let i = 0; i < batches; i += 1) {
    const parsed = events.take(BATCH);
    const startMs = performance.now();
    for (const event of parsed) matcher.match(event);
    batched.record(startMs);
    const texts = Array.from({ length: BATCH }, () => events.nextText());
    const textsStartMs = performance.now();
    for (const { topic, text } of texts) matcher.match(parseEvent(topic, text));
    withParsing.record(textsStartMs);
    const bytes = texts.map((text) => new BytesEvent(text));
    const bytesStartMs = performance.now();
    for (const event of bytes) matcher.match(event);
    withReading.record(bytesStartMs);
    if (i === 0) checkBytes(matcher, texts);
  }
  return {
    alone: alone.timings(),
    batched: batched.timings(BATCH),
    parsedAndMatched: 1e6 / withParsing.timings(BATCH).mean,
    readAndMatched: 1e6 / withReading.timings(BATCH).mean,
    matches: (after.matches - before.matches) / count,
    candidates: (after.candidates - before.candidates) / count,
    tests: (after.testsEvaluated - before.testsEvaluated) / count,
  };
}

/** @throws Error when an event's bytes match other filters than what they say. */
function checkBytes(matcher: Matcher, texts: readonly WorkloadEvent[]): void {
  for (const text of texts) {
    const [parsed, read] = [parseEvent(text.topic, text.text), new BytesEvent(text)].map((event) => {
      const { ids, count } = matcher.match(event);
      return ids.subarray(0, count).toSorted().join();
    });
    if (parsed !== read) throw new Error(`its bytes match other filters than its data: ${text.text}`);
  }
}
