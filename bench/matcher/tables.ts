import type { Table } from '../report/table.ts';
import { WORKLOADS } from '../workloads/catalogue.ts';
import { anatomyTables } from './anatomy-tables.ts';
import type { ChangeTimings } from './change-times.ts';
import { CHURN, type ChurnRow } from './churn.ts';
import { HOSTILE, type HostileRow } from './hostile.ts';
import { micros, oneDigit, whole } from './numbers.ts';
import type { MatcherResults } from './results.ts';
import type { Row } from './row.ts';
import type { Timings } from './timings.ts';

/** The rival to compare with: as fair as a loop can be. */
const BASELINE = 'generated code';

interface Measure<T> {
  readonly label: string;
  /** Undefined where it was not measured. */
  readonly of: (row: T) => string | undefined;
}

/** The summary, a table for each workload that has results, in the order of the catalogue, and where its time goes. */
export function tablesOf({ rows, churn, hostile }: Pick<MatcherResults, 'rows' | 'churn' | 'hostile'>): Table[] {
  const tables = Object.keys(WORKLOADS).map((key) => rowTable(rows.filter(({ workload }) => workload === key)));
  return [summaryTable(rows), ...tables, churnTable(churn), hostileTable(hostile), ...anatomyTables(rows)].filter(
    ({ columns, lines }) => columns.length > 0 && lines.length > 0,
  );
}

/** The few figures that say most, a line for each workload and size. */
export function summaryTable(rows: readonly Row[]): Table {
  return {
    title: 'In short',
    corner: 'workload',
    columns: [
      'filters',
      'matches',
      'p50 µs',
      'mean',
      'p99',
      'index bytes a filter',
      `${BASELINE}, p50 µs`,
      `${BASELINE} ÷ match`,
    ],
    lines: rows.map(({ workload, filters, matches, alone, bytes, rivals }) => {
      const baseline = rivals.find(({ name }) => name === BASELINE)?.match;
      const compared = baseline === undefined ? ['', ''] : [micros(baseline.p50), `${ratio(baseline, alone)} ×`];
      const times = [alone.p50, alone.mean, alone.p99].map(micros);
      return { label: workload, cells: [whole(filters), oneDigit(matches), ...times, whole(bytes.index), ...compared] };
    }),
  };
}

/** All that was measured of one workload, a column for each number of filters. */
export function rowTable(rows: readonly Row[]): Table {
  const key = rows[0]?.workload ?? '';
  const { name, description } = WORKLOADS[key]?.(0, 1) ?? { name: key, description: '' };
  const rivals = [...new Set(rows.flatMap((row) => row.rivals.map((rival) => rival.name)))];
  return tableOf(`${name}: ${description}`, rows, [...ROW_MEASURES, ...rivals.map(rivalMeasure)]);
}

export function churnTable(rows: readonly ChurnRow[]): Table {
  return tableOf(`${CHURN} churn: W1-90, a tenth of the filters replaced every second`, rows, CHURN_MEASURES);
}

/** What filters cost others that somebody adds to do harm. */
export function hostileTable(rows: readonly HostileRow[]): Table {
  return {
    title: `${HOSTILE} filters beside those of W1-10`,
    corner: 'hostile filters',
    columns: [
      'class',
      'beside',
      'bytes each',
      'candidates an event',
      'tests an event',
      'without them, µs an event',
      'with them',
      '×',
    ],
    lines: rows.map(({ name, count, cost, filters, bytes, candidates, tests, without, with: beside }) => {
      const work = [candidates, tests].map(oneDigit);
      const times = [micros(without), micros(beside), (beside / without).toFixed(2)];
      return { label: `${whole(count)} × ${name}`, cells: [cost, whole(filters), whole(bytes), ...work, ...times] };
    }),
  };
}

function tableOf<T extends { readonly filters: number }>(
  title: string,
  rows: readonly T[],
  measures: readonly Measure<T>[],
): Table {
  return {
    title,
    corner: 'filters',
    columns: rows.map(({ filters }) => whole(filters)),
    lines: measures.map(({ label, of }) => ({ label, cells: rows.map((row) => of(row) ?? '') })),
  };
}

const ROW_MEASURES: readonly Measure<Row>[] = [
  { label: 'matches an event', of: ({ matches }) => oneDigit(matches) },
  { label: 'candidates an event', of: ({ candidates }) => oneDigit(candidates) },
  { label: 'tests an event', of: ({ tests }) => oneDigit(tests) },
  { label: 'match, each event timed alone: p50 µs', of: ({ alone }) => micros(alone.p50) },
  { label: '… mean', of: ({ alone }) => micros(alone.mean) },
  { label: '… p99', of: ({ alone }) => micros(alone.p99) },
  { label: 'match, 100 events timed together: µs an event, p50', of: ({ batched }) => micros(batched.p50) },
  { label: '… mean', of: ({ batched }) => micros(batched.mean) },
  { label: 'JSON.parse and match: events/s', of: ({ parsedAndMatched }) => whole(parsedAndMatched) },
  { label: 'read from bytes and match: events/s', of: ({ readAndMatched }) => whole(readAndMatched) },
  { label: 'bytes a filter: index', of: ({ bytes }) => whole(bytes.index) },
  { label: '… with texts, subscribers, answers', of: ({ bytes }) => whole(bytes.all) },
  { label: '… growth of heap and array buffers', of: ({ bytes }) => whole(bytes.process) },
  { label: 'built from text: filters/s', of: ({ build }) => whole(build.fromText) },
  { label: 'built from compiled: filters/s', of: ({ build }) => whole(build.fromCompiled) },
  { label: 'while matching, µs p50 / p99 / max (max undisturbed)', of: () => '' },
  { label: '… add from text', of: ({ changes }) => change(changes.addText) },
  { label: '… add compiled', of: ({ changes }) => change(changes.addCompiled) },
  { label: '… replace from text', of: ({ changes }) => change(changes.replaceText) },
  { label: '… replace compiled', of: ({ changes }) => change(changes.replaceCompiled) },
  { label: '… remove', of: ({ changes }) => change(changes.remove) },
  { label: 'removed: filters/s', of: ({ removal }) => whole(removal.rate) },
  { label: 'after removing all: bytes left in all, own account', of: ({ removal }) => whole(removal.ownBytesLeft) },
  { label: '… of heap and array buffers', of: ({ removal }) => whole(removal.processBytesLeft) },
];

const CHURN_MEASURES: readonly Measure<ChurnRow>[] = [
  { label: 'events a second, by the events’ clock', of: ({ eventRate }) => whole(eventRate) },
  { label: 'replaces a second', of: ({ replaceRate }) => whole(replaceRate) },
  { label: 'match at rest, each event timed alone: p50 µs', of: ({ atRest }) => micros(atRest.p50) },
  { label: '… mean', of: ({ atRest }) => micros(atRest.mean) },
  { label: '… p99', of: ({ atRest }) => micros(atRest.p99) },
  { label: 'match during churn: p50 µs', of: ({ during }) => micros(during.p50) },
  { label: '… mean', of: ({ during }) => micros(during.mean) },
  { label: '… p99', of: ({ during }) => micros(during.p99) },
  { label: 'churn ÷ rest, p50', of: ({ during, atRest }) => `${(during.p50 / atRest.p50).toFixed(2)} ×` },
  { label: '… mean', of: ({ during, atRest }) => `${(during.mean / atRest.mean).toFixed(2)} ×` },
  { label: 'replace, µs p50 / p99 / max (max undisturbed)', of: ({ replace }) => change(replace) },
  { label: 'share of one core', of: ({ coreShare }) => coreShare.toFixed(2) },
];

function rivalMeasure(name: string): Measure<Row> {
  return {
    label: `${name}: p50 µs, × of the matcher’s`,
    of: ({ rivals, alone }) => {
      const match = rivals.find((rival) => rival.name === name)?.match;
      return match && `${micros(match.p50)}, ${ratio(match, alone)} ×`;
    },
  };
}

function ratio(theirs: Timings, ours: Timings): string {
  const times = theirs.p50 / ours.p50;
  return times < 10 ? times.toFixed(1) : whole(times);
}

function change({ p50, p99, max, maxUndisturbed }: ChangeTimings): string {
  return `${oneDigit(p50)} / ${oneDigit(p99)} / ${whole(max)} (${whole(maxUndisturbed)})`;
}
