import { toText } from '../report/table.ts';
import type { LoadResults, ScenarioResult } from './results.ts';
import { headOf, remarksOf, tableOf } from './tables.ts';

/** What a scenario has found out, for the terminal; before the first of them, where and how it was measured. */
export function scenarioText(results: LoadResults, scenario: ScenarioResult): string {
  const head = results.scenarios.length === 1 ? [headOf(results), ''] : [];
  const table = toText(tableOf(scenario, results.machine.cores));
  return [...head, table, scenario.what, ...remarksOf(scenario), ''].join('\n');
}
