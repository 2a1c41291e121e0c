import { Matcher } from '../../matcher/index.ts';
import { type CreateWorkload, drawFilters } from '../workloads/workload.ts';
import { type Anatomy, anatomyOf } from './anatomy.ts';
import { type ChangeTimes, timeChanges } from './change-times.ts';
import { EventSource } from './event-source.ts';
import { type BuildRates, grow } from './grow.ts';
import { type MatchTimes, timeMatching } from './match-times.ts';
import { allBytes, bytesInUse, emptyBytes, indexBytes } from './memory.ts';
import { type RivalTimes, timeRivals } from './rival-times.ts';
import { secondsOf } from './timings.ts';
import { checkedEvents, oracleAnswers, verifyMatcher } from './verify.ts';

/** One workload at one size. */
export interface Row extends MatchTimes {
  readonly workload: string;
  readonly filters: number;
  /** Events that were checked against the oracle, by id, before anything was timed. */
  readonly checked: number;
  /** Of the largest number of filters only. */
  readonly anatomy?: Anatomy | undefined;
  readonly rivals: readonly RivalTimes[];
  readonly build: BuildRates;
  readonly changes: ChangeTimes;
  /** Bytes a filter: in index structures; with texts, subscribers and answers too; and what the process grew by. */
  readonly bytes: { readonly index: number; readonly all: number; readonly process: number };
  readonly removal: {
    /** Filters a second. */
    readonly rate: number;
    /** Bytes in all that are left when none is, beyond those of a new matcher, and beyond the process as it was before. */
    readonly ownBytesLeft: number;
    readonly processBytesLeft: number;
  };
}

export interface RowOrder {
  readonly workload: string;
  readonly filters: number;
  readonly seed: number;
  /** Events to time the matcher with, in each way. */
  readonly events: number;
  readonly withRivals: boolean;
  readonly withAnatomy: boolean;
}

/** Rounds of changes; fewer where there are few filters, so that most are as they were. */
const CHANGES_MAX = 10_000;

/**
 * Grows an index, checks it against the oracle, and measures everything of a row, one thing after the other.
 *
 * @throws Error when an answer is wrong; nothing is timed then.
 */
export async function measureRow(
  create: CreateWorkload,
  order: RowOrder,
  progress: (step: string) => void,
): Promise<Row> {
  const { filters: count, seed } = order;
  const workload = create(seed, count);
  const events = new EventSource(workload);
  const checked = events.take(checkedEvents(count));
  const bytesBefore = bytesInUse();

  progress('growing');
  const matcher = new Matcher();
  const build = grow(matcher, { workload, count, events, progress });
  const grownBytes = bytesInUse() - bytesBefore;
  const { stats } = matcher;

  progress('asking the oracle');
  const answers = oracleAnswers(drawFilters(create(seed, count), count), checked);
  verifyMatcher(matcher, checked, answers);

  progress('matching');
  const match = timeMatching(matcher, events, order.events);
  progress('changing');
  const rounds = Math.min(CHANGES_MAX, count);
  const changes = await timeChanges(matcher, { count, workload, events, rounds, seed });
  if (order.withAnatomy) progress('looking where the time goes');
  const anatomy = order.withAnatomy ? await anatomyOf(matcher, events, order.events) : undefined;
  progress('removing');
  const removeSeconds = secondsOf(() => {
    for (let id = 0; id < count; id += 1) matcher.remove(id);
  });
  const processBytesLeft = bytesInUse() - bytesBefore;
  const ownBytesLeft = allBytes(matcher.stats) - emptyBytes();
  const rivals = order.withRivals
    ? await timeRivals({ filters: [...drawFilters(create(seed, count), count)], events, checked, answers, progress })
    : [];
  return {
    workload: order.workload,
    filters: count,
    checked: checked.length,
    ...match,
    anatomy,
    rivals,
    build,
    changes,
    bytes: { index: indexBytes(stats) / count, all: allBytes(stats) / count, process: grownBytes / count },
    removal: { rate: count / removeSeconds, ownBytesLeft, processBytesLeft },
  };
}
