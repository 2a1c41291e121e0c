import { type Cost, Matcher } from '../../matcher/index.ts';
import { deviceAlerts } from '../workloads/device-alerts.ts';
import { HOSTILITIES, type Hostility } from '../workloads/hostile.ts';
import { drawFilters, type WorkloadFilter } from '../workloads/workload.ts';
import { EventSource } from './event-source.ts';
import { grow } from './grow.ts';
import { BATCH } from './match-times.ts';
import { Samples } from './timings.ts';
import { oracleAnswers, verifyMatcher } from './verify.ts';

/** What the filters of somebody hostile cost the events of others, which are those of W1-10. */
export const HOSTILE = 'hostile';

export interface HostileRow {
  /** Those of others. */
  readonly filters: number;
  readonly name: string;
  readonly count: number;
  readonly cost: Cost;
  /** Microseconds an event, p50 of hundreds together, without the hostile filters and with them, in turns. */
  readonly without: number;
  readonly with: number;
  /** What an event has more of with them. */
  readonly candidates: number;
  readonly tests: number;
  /** Bytes of a hostile filter, in all, by the matcher's own account. */
  readonly bytes: number;
}

export interface HostileOrder {
  readonly filters: number;
  readonly seed: number;
  /** Events to match in each turn. */
  readonly events: number;
}

const TURNS = 3;
const CHECKED = 10;
/** As `grow` sweeps, after the hostile ones came. */
const SWEEPS = 20;
const SWEPT_FILTERS = 32;

/** @throws Error when an answer is wrong. */
export function measureHostile(
  { filters: count, seed, events: eventCount }: HostileOrder,
  progress: (step: string) => void,
): HostileRow[] {
  const workload = deviceAlerts(10)(seed, count);
  const events = new EventSource(workload);
  progress('growing');
  const matcher = new Matcher();
  grow(matcher, { workload, count, events, progress });
  const checked = events.take(CHECKED);
  const answers = oracleAnswers(drawFilters(deviceAlerts(10)(seed, count), count), checked);

  const besides = (hostility: Hostility): HostileRow => {
    progress(hostility.name);
    const filters = filtersOf(hostility);
    const theirs = oracleAnswers(filters, checked);
    const both = answers.map((ids, i) => [...ids, ...(theirs[i] ?? []).map((id) => count + id)]);
    const turns: { readonly without: Turn; readonly with: Turn }[] = [];
    let cost: Cost = 'indexed';
    let bytes = 0;
    for (let turn = 0; turn < TURNS; turn += 1) {
      const without = matchTurn(matcher, events, eventCount);
      const before = bytesOf(matcher);
      for (const [i, filter] of filters.entries()) cost = matcher.add(count + i, filter).cost;
      bytes = (bytesOf(matcher) - before) / filters.length;
      for (let i = 0; i < SWEEPS; i += 1) matcher.retune(SWEPT_FILTERS);
      verifyMatcher(matcher, checked, both);
      turns.push({ without, with: matchTurn(matcher, events, eventCount) });
      for (const i of filters.keys()) matcher.remove(count + i);
    }
    const middle = (of: (turn: (typeof turns)[number]) => number): number => median(turns.map(of));
    return {
      filters: count,
      name: hostility.name,
      count: hostility.count,
      cost,
      without: middle((turn) => turn.without.p50),
      with: middle((turn) => turn.with.p50),
      candidates: middle((turn) => turn.with.candidates - turn.without.candidates),
      // Between two turns the others' tests differ by a few.
      tests: Math.max(
        0,
        middle((turn) => turn.with.tests - turn.without.tests),
      ),
      bytes,
    };
  };
  return HOSTILITIES.map(besides);
}

function filtersOf({ count, when }: Hostility): WorkloadFilter[] {
  return Array.from({ length: count }, (_, i) => ({ topic: 'devices/readings', when: when(i), condition: undefined }));
}

interface Turn {
  readonly p50: number;
  readonly candidates: number;
  readonly tests: number;
}

function matchTurn(matcher: Matcher, events: EventSource, count: number): Turn {
  const batches = Math.ceil(count / BATCH);
  const samples = new Samples(batches);
  const before = matcher.stats;
  for (let i = 0; i < batches; i += 1) {
    const batch = events.take(BATCH);
    const startMs = performance.now();
    for (const event of batch) matcher.match(event);
    samples.record(startMs);
  }
  const after = matcher.stats;
  const matched = batches * BATCH;
  return {
    p50: samples.timings(BATCH).p50,
    candidates: (after.candidates - before.candidates) / matched,
    tests: (after.testsEvaluated - before.testsEvaluated) / matched,
  };
}

function bytesOf({ stats: { bytes } }: Matcher): number {
  return Object.values(bytes).reduce((sum, part) => sum + part, 0);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
