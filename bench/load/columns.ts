import type { Figures } from './figures.ts';

/** One figure of the tables. */
export interface Column {
  readonly key: string;
  readonly title: string;
  readonly of: (figures: Figures) => number | undefined;
  readonly digits: number;
  /** Whether a broker is better for having more of it. */
  readonly better: 'more' | 'less';
}

const column = (
  key: string,
  title: string,
  of: Column['of'],
  { digits = 0, better = 'less' }: { readonly digits?: number; readonly better?: Column['better'] } = {},
): Column => ({ key, title, of, digits, better });

const MB = 2 ** 20;

export const COLUMNS = {
  published: column('published', 'events/s', ({ publishedPerSecond }) => publishedPerSecond, { better: 'more' }),
  delivered: column('delivered', 'deliveries/s', ({ deliveredPerSecond }) => deliveredPerSecond, { better: 'more' }),
  lost: column('lost', 'lost', ({ lost }) => lost),
  wrong: column('wrong', 'wrong', ({ wrong }) => wrong),
  brokerCpu: column('brokerCpu', 'broker’s core %', ({ brokerCpu }) => brokerCpu),
  publisherCpu: column('publisherCpu', 'publisher’s', ({ publisherCpu }) => publisherCpu),
  subscriberCpu: column('subscriberCpu', 'subscribers’', ({ subscriberCpu }) => subscriberCpu),
  othersCpu: column('othersCpu', 'others’', ({ othersCpu }) => othersCpu),
  brokerUs: column('brokerUs', 'broker’s µs/delivery', ({ brokerUs }) => brokerUs, { digits: 2 }),
  wireBytes: column('wireBytes', 'wire bytes/delivery', ({ wireBytes }) => wireBytes),
  brokerMb: column('brokerMb', 'broker’s MB', ({ brokerBytes }) => brokerBytes && brokerBytes / MB),
  p50: column('p50', 'p50 µs', ({ latency }) => latency?.p50),
  p99: column('p99', 'p99 µs', ({ latency }) => latency?.p99),
  p999: column('p999', 'p99.9 µs', ({ latency }) => latency?.p999),
  max: column('max', 'max µs', ({ latency }) => latency?.max),
  calmP99: column('calmP99', 'p99 µs without them', ({ calmLatency }) => calmLatency?.p99),
  hindrance: column(
    'hindrance',
    'p99 with / without',
    ({ latency, calmLatency }) => latency && calmLatency && latency.p99 / calmLatency.p99,
    { digits: 2 },
  ),
  connectionBytes: column('connectionBytes', 'bytes/connection', ({ bytesPerConnection }) => bytesPerConnection),
  filtersPerSecond: column('filtersPerSecond', 'filters/s', ({ filtersPerSecond }) => filtersPerSecond, {
    better: 'more',
  }),
  filters: column('filters', 'filters', ({ filters }) => filters, { better: 'more' }),
  filterBytes: column('filterBytes', 'bytes/filter', ({ bytesPerFilter }) => bytesPerFilter),
  costAtFewest: column('costAtFewest', 'µs/delivery with the fewest', ({ costCurve }) => costCurve?.[0]?.[1], {
    digits: 2,
  }),
  costAtMost: column('costAtMost', 'µs/delivery with the most', ({ costCurve }) => costCurve?.at(-1)?.[1], {
    digits: 2,
  }),
  alone: column('alone', 'one at a time/s', ({ alonePerSecond }) => alonePerSecond, { better: 'more' }),
} as const satisfies Record<string, Column>;
