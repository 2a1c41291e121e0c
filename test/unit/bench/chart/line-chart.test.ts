import { describe, expect, it } from 'vitest';
import { toSvg } from '../../../../bench/chart/line-chart.ts';
import { logScale } from '../../../../bench/chart/log-scale.ts';
import { spreadLabels } from '../../../../bench/chart/spread-labels.ts';

describe('logScale', () => {
  it('reaches out to powers of ten, and puts equal ratios at equal distances', () => {
    const scale = logScale([3, 450], [0, 300]);
    expect(scale.ticks).toEqual([1, 10, 100, 1000]);
    expect(scale.ticks.map(scale.at)).toEqual([0, 100, 200, 300]);
    expect(scale.at(20) - scale.at(10)).toBeCloseTo(scale.at(200) - scale.at(100));
  });

  it('ends at a power of ten that is itself a value', () => {
    expect(logScale([1_000, 1_000_000], [0, 1]).ticks).toEqual([1_000, 10_000, 100_000, 1_000_000]);
    expect(logScale([0.001, 0.01], [0, 1]).ticks).toEqual([0.001, 0.01]);
  });

  it('points upwards when its range does', () => {
    const scale = logScale([1, 100], [400, 0]);
    expect([1, 10, 100].map(scale.at)).toEqual([400, 200, 0]);
  });

  it.each([
    { values: [], ticks: [1, 10] },
    { values: [5], ticks: [1, 10] },
    { values: [10], ticks: [10, 100] },
    { values: [0, -3, Number.NaN, Number.POSITIVE_INFINITY, 20], ticks: [10, 100] },
  ])('has a decade at least: $values', ({ values, ticks }) => {
    const scale = logScale(values, [0, 10]);
    expect(scale.ticks).toEqual(ticks);
    expect(scale.ticks.map(scale.at)).toEqual([0, 10]);
  });
});

describe('spreadLabels', () => {
  it('leaves what has room where it is', () => {
    expect(spreadLabels([90, 10, 50], { gap: 15, low: 0, high: 100 })).toEqual([90, 10, 50]);
  });

  it('moves what would overlap apart, in order, within the bounds', () => {
    const placed = spreadLabels([95, 94, 96, 2, 1], { gap: 10, low: 0, high: 100 });
    expect(placed[1]).toBeLessThan(placed[0] as number);
    expect(placed[0]).toBeLessThan(placed[2] as number);
    const sorted = [...placed].sort((a, b) => a - b);
    expect(sorted[0]).toBeGreaterThanOrEqual(0);
    expect(sorted.at(-1)).toBeLessThanOrEqual(100);
    for (let i = 1; i < sorted.length; i += 1)
      expect((sorted[i] as number) - (sorted[i - 1] as number)).toBeGreaterThanOrEqual(10);
  });

  it('stands them evenly where there is no room for all', () => {
    expect(spreadLabels([50, 50, 50], { gap: 80, low: 0, high: 100 })).toEqual([0, 50, 100]);
    expect(spreadLabels([], { gap: 80, low: 0, high: 100 })).toEqual([]);
  });
});

describe('toSvg', () => {
  const chart = { title: 'Cost & <more>', xTitle: 'filters', yTitle: 'µs' };

  it('has a line and a label for each series, and a number at each tick', () => {
    const svg = toSvg({
      ...chart,
      series: [
        {
          label: 'W1',
          points: [
            [1_000, 1.5],
            [10_000, 2],
            [100_000, 3],
          ],
          isOurs: true,
        },
        { label: 'loop', points: [[1_000, 40]], isOurs: false },
      ],
    });
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg.match(/<circle/g)).toHaveLength(4);
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
    expect(texts).toEqual(
      expect.arrayContaining(['W1', 'loop', '1,000', '10,000', '100,000', '1', '10', '100', 'filters', 'µs']),
    );
    expect(svg).toContain('prefers-color-scheme:dark');
  });

  it('escapes what it is given', () => {
    const svg = toSvg({ ...chart, series: [{ label: '<"&', points: [[1, 1]], isOurs: true }] });
    expect(svg).toContain('Cost &amp; &lt;more&gt;');
    expect(svg).toContain('&lt;&quot;&amp;');
  });

  it('draws only what has a place: no NaN, no infinity', () => {
    const svg = toSvg({
      ...chart,
      series: [
        {
          label: 'gaps',
          points: [
            [1, 0],
            [10, Number.NaN],
            [100, 5],
            [1_000, Number.POSITIVE_INFINITY],
          ],
          isOurs: true,
        },
        { label: 'nothing', points: [[0, 0]], isOurs: true },
        { label: 'empty', points: [], isOurs: false },
      ],
    });
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.match(/<polyline/g)).toHaveLength(1);
    expect(toSvg({ ...chart, series: [] })).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('keeps every point inside the picture', () => {
    const svg = toSvg({
      ...chart,
      series: [
        {
          label: 'wide',
          points: [
            [1, 1e-4],
            [1e9, 1e9],
          ],
          isOurs: true,
        },
      ],
    });
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
    for (const [, cx, cy] of svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)) {
      expect(Number(cx)).toBeLessThanOrEqual(Number(width));
      expect(Number(cy)).toBeLessThanOrEqual(Number(height));
    }
    expect(svg.match(/<circle/g)).toHaveLength(2);
  });
});
