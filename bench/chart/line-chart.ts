import { isShown, logScale } from './log-scale.ts';
import { spreadLabels } from './spread-labels.ts';
import { escaped, place, tickText } from './svg-text.ts';

export interface Series {
  /** Stands beside the line's last point. */
  readonly label: string;
  /** Points that a logarithmic scale has no place for are left out; a line without points is too. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Others are drawn grey and dashed, to compare with. */
  readonly isOurs: boolean;
}

export interface LineChart {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
}

const WIDTH = 860;
const HEIGHT = 520;
/** Around the axes: room for titles, the numbers at the ticks, and the labels of the lines. */
const PLOT = { left: 76, right: 650, top: 56, bottom: 456 };
const LABEL_GAP = 17;
/** Of the lines, in light and in dark mode: told apart by the colour-blind too (after Okabe and Ito), and by their labels. */
const COLOURS = [
  ['#0072b2', '#56b4e9'],
  ['#d55e00', '#ff8c42'],
  ['#007f5f', '#2fc69b'],
  ['#a6437f', '#e08fc0'],
  ['#8a6d00', '#f0e442'],
  ['#5b4bb5', '#a99cf5'],
  ['#444444', '#dddddd'],
] as const;

/**
 * An SVG document of lines over two logarithmic axes. It brings its own background and follows the reader's choice of
 * light or dark, so that it can be shown as a picture anywhere.
 */
export function toSvg({ title, xTitle, yTitle, series }: LineChart): string {
  const drawn = series
    .map((one) => ({ ...one, points: one.points.filter(([x, y]) => isShown(x) && isShown(y)) }))
    .filter(({ points }) => points.length > 0);
  const points = drawn.flatMap((one) => one.points);
  const x = logScale(
    points.map(([value]) => value),
    [PLOT.left, PLOT.right],
  );
  const y = logScale(
    points.map(([, value]) => value),
    [PLOT.bottom, PLOT.top],
  );
  const ends = drawn.map(({ points }) => {
    const [endX, endY] = points.at(-1) as readonly [number, number];
    return { x: x.at(endX), y: y.at(endY) };
  });
  const labelHeights = labelHeightsOf(ends);
  let ours = 0;
  const lines = drawn.map(({ label, points, isOurs }, i) => {
    const kind = isOurs ? `line-${ours++ % COLOURS.length}` : 'other';
    const places = points.map(([px, py]) => [place(x.at(px)), place(y.at(py))] as const);
    const end = ends[i] as Place;
    const labelY = place(labelHeights[i] as number);
    const [bend, labelX] = [place(end.x + 6), place(end.x + 22)];
    return [
      `<g class="${kind}">`,
      `<polyline points="${places.map((pair) => pair.join(',')).join(' ')}"/>`,
      ...places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3"/>`),
      `<path class="lead" d="M${place(end.x)},${place(end.y)} L${bend},${labelY} h12"/>`,
      `<text x="${labelX}" y="${labelY}" dy="0.35em">${escaped(label)}</text>`,
      '</g>',
    ].join('\n');
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    `<style>${style()}</style>`,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="title" x="${PLOT.left}" y="30">${escaped(title)}</text>`,
    ...x.ticks.map((tick) => {
      const at = place(x.at(tick));
      return `<path class="grid" d="M${at},${PLOT.top} V${PLOT.bottom}"/><text x="${at}" y="${PLOT.bottom + 20}" text-anchor="middle">${tickText(tick)}</text>`;
    }),
    ...y.ticks.map((tick) => {
      const at = place(y.at(tick));
      return `<path class="grid" d="M${PLOT.left},${at} H${PLOT.right}"/><text x="${PLOT.left - 8}" y="${at}" dy="0.35em" text-anchor="end">${tickText(tick)}</text>`;
    }),
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 46}" text-anchor="middle">${escaped(xTitle)}</text>`,
    `<text transform="translate(22 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(yTitle)}</text>`,
    ...lines,
    '</svg>',
  ].join('\n')}\n`;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Labels of lines that end above each other are moved apart; a line that ends early has its label there. */
function labelHeightsOf(ends: readonly Place[]): number[] {
  const heights = ends.map(({ y }) => y);
  for (const column of new Set(ends.map(({ x }) => x))) {
    const members = [...ends.keys()].filter((i) => ends[i]?.x === column);
    const placed = spreadLabels(
      members.map((i) => heights[i] as number),
      { gap: LABEL_GAP, low: PLOT.top, high: PLOT.bottom },
    );
    for (const [rank, i] of members.entries()) heights[i] = placed[rank] as number;
  }
  return heights;
}

function style(): string {
  const colours = (mode: 0 | 1): string =>
    COLOURS.map((pair, i) => `.line-${i}{color:${pair[mode]}}`).join('') +
    `.other{color:${mode === 0 ? '#666' : '#aaa'}}`;
  return [
    'text{font:13px system-ui,sans-serif;fill:#333}.title{font-size:16px;font-weight:600;fill:#111}',
    '.page{fill:#fff}.grid{stroke:#e2e2e2;fill:none}',
    'polyline{fill:none;stroke:currentColor;stroke-width:2}circle{fill:currentColor}.lead{fill:none;stroke:currentColor;stroke-width:.8}',
    'g text{fill:currentColor;stroke:#fff;stroke-width:4px;paint-order:stroke}.other polyline{stroke-width:1.5;stroke-dasharray:5 4}',
    colours(0),
    `@media(prefers-color-scheme:dark){.page{fill:#0d1117}text{fill:#c9d1d9}.title{fill:#f0f6fc}.grid{stroke:#2a313a}g text{fill:currentColor;stroke:#0d1117}${colours(1)}}`,
  ].join('');
}
