import { type Series, toSvg } from '../chart/line-chart.ts';
import { WORKLOADS } from '../workloads/catalogue.ts';
import { CHURN } from './churn.ts';
import type { MatcherResults } from './results.ts';
import type { Row } from './row.ts';

/** The workload that the rivals' lines are of: that on which they do best. */
const COMPARED = 'W1-90';

/** An SVG of µs per event (p50, each event timed alone) over the number of filters: a line for each workload and rival. */
export function toCostCurve({ rows, churn }: Pick<MatcherResults, 'rows' | 'churn'>): string {
  const compared = rows.filter(({ workload }) => workload === COMPARED);
  const rivals = [...new Set(compared.flatMap((row) => row.rivals.map(({ name }) => name)))];
  return toSvg({
    title: 'What one event costs against so many filters',
    xTitle: 'filters held',
    yTitle: 'µs per event (p50)',
    series: [
      ...rivals.map((name) => ({ label: `${name}, ${COMPARED}`, points: rivalPoints(compared, name), isOurs: false })),
      ...Object.keys(WORKLOADS).map((key) => workloadSeries(rows.filter(({ workload }) => workload === key))),
      {
        label: `${CHURN}: W1-90 during churn`,
        points: churn.map(({ filters, during }) => [filters, during.p50] as const),
        isOurs: true,
      },
    ],
  });
}

function workloadSeries(rows: readonly Row[]): Series {
  const last = rows.at(-1);
  // The matches stand beside the name: cost follows them.
  const label = last === undefined ? '' : `${last.workload}: ${Math.round(last.matches).toLocaleString('en-US')} match`;
  return { label, points: rows.map(({ filters, alone }) => [filters, alone.p50]), isOurs: true };
}

function rivalPoints(rows: readonly Row[], name: string): Series['points'] {
  return rows.flatMap(({ filters, rivals }) => {
    const match = rivals.find((rival) => rival.name === name)?.match;
    return match === undefined ? [] : [[filters, match.p50] as const];
  });
}
