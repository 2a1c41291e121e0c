import { expect, it } from 'vitest';
import { toBarSvg } from '../../../../bench/chart/bar-chart.ts';

it('draws bars in proportion, with their names and numbers, and escapes both', () => {
  const bars = [
    { label: 'ours', value: 200, least: 150, most: 260, isOurs: true },
    { label: 'a < b', value: 100, least: 100, most: 100, isOurs: false },
  ];
  const svg = toBarSvg({ title: 'S1 & more', unit: 'events/s', bars });
  const widths = [...svg.matchAll(/<rect class="(?:ours|other)"[^>]*width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  );
  expect(widths).toHaveLength(2);
  expect((widths[0] ?? 0) / (widths[1] ?? 1)).toBeCloseTo(2, 1);
  expect(svg).toContain('S1 &amp; more (events/s)');
  expect(svg).toContain('a &lt; b');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

it('draws nothing of nothing', () => {
  expect(toBarSvg({ title: 'none', unit: 's', bars: [] })).not.toMatch(/NaN|Infinity|undefined/);
});
