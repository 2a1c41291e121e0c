import { RIVALS } from '../rivals/catalogue.ts';
import { documentOf } from '../rivals/topic-levels.ts';
import type { WorkloadFilter } from '../workloads/workload.ts';
import type { BenchEvent, EventSource } from './event-source.ts';
import { Samples, type Timings } from './timings.ts';
import { verifyRival } from './verify.ts';

export interface RivalTimes {
  readonly name: string;
  /** Events that were timed, each alone. */
  readonly events: number;
  readonly match: Timings;
}

/** A rival is timed for so long, or for so few events if they take longer. */
const WAIT_MS = 2_000;
const EVENTS_MIN = 4;
const EVENTS_MAX = 2_000;

export interface RivalTask {
  readonly filters: readonly WorkloadFilter[];
  readonly events: EventSource;
  readonly checked: readonly BenchEvent[];
  /** The oracle's to the checked events. */
  readonly answers: readonly number[][];
  readonly progress: (step: string) => void;
}

/** Every rival that can hold so many filters, one after the other: answers checked, then timed. */
export async function timeRivals({ filters, events, checked, answers, progress }: RivalTask): Promise<RivalTimes[]> {
  const times: RivalTimes[] = [];
  for (const { name, create, filtersMax } of RIVALS) {
    if (filters.length > filtersMax) continue;
    progress(name);
    const rival = create(filters);
    await verifyRival({ name, rival }, checked.slice(0, EVENTS_MIN), answers);
    const samples = new Samples(EVENTS_MAX);
    const endMs = performance.now() + WAIT_MS;
    let timed = 0;
    while (timed < EVENTS_MAX && (timed < EVENTS_MIN || performance.now() < endMs)) {
      const { topic, data } = events.next();
      const document = documentOf(topic, data);
      const startMs = performance.now();
      const answer = rival.match(document);
      // One that answers at once is not made to wait for a turn of the event loop.
      if (answer instanceof Promise) await answer;
      samples.record(startMs);
      timed += 1;
    }
    times.push({ name, events: timed, match: samples.timings() });
  }
  return times;
}
