import type { Matcher, Matches } from '../../matcher/index.ts';
import type { Time } from '../kernel/time.ts';
import type { EventLog } from '../log/event-log.ts';
import type { Counters } from '../observe/counters.ts';
import type { DurationHistogram } from '../observe/histogram.ts';
import type { PublishedEvent } from './event.ts';
import type { JsonFault } from './json.ts';
import { type PublishedRun, RunCursor } from './published-run.ts';
import type { RunReceipts } from './run-receipts.ts';

/** Events that matched more than so many subscriptions are handed on one by one: to compare them would cost as much. */
const COMPARED_MAX = 64;

export interface RunMatchingMeans {
  readonly time: Time;
  readonly matcher: Matcher;
  readonly matchSeconds: DurationHistogram;
  readonly log: EventLog;
  readonly counters: Counters;
  /** Whether what is stored is on disk when it is flushed. */
  readonly isDurable: boolean;
  /** Hands an event on to those it matched. */
  readonly deliver: (event: PublishedEvent, matches: Matches) => void;
  /**
   * Hands on `count` events of a run, from its `from`-th, that matched the same. False, and nothing is done, where somebody
   * looks at each by itself.
   */
  readonly deliverRun: (run: PublishedRun, from: number, count: number, matches: Matches) => boolean;
  /** Nobody wants it. */
  readonly unmatched: (topic: string, bytesOf: () => Uint8Array) => void;
}

/**
 * Finds who wants the events of a run, and hands them on, as many at a time as matched the same: all at once where nobody
 * looks at more than the topic.
 */
export class RunMatching {
  readonly #means: RunMatchingMeans;
  readonly #alike = new CopiedMatches();

  constructor(means: RunMatchingMeans) {
    this.#means = means;
  }

  match(run: PublishedRun, receipts: RunReceipts): void {
    const { time, matcher, matchSeconds } = this.#means;
    if (matcher.reads(run.topic)) this.#matchEach(run, receipts);
    else this.#handOn(run, 0, run.count, matcher.match(new RunCursor(run)), undefined, receipts);
    // Handing on is a part of it here, which is some copying: a clock read for each event would cost as much.
    matchSeconds.record((time.monotonicMs() - run.arrivedMs) / run.count, run.count);
  }

  #matchEach(run: PublishedRun, receipts: RunReceipts): void {
    const { matcher } = this.#means;
    const cursor = new RunCursor(run);
    const alike = this.#alike;
    let from = 0;
    for (let i = 0; i < run.count; i++) {
      const matches = matcher.match(cursor.moveTo(i));
      const { fault } = cursor;
      if (i > from && alike.equals(matches) && fault === undefined) continue;
      if (i > from) this.#handOn(run, from, i - from, alike, undefined, receipts);
      from = i;
      if (fault === undefined && alike.copy(matches)) continue;
      this.#handOn(run, i, 1, matches, fault, receipts);
      from = i + 1;
    }
    if (run.count > from) this.#handOn(run, from, run.count - from, alike, undefined, receipts);
  }

  /** They matched the same, and the same was wrong with their data. */
  #handOn(
    run: PublishedRun,
    from: number,
    count: number,
    matches: Matches,
    fault: JsonFault | undefined,
    receipts: RunReceipts,
  ): void {
    const { counters, deliver, deliverRun } = this.#means;
    counters.published += count;
    if (matches.count > 0) counters.matched += count;
    else counters.unmatched += count;
    if (fault !== undefined) counters.unreadable[fault] += count;
    if (matches.count > 0 && deliverRun(run, from, count, matches)) {
      receipts.add(count, matches.count, this.#isStored(run.firstSeq + from + count - 1, count), fault !== undefined);
      return;
    }
    for (let i = from; i < from + count; i++) {
      if (matches.count > 0) deliver(run.event(i), matches);
      else this.#means.unmatched(run.topic, () => run.event(i).bytes);
      receipts.add(1, matches.count, this.#isStored(run.firstSeq + i, 1), fault !== undefined);
    }
  }

  /** Whether the event, and as many before it as were handed on with it, will be on disk. */
  #isStored(seq: number, count: number): boolean {
    const { log, counters, isDurable } = this.#means;
    if (log.lastSeq !== seq) return false;
    counters.stored += count;
    return isDurable;
  }
}

/** What `match` answered, kept beyond its next call. */
class CopiedMatches implements Matches {
  readonly ids = new Int32Array(COMPARED_MAX);
  count = 0;

  /** False, and nothing of use is here, where there are too many. */
  copy({ ids, count }: Matches): boolean {
    if (count > COMPARED_MAX) return false;
    for (let i = 0; i < count; i++) this.ids[i] = ids[i] as number;
    this.count = count;
    return true;
  }

  /** The same, in the same order: in which order the matcher finds them rarely changes from one event to the next. */
  equals({ ids, count }: Matches): boolean {
    if (count !== this.count) return false;
    for (let i = 0; i < count; i++) if (ids[i] !== this.ids[i]) return false;
    return true;
  }
}
