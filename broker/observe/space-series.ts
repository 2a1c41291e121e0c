import { seriesOf } from './part-series.ts';
import type { Series } from './series.ts';

/** What spaces hold and did, read at one moment. */
export interface SpacesReading {
  readonly counters: {
    readonly outs: number;
    readonly repeated: number;
    readonly reads: number;
    readonly takes: number;
    readonly woken: number;
    readonly waitedMs: number;
    readonly misses: number;
    readonly looked: number;
    readonly transactions: { readonly committed: number; readonly aborted: number };
    readonly returned: number;
    readonly expired: number;
  };
  readonly totals: {
    readonly spaces: number;
    readonly tuples: number;
    readonly bytes: number;
    readonly memoryBytes: number;
    readonly taken: number;
    readonly waiting: number;
    readonly indexes: number;
  };
  /** Distinct templates that wait, or did a moment ago. */
  readonly templates: number;
}

const { counter, gauge } = seriesOf(({ spaces }) => spaces);

export const SPACE_SERIES: readonly Series[] = [
  gauge('tellwhen_spaces', 'Spaces.', ({ totals }) => totals.spaces),
  gauge('tellwhen_space_tuples', 'Tuples in all spaces.', ({ totals }) => totals.tuples),
  gauge('tellwhen_space_bytes', 'Bytes of tuples in all spaces.', ({ totals }) => totals.bytes),
  gauge(
    'tellwhen_space_memory_bytes',
    'Memory that they take, as it is estimated.',
    ({ totals }) => totals.memoryBytes,
  ),
  gauge('tellwhen_space_taken', 'Tuples taken and not committed yet.', ({ totals }) => totals.taken),
  gauge('tellwhen_space_waiting', 'Finds that wait for a tuple.', ({ totals }) => totals.waiting),
  gauge('tellwhen_space_templates', 'Distinct templates of finds that wait.', (now) => now.templates),
  gauge('tellwhen_space_indexes', 'Fields of tuples that are indexed.', ({ totals }) => totals.indexes),
  counter('tellwhen_space_outs_total', 'Tuples put into spaces.', ({ counters }) => counters.outs),
  counter('tellwhen_space_repeated_total', 'Outs recognised as said before.', ({ counters }) => counters.repeated),
  counter(
    'tellwhen_space_found_total',
    'Tuples handed out, to be read or taken.',
    ({ counters: { reads, takes } }) => ({ read: reads, take: takes }),
    'how',
  ),
  counter('tellwhen_space_misses_total', 'Finds answered with nothing.', ({ counters }) => counters.misses),
  counter('tellwhen_space_looked_total', 'Tuples looked at for finds.', ({ counters }) => counters.looked),
  counter('tellwhen_space_woken_total', 'Finds that waited and were served.', ({ counters }) => counters.woken),
  counter('tellwhen_space_waited_seconds_total', 'Time for which those waited.', ({ counters }) => {
    return counters.waitedMs / 1000;
  }),
  counter('tellwhen_space_returned_total', 'Tuples given back by who had taken them.', ({ counters }) => {
    return counters.returned;
  }),
  counter('tellwhen_space_expired_total', 'Leases of tuples that ended by time.', ({ counters }) => counters.expired),
  counter(
    'tellwhen_space_transactions_total',
    'Transactions, by how they ended.',
    ({ counters }) => counters.transactions,
    'end',
  ),
];
