/**
 * How fast the matcher is, against generated code that runs every predicate, after both were checked by id against the
 * oracle.
 *
 * Run alone: `node --expose-gc dist/bench/matcher/matcher-bench.js [filters…]`; without `--expose-gc` memory is not weighed.
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { evaluate, type JsonValue, Matcher, type MatcherStats, parsePredicate } from '../../matcher/index.ts';
import { adversarial } from '../workloads/adversarial.ts';
import { deviceAlerts } from '../workloads/device-alerts.ts';
import { pureRanges } from '../workloads/pure-ranges.ts';
import { targeting } from '../workloads/targeting.ts';
import type { CreateWorkload, Workload, WorkloadFilter } from '../workloads/workload.ts';
import { NaiveLoop } from './naive-loop.ts';
import { secondsOf, type Timings, timeEach } from './timings.ts';

export interface MatcherBenchOptions {
  /** Filters to hold, one round for each. Default 1,000, 10,000 and 100,000. */
  readonly filters?: readonly number[];
  /** Workloads, by the first characters of their names. Default: all. */
  readonly workloads?: readonly string[];
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
  /** Undefined where there are too many filters to wait for it. */
  readonly naive: Timings | undefined;
  readonly addsPerSecond: number;
  readonly removesPerSecond: number;
  /** By the matcher's own account: the index, and with the texts and who subscribed. */
  readonly indexBytes: number;
  readonly bytes: number;
  /** Growth of heap and array buffers; NaN without `--expose-gc`. */
  readonly heapBytes: number;
}

const WORKLOADS: readonly CreateWorkload[] = [deviceAlerts(90), deviceAlerts(10), pureRanges, targeting, adversarial];

/** Events that both engines must answer as the oracle does, before anything is timed. */
const CHECKED = 20;
/** Oracle evaluations are slow; with many filters fewer events are checked. */
const CHECKS_MAX = 1_000_000;
/** Events of warming up, before most filters and after all. */
const WARM_UP = 3_000;
/** More filters take generated code minutes. */
const NAIVE_MAX = 100_000;
/** Filters drawn at a time, so that a million texts are not held at once. */
const BATCH = 10_000;

/** @throws Error when an answer is wrong; nothing is timed then. */
export function benchMatcher(options: MatcherBenchOptions = {}): MatcherBenchResult[] {
  const { filters = [1_000, 10_000, 100_000], workloads = [''], events = 5_000, seed = 42 } = options;
  const { print = console.log } = options;
  const [cpu] = cpus();
  print(`seed ${seed}, Node ${process.version}, ${cpus().length} × ${cpu?.model ?? 'unknown processor'}`);
  print('µs per event; events parsed afresh, outside the clock; naive = generated code, 1,000 predicates a function');
  const results: MatcherBenchResult[] = [];
  for (const create of WORKLOADS) {
    const { name, description } = create(seed, 1);
    if (!workloads.some((wanted) => name.startsWith(wanted))) continue;
    print('');
    print(`${name}: ${description}`);
    print(HEADINGS.map((heading) => heading.padStart(WIDTH)).join(''));
    for (const count of filters) {
      const result = runRound(create, { seed, count, events });
      results.push(result);
      print(toLine(result));
    }
  }
  return results;
}

interface Round {
  readonly seed: number;
  readonly count: number;
  readonly events: number;
}

function runRound(create: CreateWorkload, { seed, count, events }: Round): MatcherBenchResult {
  const workload = create(seed, count);
  const texts = Array.from({ length: events }, () => workload.event());
  const toEvent = (i: number) => ({ topic: workload.topic, data: parse(texts[i % events] as string) });

  const heapBefore = heapBytes();
  const matcher = new Matcher();
  // Events come early, as in life: statistics for the choice of access keys, and the first filters are looked at again.
  const early = Math.min(BATCH, Math.ceil(count / 10));
  const earlySeconds = addAll(matcher, { workload, from: 0, to: early });
  for (let i = 0; i < WARM_UP; i += 1) matcher.match(toEvent(i));
  matcher.retune(early);
  const addSeconds = earlySeconds + addAll(matcher, { workload, from: early, to: count });
  for (let i = 0; i < WARM_UP; i += 1) matcher.match(toEvent(i));
  const growth = heapBytes() - heapBefore;

  const naive = count <= NAIVE_MAX ? new NaiveLoop([...drawn(create(seed, count), count)]) : undefined;
  const ids = new Int32Array(count);
  verify({ filters: drawn(create(seed, count), count), count, matcher, naive, ids, toEvent });

  const before = matcher.stats;
  const match = timeEach(events, toEvent, (event) => matcher.match(event));
  const after = matcher.stats;
  const naiveEvents = Math.max(30, Math.min(events, Math.round(2e7 / count)));
  const naiveTimings = naive && timeEach(naiveEvents, toEvent, ({ data }) => naive.match(data, ids));

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
    indexBytes: indexBytes(after) / count,
    bytes: (indexBytes(after) + after.bytes.texts + after.bytes.subscriptions) / count,
    heapBytes: growth / count,
  };
}

interface Additions {
  readonly workload: Workload;
  readonly from: number;
  readonly to: number;
}

/** Adds the workload's next filters, from text, as `from`…`to` - 1; returns the seconds that took, without drawing them. */
function addAll(matcher: Matcher, { workload, from, to }: Additions): number {
  let seconds = 0;
  for (let first = from; first < to; first += BATCH) {
    const batch = [...drawn(workload, Math.min(BATCH, to - first))];
    seconds += secondsOf(() => {
      for (const [i, { topic, when }] of batch.entries()) matcher.add(first + i, { topic, when });
    });
  }
  return seconds;
}

function* drawn(workload: Workload, count: number): Generator<WorkloadFilter> {
  for (let i = 0; i < count; i += 1) yield workload.filter();
}

interface Contest {
  readonly filters: Iterable<WorkloadFilter>;
  readonly count: number;
  readonly matcher: Matcher;
  readonly naive: NaiveLoop | undefined;
  readonly ids: Int32Array;
  readonly toEvent: (i: number) => { topic: string; data: JsonValue };
}

function verify({ filters, count, matcher, naive, ids, toEvent }: Contest): void {
  const events = Array.from({ length: Math.max(3, Math.min(CHECKED, Math.floor(CHECKS_MAX / count))) }, (_, i) =>
    toEvent(i),
  );
  const expected: number[][] = events.map(() => []);
  let id = 0;
  for (const { when } of filters) {
    const parsed = parsePredicate(when);
    for (const [i, event] of events.entries()) if (evaluate(parsed, event) === true) expected[i]?.push(id);
    id += 1;
  }
  for (const [i, event] of events.entries()) {
    const answer = expected[i]?.join();
    const { ids: found, count: length } = matcher.match(event);
    if (found.slice(0, length).sort().join() !== answer) throw new Error(`event ${i}: the matcher is wrong`);
    if (naive !== undefined && ids.slice(0, naive.match(event.data, ids)).join() !== answer)
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
  'index B',
  'all B',
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
    naive === undefined ? '-' : naive.mean.toFixed(1),
    naive === undefined ? '-' : `${(naive.mean / match.mean).toFixed(0)} ×`,
    result.addsPerSecond.toFixed(0),
    result.removesPerSecond.toFixed(0),
    result.indexBytes.toFixed(0),
    result.bytes.toFixed(0),
    result.heapBytes.toFixed(0),
  ];
  return cells.map((cell) => cell.padStart(WIDTH)).join('');
}

function indexBytes({ bytes }: MatcherStats): number {
  const { texts, subscriptions, results, ...index } = bytes;
  return Object.values(index).reduce((sum, part) => sum + part, 0);
}

function heapBytes(): number {
  if (globalThis.gc === undefined) return Number.NaN;
  // Compiled code of the round before goes only with the collection after the one that finds it unused.
  for (let i = 0; i < 4; i += 1) globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function parse(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const filters = words.map(Number).filter((count) => count > 0);
  const workloads = words.filter((word) => Number.isNaN(Number(word)));
  benchMatcher({ ...(filters.length > 0 && { filters }), ...(workloads.length > 0 && { workloads }) });
}
