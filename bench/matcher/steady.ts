import { setFlagsFromString } from 'node:v8';
import { Matcher } from '../../matcher/index.ts';
import type { CreateWorkload } from '../workloads/workload.ts';
import { Collections } from './collections.ts';
import { EventSource } from './event-source.ts';
import { grow } from './grow.ts';
import { bytesInUse } from './memory.ts';

export interface SteadyRun {
  readonly matched: number;
  readonly seconds: number;
  readonly minorCollections: number;
  readonly majorCollections: number;
  /** Of the young and old heap, over the run: what was allocated since the last collection shows here. */
  readonly heapGrowthBytes: number;
}

export interface SteadyOrder {
  readonly filters: number;
  readonly seed: number;
  readonly seconds: number;
}

/** Events parsed before the run, and matched again and again: what parsing allocates does not count. */
const PARSED = 10_000;

/**
 * Matches parsed events and does nothing else, with the collector's own trace on standard output (`--trace-gc`): every
 * line of it that names a collection is garbage that matching made.
 */
export async function runSteadily(
  create: CreateWorkload,
  { filters, seed, seconds }: SteadyOrder,
  progress: (step: string) => void,
): Promise<SteadyRun> {
  const workload = create(seed, filters);
  const events = new EventSource(workload);
  const matcher = new Matcher();
  progress('growing');
  grow(matcher, { workload, count: filters, events, progress });
  const parsed = events.take(PARSED);
  for (const event of parsed) matcher.match(event);
  bytesInUse();
  const collections = new Collections();
  await collections.take();

  progress(`matching for ${seconds} s`);
  setFlagsFromString('--trace-gc');
  const heapBefore = process.memoryUsage().heapUsed;
  const startMs = performance.now();
  let matched = 0;
  while (performance.now() - startMs < seconds * 1e3) {
    for (const event of parsed) matcher.match(event);
    matched += PARSED;
  }
  const elapsedSeconds = (performance.now() - startMs) / 1e3;
  const heapGrowthBytes = process.memoryUsage().heapUsed - heapBefore;
  setFlagsFromString('--no-trace-gc');
  const seen = await collections.take();
  collections.stop();
  const minorCollections = seen.filter(({ isMinor }) => isMinor).length;
  return {
    matched,
    seconds: elapsedSeconds,
    minorCollections,
    majorCollections: seen.length - minorCollections,
    heapGrowthBytes,
  };
}
