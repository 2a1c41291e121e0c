import { describe, expect, it } from 'vitest';
import type { Figures } from '../../../../bench/load/figures.ts';
import { limitOf } from '../../../../bench/load/limits.ts';
import { toHtml } from '../../../../bench/load/report.ts';
import { type BrokerResult, isOursRight, type LoadResults } from '../../../../bench/load/results.ts';
import { FULL } from '../../../../bench/load/sizes.ts';
import { remarksOf, tableOf } from '../../../../bench/load/tables.ts';
import { thisMachine } from '../../../../bench/report/machine.ts';
import { toText } from '../../../../bench/report/table.ts';

const flow = (deliveredPerSecond: number, more: Partial<Figures> = {}): Figures => ({
  deliveredPerSecond,
  lost: 0,
  wrong: 0,
  ...more,
});
const broker = (key: string, rounds: readonly Figures[], failures: readonly string[] = []): BrokerResult => ({
  key,
  name: key,
  version: '1',
  manner: 'as it is',
  rounds,
  failures,
});
const resultsOf = (...brokers: readonly BrokerResult[]): LoadResults => ({
  tellwhen: '1',
  machine: thisMachine(),
  loadBefore: 0,
  seed: 1,
  rounds: 3,
  warmUpSeconds: 1,
  seconds: 1,
  sizes: FULL,
  leftOut: [],
  scenarios: [{ key: 's1', title: 'S1 <b>', what: 'x & y', brokers }],
});
const only = ({ scenarios: [scenario] }: LoadResults) => {
  if (scenario === undefined) throw new Error('no scenario');
  return scenario;
};

describe('the table of a scenario', () => {
  it('has medians, their spread, and how many times better ours is', () => {
    const ours = broker('tellwhen', [flow(200), flow(400), flow(300)]);
    const table = tableOf(only(resultsOf(ours, broker('nats', [flow(100), flow(150), flow(90)]))), 2);
    expect(table.lines.map(({ cells }) => cells.slice(0, 3))).toEqual([
      ['300', '200 to 400', ''],
      ['100', '90 to 150', '3.00 ×'],
    ]);
  });

  it('counts what is less as better where it is time', () => {
    const at = (p50: number): Figures => ({
      lost: 0,
      wrong: 0,
      latency: { count: 1, p50, p90: 1, p99: 1, p999: 1, max: 1, curve: [] },
    });
    const scenario = { ...only(resultsOf(broker('tellwhen', [at(50)]), broker('nats', [at(100)]))), key: 's4' };
    expect(tableOf(scenario, 2).lines[1]?.cells[2]).toBe('2.00 ×');
  });

  it('says nothing of who failed, but why', () => {
    const scenario = only(
      resultsOf(broker('tellwhen', [flow(5, { lossReasons: ['queue_full'] })]), broker('nats', [], ['gone\nat x'])),
    );
    expect(toText(tableOf(scenario, 2))).not.toMatch(/NaN|Infinity|undefined/);
    expect(remarksOf(scenario)).toContain('LOST: tellwhen: queue_full.');
    expect(remarksOf(scenario)).toContain('FAILED: nats: gone');
  });
});

it.each([
  [{ brokerCpu: 97, publisherCpu: 20, subscriberCpu: 30 }, 'broker'],
  [{ brokerCpu: 50, publisherCpu: 20, subscriberCpu: 95 }, 'subscribers'],
  [{ brokerCpu: 80, publisherCpu: 50, subscriberCpu: 60 }, 'machine'],
  [{ brokerCpu: 30, publisherCpu: 20, subscriberCpu: 30, othersCpu: 115 }, 'others, machine'],
  [{ brokerCpu: 30, publisherCpu: 20, subscriberCpu: 30 }, 'none'],
  [{}, 'none'],
])('finds what held a load back: %j', (figures, limit) => {
  expect(limitOf([flow(1, figures)], 2)).toBe(limit);
});

it('is right when ours lost nothing, failed nowhere, and had no wrong event; of others it does not matter', () => {
  const other = broker('nats', [flow(1, { lost: 5, wrong: 5 })], ['failed']);
  expect(isOursRight(resultsOf(broker('tellwhen', [flow(1)]), other))).toBe(true);
  expect(isOursRight(resultsOf(broker('tellwhen', [flow(1), flow(1, { lost: 1 })])))).toBe(false);
  expect(isOursRight(resultsOf(broker('tellwhen', [flow(1, { wrong: 1 })])))).toBe(false);
  expect(isOursRight(resultsOf(broker('tellwhen', [flow(1)], ['failed'])))).toBe(false);
});

it('writes a report in which no word of others is markup', () => {
  const html = toHtml(resultsOf(broker('tellwhen', [flow(1)]), broker('<script>x</script>', [flow(1)])));
  expect(html).toContain('S1 &lt;b&gt;');
  expect(html).not.toContain('<script>x');
});
