/**
 * How fast the matcher is, against a loop over compiled predicates, after both were checked by id against the oracle.
 *
 * Run alone: `node dist/bench/matcher/matcher-bench.js [filters…]`; with `--expose-gc` it also weighs the heap.
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { evaluate, type JsonValue, Matcher, parsePredicate } from '../../matcher/index.ts';
import { deviceAlerts } from '../workloads/device-alerts.ts';
import { pureRanges } from '../workloads/pure-ranges.ts';
import type { Workload, WorkloadFilter } from '../workloads/workload.ts';
import { NaiveLoop } from './naive-loop.ts';
import { secondsOf, type Timings, timeEach } from './timings.ts';

export interface MatcherBenchOptions {
  /** Filters to hold, one round for each. Default 1,000, 10,000 and 100,000. */
  readonly filters?: readonly number[];
  /** Events to time the matcher with. Default 5,000. */
  readonly events?: number;
  /** Default 42. */
  readonly seed?: number;
  /** Receives the report line by line. Default: standard output. */
  readonly print?: (line: string) => void;
}

/** One line of the report. */
export interface MatcherBenchResult {
  readonly workload: string;
  readonly filters: number;
  readonly matchesPerEvent: number;
  readonly candidatesPerEvent: number;
  readonly match: Timings;
  readonly naive: Timings;
  readonly addsPerSecond: number;
  readonly removesPerSecond: number;
  /** By the matcher's own account. */
  readonly bytesPerFilter: number;
  /** Growth of heap and array buffers; NaN without `--expose-gc`. */
  readonly heapPerFilter: number;
}

/** Events that both engines must answer as the oracle does, before anything is timed. */
const CHECKED = 20;
/** Oracle evaluations are slow; with many filters fewer events are checked. */
const CHECKS_MAX = 1_000_000;
/** Events of warming up: compilation, and statistics for the choice of access keys. */
const WARM_UP = 3_000;

/** @throws Error when an answer is wrong; nothing is timed then. */
export function benchMatcher(options: MatcherBenchOptions = {}): MatcherBenchResult[] {
  const { filters = [1_000, 10_000, 100_000], events = 5_000, seed = 42, print = console.log } = options;
  const [cpu] = cpus();
  print(`seed ${seed}, Node ${process.version}, ${cpus().length} × ${cpu?.model ?? 'unknown processor'}`);
  print('µs per event; events parsed afresh, outside the clock; naive = one compiled function per filter, in a loop');
  const results: MatcherBenchResult[] = [];
  for (const create of [deviceAlerts, pureRanges]) {
    print('');
    print(`${create(seed).name}: ${create(seed).description}`);
    print(HEADINGS.map((heading) => heading.padStart(WIDTH)).join(''));
    for (const count of filters) {
      const result = runRound(create(seed), count, events);
      results.push(result);
      print(toLine(result));
    }
  }
  return results;
}

function runRound(workload: Workload, count: number, events: number): MatcherBenchResult {
  const filters = Array.from({ length: count }, () => workload.filter());
  const texts = Array.from({ length: events }, () => workload.event());
  const toEvent = (i: number) => ({ topic: workload.topic, data: parse(texts[i % events] as string) });

  const heapBefore = heapBytes();
  const matcher = new Matcher();
  const addSeconds = secondsOf(() => {
    for (const [i, { topic, when }] of filters.entries()) matcher.add(i, { topic, when });
  });
  for (let i = 0; i < WARM_UP; i += 1) matcher.match(toEvent(i));
  matcher.retune(count);
  const heapPerFilter = (heapBytes() - heapBefore) / count;

  const naive = new NaiveLoop(filters);
  const ids = new Int32Array(count);
  verify({ filters, matcher, naive, ids, toEvent });

  const before = matcher.stats;
  const match = timeEach(events, toEvent, (event) => matcher.match(event));
  const after = matcher.stats;
  const naiveEvents = Math.max(30, Math.min(events, Math.round(2e7 / count)));
  const naiveTimings = timeEach(naiveEvents, toEvent, ({ data }) => naive.match(data, ids));

  const bytes = Object.values(after.bytes).reduce((sum, part) => sum + part, 0);
  const removed = Math.min(count, 10_000);
  const removeSeconds = secondsOf(() => {
    for (let i = 0; i < removed; i += 1) matcher.remove(i);
  });
  return {
    workload: workload.name,
    filters: count,
    matchesPerEvent: (after.matches - before.matches) / events,
    candidatesPerEvent: (after.candidates - before.candidates) / events,
    match,
    naive: naiveTimings,
    addsPerSecond: count / addSeconds,
    removesPerSecond: removed / removeSeconds,
    bytesPerFilter: bytes / count,
    heapPerFilter,
  };
}

interface Contest {
  readonly filters: readonly WorkloadFilter[];
  readonly matcher: Matcher;
  readonly naive: NaiveLoop;
  readonly ids: Int32Array;
  readonly toEvent: (i: number) => { topic: string; data: JsonValue };
}

function verify({ filters, matcher, naive, ids, toEvent }: Contest): void {
  const conditions = filters.map(({ when }) => parsePredicate(when));
  const checked = Math.max(3, Math.min(CHECKED, Math.floor(CHECKS_MAX / filters.length)));
  for (let i = 0; i < checked; i += 1) {
    const event = toEvent(i);
    const expected = conditions.flatMap((condition, id) => (evaluate(condition, event) === true ? [id] : [])).join();
    const { ids: found, count } = matcher.match(event);
    if (found.slice(0, count).sort().join() !== expected) throw new Error(`event ${i}: the matcher is wrong`);
    if (ids.slice(0, naive.match(event.data, ids)).join() !== expected)
      throw new Error(`event ${i}: the loop is wrong`);
  }
}

const WIDTH = 11;
const HEADINGS = [
  'filters',
  'matches',
  'candidates',
  'p50',
  'mean',
  'p99',
  'naive mean',
  'ratio',
  'adds/s',
  'removes/s',
  'B/filter',
  'heap B',
];

function toLine(result: MatcherBenchResult): string {
  const { match, naive } = result;
  const cells = [
    String(result.filters),
    result.matchesPerEvent.toFixed(1),
    result.candidatesPerEvent.toFixed(1),
    match.p50.toFixed(2),
    match.mean.toFixed(2),
    match.p99.toFixed(2),
    naive.mean.toFixed(1),
    `${(naive.mean / match.mean).toFixed(0)} ×`,
    result.addsPerSecond.toFixed(0),
    result.removesPerSecond.toFixed(0),
    result.bytesPerFilter.toFixed(0),
    result.heapPerFilter.toFixed(0),
  ];
  return cells.map((cell) => cell.padStart(WIDTH)).join('');
}

function heapBytes(): number {
  if (globalThis.gc === undefined) return Number.NaN;
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function parse(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const filters = process.argv.slice(2).map(Number);
  benchMatcher(filters.length > 0 ? { filters } : {});
}
