import { toBarSvg } from '../chart/bar-chart.ts';
import { toSvg } from '../chart/line-chart.ts';
import type { Figures } from './figures.ts';
import type { Latency } from './latency-record.ts';
import { medianOf, valuesOf } from './median.ts';
import { type BrokerResult, OURS, type ScenarioResult } from './results.ts';
import { scenarioOf } from './scenario-list.ts';
import { mainColumn } from './tables.ts';

/** SVG documents that show what a scenario has found out; none where every round failed. */
export function chartsOf(result: ScenarioResult): string[] {
  const brokers = result.brokers.filter(({ rounds }) => rounds.length > 0);
  if (brokers.length === 0) return [];
  return [barsOf(result, brokers), ...latencyLines(result, brokers), ...costLines(result, brokers)];
}

function barsOf({ key, title }: ScenarioResult, brokers: readonly BrokerResult[]): string {
  const main = mainColumn(scenarioOf(key));
  return toBarSvg({
    title,
    unit: `${main.title}; ${main.better === 'more' ? 'longer' : 'shorter'} is better`,
    bars: brokers.flatMap((broker) => {
      const value = medianOf(broker.rounds, main);
      if (value === undefined) return [];
      const values = valuesOf(broker.rounds, main);
      return [
        {
          label: broker.name,
          value,
          least: Math.min(...values),
          most: Math.max(...values),
          isOurs: broker.key === OURS,
        },
      ];
    }),
  });
}

/** Percentiles: the further to the right, the rarer. Of the round in the middle, by its p99. */
function latencyLines({ title }: ScenarioResult, brokers: readonly BrokerResult[]): string[] {
  const series = brokers.flatMap((broker) => {
    const found = middleLatency(broker.rounds);
    if (found === undefined) return [];
    // Of a thousand events, none tells what one of ten thousand does.
    const points = found.curve
      .map(([percentile, us]) => [100 / (100 - percentile), us] as const)
      .filter(([oneOf]) => oneOf >= 2 && oneOf <= found.count);
    return [{ label: broker.name, points, isOurs: broker.key === OURS }];
  });
  if (series.length === 0) return [];
  return [
    toSvg({
      title: `${title}: latency by percentile`,
      xTitle: 'one event of so many waits longer (10: p90, 100: p99, 1,000: p99.9)',
      yTitle: 'µs from when it was due',
      series,
    }),
  ];
}

function middleLatency(rounds: readonly Figures[]): Latency | undefined {
  const found = rounds.map(({ latency }) => latency).filter((latency) => latency !== undefined);
  return found.sort((one, other) => one.p99 - other.p99)[found.length >> 1];
}

function costLines({ title }: ScenarioResult, brokers: readonly BrokerResult[]): string[] {
  const series = brokers.flatMap((broker) => {
    const curves = broker.rounds.map(({ costCurve }) => costCurve).filter((curve) => curve !== undefined);
    const points = (curves[0] ?? []).map(([subscriptions], i) => {
      const us = curves.map((curve) => curve[i]?.[1] ?? Number.NaN).sort((a, b) => a - b);
      return [subscriptions, us[us.length >> 1] ?? Number.NaN] as const;
    });
    return points.length === 0 ? [] : [{ label: broker.name, points, isOurs: broker.key === OURS }];
  });
  if (series.length === 0) return [];
  return [toSvg({ title, xTitle: 'subscriptions', yTitle: 'broker’s processor µs per delivery', series })];
}
