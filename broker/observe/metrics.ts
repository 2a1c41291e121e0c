import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import type { MatcherStats } from '../../matcher/index.ts';
import type { LeaseCounts } from '../leases/index.ts';
import type { Counters } from './counters.ts';
import type { DurableReading } from './durable-series.ts';
import { BUCKET_BOUNDS_SECONDS, type DurationHistogram } from './histogram.ts';
import type { Host } from './host.ts';
import type { RequestReading } from './request-series.ts';
import { SERIES, type Series, type Snapshot } from './series.ts';
import type { SpacesReading } from './space-series.ts';

export interface MetricsSources {
  readonly counters: Counters;
  readonly matcher: { readonly stats: MatcherStats };
  readonly leases: { counts(): LeaseCounts };
  readonly held: { readonly events: number; readonly bytes: number };
  readonly matchSeconds: DurationHistogram;
  readonly version?: string | undefined;
  readonly oldestHeldMs?: (() => number) | undefined;
  /** Events that rest before they are delivered again. */
  readonly resting?: (() => number) | undefined;
  /** What connections have waiting for slow peers. */
  readonly unsentBytes?: (() => number) | undefined;
  readonly waitingFrameBytes?: (() => number) | undefined;
  readonly host?: Host | undefined;
  readonly durable?: (() => DurableReading) | undefined;
  readonly spaces?: (() => SpacesReading) | undefined;
  readonly commitSeconds?: DurationHistogram | undefined;
  readonly requests?: (() => RequestReading) | undefined;
  readonly requestSeconds?: DurationHistogram | undefined;
}

export interface Metrics {
  /** The Prometheus text format. Reads every source once; about a millisecond. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Nothing is copied before somebody looks: the hot path writes plain numbers and knows nothing of this. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const first = snapshot(sources);
  const supplied = SERIES.filter((series) => series.read(first) !== undefined);
  const copies = supplied.map((series) => copyInto(registry, series));
  const { matchSeconds, commitSeconds, requestSeconds } = sources;
  registerHistogram(registry, 'tellwhen_match_duration_seconds', 'Time to match one event.', matchSeconds);
  if (commitSeconds !== undefined) {
    registerHistogram(registry, 'tellwhen_commit_duration_seconds', 'Time to flush one commit.', commitSeconds);
  }
  if (requestSeconds !== undefined) {
    registerHistogram(registry, 'tellwhen_rpc_duration_seconds', 'Time to answer one request.', requestSeconds);
  }
  return {
    async render() {
      const now = snapshot(sources);
      for (const copy of copies) copy(now);
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

function snapshot(sources: MetricsSources): Snapshot {
  return {
    version: sources.version,
    counters: sources.counters,
    matcher: sources.matcher.stats,
    leases: sources.leases.counts(),
    held: sources.held,
    oldestHeldMs: sources.oldestHeldMs?.(),
    resting: sources.resting?.(),
    unsentBytes: sources.unsentBytes?.(),
    waitingFrameBytes: sources.waitingFrameBytes?.(),
    host: sources.host?.read(),
    durable: sources.durable?.(),
    requests: sources.requests?.(),
    spaces: sources.spaces?.(),
  };
}

function copyInto(registry: Registry, series: Series): (now: Snapshot) => void {
  const { name, help, label } = series;
  const shape = { name, help, labelNames: label === undefined ? [] : [label], registers: [registry] };
  const metric = series.type === 'counter' ? new Counter(shape) : new Gauge(shape);
  return (now) => {
    const reading = series.read(now);
    metric.reset();
    if (typeof reading === 'number') metric.inc(reading);
    else if (label !== undefined) {
      for (const [value, number] of Object.entries(reading ?? {})) metric.inc({ [label]: value }, number);
    }
  };
}

/** prom-client's own histogram can only be filled one observation at a time, so this stands in its place. */
function registerHistogram(registry: Registry, name: string, help: string, durations: DurationHistogram): void {
  const bucket = `${name}_bucket`;
  const metric = {
    name,
    help,
    type: 'histogram',
    get: async () => {
      let total = 0;
      const values = durations.counts().map((count, i) => {
        total += count;
        return { metricName: bucket, labels: { le: BUCKET_BOUNDS_SECONDS[i] ?? '+Inf' }, value: total };
      });
      const sum = { metricName: `${name}_sum`, labels: {}, value: durations.sumSeconds };
      const count = { metricName: `${name}_count`, labels: {}, value: total };
      return { ...metric, values: [...values, sum, count] };
    },
  };
  registry.registerMetric(metric as unknown as Metric);
}
