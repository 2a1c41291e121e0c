import { escaped, place } from './svg-text.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Of the rounds, around the value. */
  readonly least: number;
  readonly most: number;
  readonly isOurs: boolean;
}

export interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 860;
const TOP = 48;
const ROW = 34;
const BAR = 20;
/** Labels end at the left edge of the bars; numbers follow their right end. */
const PLOT = { left: 260, right: 730 };
const STYLE = [
  'text{font:13px system-ui,sans-serif;fill:#333}.title{font-size:16px;font-weight:600;fill:#111}.page{fill:#fff}',
  '.ours{fill:#0072b2}.other{fill:#b8b8b8}.spread{stroke:#333;fill:none}',
  '@media(prefers-color-scheme:dark){.page{fill:#0d1117}text{fill:#c9d1d9}.title{fill:#f0f6fc}.ours{fill:#56b4e9}.other{fill:#5b6470}.spread{stroke:#c9d1d9}}',
].join('');

/** An SVG document of bars over a linear axis from 0, each with the spread of its rounds. It brings its own background. */
export function toBarSvg({ title, unit, bars }: BarChart): string {
  const top = Math.max(...bars.map(({ most }) => most), Number.MIN_VALUE);
  const x = (value: number): number => PLOT.left + (value / top) * (PLOT.right - PLOT.left);
  const height = TOP + bars.length * ROW + 12;
  const rows = bars.map(({ label, value, least, most, isOurs }, i) => {
    const y = TOP + i * ROW;
    const middle = place(y + BAR / 2);
    return [
      `<text x="${PLOT.left - 10}" y="${middle}" dy="0.35em" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="${isOurs ? 'ours' : 'other'}" x="${PLOT.left}" y="${y}" width="${place(x(value) - PLOT.left)}" height="${BAR}"/>`,
      `<path class="spread" d="M${place(x(least))},${middle} H${place(x(most))}"/>`,
      `<text x="${place(x(most) + 8)}" y="${middle}" dy="0.35em">${numberText(value)}</text>`,
    ].join('\n');
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="20" y="28">${escaped(title)} (${escaped(unit)})</text>`,
    ...rows,
    '</svg>',
  ].join('\n')}\n`;
}

function numberText(value: number): string {
  return value.toLocaleString('en-US', value < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });
}
