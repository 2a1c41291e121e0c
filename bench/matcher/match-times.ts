import type { Matcher } from '../../matcher/index.ts';
import { type EventSource, parseEvent } from './event-source.ts';
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
  /** Means over the events that were timed alone. */
  readonly matches: number;
  readonly candidates: number;
  readonly tests: number;
}

/** Times matching in all three ways. `count` events each. */
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
  for (let i = 0; i < batches; i += 1) {
    const parsed = events.take(BATCH);
    const startMs = performance.now();
    for (const event of parsed) matcher.match(event);
    batched.record(startMs);
    const texts = Array.from({ length: BATCH }, () => events.nextText());
    const textsStartMs = performance.now();
    for (const { topic, text } of texts) matcher.match(parseEvent(topic, text));
    withParsing.record(textsStartMs);
  }
  return {
    alone: alone.timings(),
    batched: batched.timings(BATCH),
    parsedAndMatched: 1e6 / withParsing.timings(BATCH).mean,
    matches: (after.matches - before.matches) / count,
    candidates: (after.candidates - before.candidates) / count,
    tests: (after.testsEvaluated - before.testsEvaluated) / count,
  };
}
