import type { Table } from '../report/table.ts';
import { placesOf } from './anatomy.ts';
import type { LineProfile } from './line-profile.ts';
import { micros, oneDigit, whole } from './numbers.ts';
import type { Row } from './row.ts';

/** What is to be reached with a million filters: p50 in microseconds. */
const WANTED = { filters: 1_000_000, p50: { 'W1-90': 3, 'W1-10': 1.2, W2: 15, W3: 80, W4: 80 } as const };

/** Where the time goes, and a profile of each workload whose anatomy is known. */
export function anatomyTables(rows: readonly Row[]): Table[] {
  const known = rows.filter(({ anatomy }) => anatomy !== undefined);
  return known.length === 0 ? [] : [floorTable(known), ...known.flatMap(profileTables)];
}

function floorTable(rows: readonly Row[]): Table {
  return {
    title: 'Where the time goes: places in memory that an event reads, and what far reads of them would take',
    corner: 'workload',
    columns: [
      'filters',
      'texts',
      'cells',
      'runs',
      'entries',
      'subscribers',
      'all',
      'MB of index',
      'ns a dependent far read',
      'ns an independent one',
      'all, as independent far reads: µs',
      'p50 µs, alone',
      'mean',
      'wanted p50',
    ],
    lines: rows.flatMap(({ workload, filters, alone, anatomy }) => {
      if (anatomy === undefined) return [];
      const { places, farReads, floor } = anatomy;
      const { texts, cells, runs, entries, subscribers } = places;
      const counts = [texts, cells, runs, entries, subscribers, placesOf(places)].map(oneDigit);
      const reads = [farReads.bytes / 1e6, farReads.dependentNs, farReads.independentNs].map(oneDigit);
      return [
        {
          label: workload,
          cells: [
            whole(filters),
            ...counts,
            ...reads,
            micros(floor),
            micros(alone.p50),
            micros(alone.mean),
            wantedOf(workload, filters),
          ],
        },
      ];
    }),
  };
}

function profileTables({ workload, filters, anatomy }: Row): Table[] {
  return anatomy === undefined ? [] : [profileTable(`${workload}, ${whole(filters)} filters`, anatomy.profile)];
}

function profileTable(of: string, { functions, lines }: LineProfile): Table {
  const percent = (share: number): string => `${oneDigit(share * 100)} %`;
  return {
    title: `Profile of ${of}: functions, then lines`,
    corner: 'where',
    columns: ['time'],
    lines: [
      ...functions,
      ...lines.map(({ what, share }) => ({ what: `\`${what.replaceAll('|', '\\|')}\``, share })),
    ].map(({ what, share }) => ({ label: what, cells: [percent(share)] })),
  };
}

function wantedOf(workload: string, filters: number): string {
  if (filters !== WANTED.filters) return '';
  const wanted = Object.entries(WANTED.p50).find(([key]) => key === workload);
  return wanted === undefined ? '' : String(wanted[1]);
}
