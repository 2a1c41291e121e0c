import { describeMachine } from '../report/machine.ts';
import type { Table } from '../report/table.ts';
import type { Column } from './columns.ts';
import { limitOf } from './limits.ts';
import { medianOf, valuesOf } from './median.ts';
import { type BrokerResult, type LoadResults, OURS, type ScenarioResult } from './results.ts';
import type { Scenario } from './scenario.ts';
import { scenarioOf } from './scenario-list.ts';

const NOTHING = '–';

/** One table for a scenario: a line for each broker; medians of its rounds, and how far apart these were in what matters most. */
export function tableOf(result: ScenarioResult, cores: number): Table {
  const scenario = scenarioOf(result.key);
  const main = mainColumn(scenario);
  const ours = result.brokers.find(({ key }) => key === OURS);
  return {
    title: result.title,
    corner: 'broker',
    columns: [
      main.title,
      'least to most',
      'ours is so many times better',
      ...scenario.columns.slice(1).map(({ title }) => title),
      ...(scenario.flatOut ? ['held back by'] : []),
    ],
    lines: result.brokers.map((broker) => ({
      label: `${broker.name} ${broker.version}`,
      cells: [
        shown(medianOf(broker.rounds, main), main.digits),
        rangeOf(broker, main),
        ratioTo(ours, broker, main),
        ...scenario.columns.slice(1).map((column) => shown(medianOf(broker.rounds, column), column.digits)),
        ...(scenario.flatOut ? [broker.rounds.length === 0 ? NOTHING : limitOf(broker.rounds, cores)] : []),
      ],
    })),
  };
}

/** What the table does not say: how each broker was used, and which rounds failed. */
export function remarksOf({ brokers }: ScenarioResult): string[] {
  return [
    ...brokers.map(({ name, manner }) => `${name}: ${manner}.`),
    ...brokers.flatMap(({ name, rounds }) =>
      [...new Set(rounds.flatMap(({ lossReasons = [] }) => lossReasons))].map((why) => `LOST: ${name}: ${why}.`),
    ),
    ...brokers.flatMap(({ name, failures }) => failures.map((why) => `FAILED: ${name}: ${why.split('\n')[0]}`)),
  ];
}

/** Where and how all of it was measured. */
export function headOf({ tellwhen, machine, loadBefore, seed, rounds, warmUpSeconds, seconds }: LoadResults): string {
  return `Tellwhen ${tellwhen}; ${describeMachine(machine)}; load average before it began ${loadBefore.toFixed(1)}; seed ${seed}; ${rounds} rounds, in each of which every broker had its turn, of ${seconds} s after ${warmUpSeconds} s of warm-up.`;
}

export function mainColumn({ columns }: Scenario): Column {
  return columns[0] as Column;
}

export function shown(value: number | undefined, digits: number): string {
  if (value === undefined) return NOTHING;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function rangeOf({ rounds }: BrokerResult, column: Column): string {
  const values = valuesOf(rounds, column);
  if (values.length < 2) return NOTHING;
  return `${shown(Math.min(...values), column.digits)} to ${shown(Math.max(...values), column.digits)}`;
}

/** Of the medians; what both met in a round was the same weather, so they had the same chances. */
function ratioTo(ours: BrokerResult | undefined, broker: BrokerResult, column: Column): string {
  const [mine, other] = [medianOf(ours?.rounds ?? [], column), medianOf(broker.rounds, column)];
  if (broker.key === OURS || mine === undefined || other === undefined) return '';
  const ratio = column.better === 'more' ? mine / other : other / mine;
  return Number.isFinite(ratio) ? `${ratio.toFixed(2)} ×` : '';
}
