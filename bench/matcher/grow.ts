import { compileFilter, type Matcher } from '../../matcher/index.ts';
import { drawFilters, type Workload } from '../workloads/workload.ts';
import type { EventSource } from './event-source.ts';
import { secondsOf } from './timings.ts';

/**
 * A broker's life before the measurement, in its own time: 10,000 filters and 1,000 events a second, mixed, and the sweep
 * that the broker makes every 100 ms; then a minute of the same sweep and 100 events a second. There is no other warming
 * up and no rebuilding: what is measured is an index that grew by adds in random order.
 */
const LIFE = {
  filtersPerSweep: 1_000,
  eventsPerSweep: 100,
  /** As `broker/broker.ts` has it. */
  sweptFilters: 32,
  sweepsAfter: 600,
  eventsPerSweepAfter: 10,
} as const;

/** Filters a second, in the clock of the machine, without drawing them. */
export interface BuildRates {
  readonly fromText: number;
  /** The index's own part: the filters were compiled before. */
  readonly fromCompiled: number;
}

export interface Growth {
  readonly workload: Workload;
  /** Filters to add; they get the numbers 0 to `count` - 1. */
  readonly count: number;
  readonly events: EventSource;
  readonly progress: (step: string) => void;
}

/** Fills the matcher: half of each sweep's filters from text and half from compiled, in turns, so that both are timed over the same life. */
export function grow(matcher: Matcher, { workload, count, events, progress }: Growth): BuildRates {
  const half = Math.ceil(Math.min(LIFE.filtersPerSweep, count) / 2);
  const seconds = { text: 0, compiled: 0 };
  const added = { text: 0, compiled: 0 };
  for (let first = 0; first < count; first += half) {
    const batch = [...drawFilters(workload, Math.min(half, count - first))];
    const kind = (first / half) % 2 === 0 ? 'text' : 'compiled';
    const filters = kind === 'text' ? batch : batch.map((filter) => compileFilter(filter));
    seconds[kind] += secondsOf(() => {
      for (const [i, filter] of filters.entries()) matcher.add(first + i, filter);
    });
    added[kind] += batch.length;
    live(matcher, events, { sweep: LIFE.sweptFilters / 2, matched: LIFE.eventsPerSweep / 2 });
    if (first % 100_000 === 0 && first > 0) progress(`${first.toLocaleString('en-US')} filters added`);
  }
  for (let i = 0; i < LIFE.sweepsAfter; i += 1)
    live(matcher, events, { sweep: LIFE.sweptFilters, matched: LIFE.eventsPerSweepAfter });
  return { fromText: added.text / seconds.text, fromCompiled: added.compiled / seconds.compiled };
}

function live(matcher: Matcher, events: EventSource, { sweep, matched }: { sweep: number; matched: number }): void {
  for (let i = 0; i < matched; i += 1) matcher.match(events.next());
  matcher.retune(sweep);
}
