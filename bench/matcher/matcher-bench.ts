import { describeMachine, thisMachine } from '../report/machine.ts';
import { Progress } from '../report/progress.ts';
import { toText } from '../report/table.ts';
import { WORKLOADS } from '../workloads/catalogue.ts';
import { anatomyTables } from './anatomy-tables.ts';
import { CHURN, type ChurnRow } from './churn.ts';
import { HOSTILE, type HostileRow } from './hostile.ts';
import { saveResults } from './results.ts';
import type { Row } from './row.ts';
import { runTask } from './run-task.ts';
import { churnTable, hostileTable, rowTable, summaryTable } from './tables.ts';

export interface MatcherBenchOptions {
  /** Numbers of filters to hold, a round for each. */
  readonly filters: readonly number[];
  /** Workloads by their keys; `W1` means both of its kind. Empty: all. */
  readonly workloads: readonly string[];
  /** Events to time the matcher with, in each way. */
  readonly events: number;
  readonly seed: number;
  /** Events a second, in W6. */
  readonly eventRate: number;
  /** Whether generated code and npm's engines answer the workloads too, where they can. */
  readonly withRivals: boolean;
  /** A folder for the results, their tables and curve; undefined: they are printed only. */
  readonly out: string | undefined;
  readonly print: (text: string) => void;
}

/** Filters of others, beside hostile ones. */
const HOSTILE_BESIDE_MAX = 100_000;

/**
 * How fast the matcher is, and what it costs to have one: every workload at every size, each round in a process of its
 * own, printed as the rounds are done. A million filters take a minute or more a workload.
 *
 * @throws Error when an answer is wrong, or no workload is meant.
 */
export async function benchMatcher(options: MatcherBenchOptions): Promise<void> {
  const { filters, seed, events, eventRate, withRivals, print } = options;
  const workloads = keysMeant(options.workloads);
  const machine = thisMachine();
  print(`seed ${seed}; ${describeMachine(machine)}`);
  const rows: Row[] = [];
  const churn: ChurnRow[] = [];
  const hostile: HostileRow[] = [];
  // After each workload, so that a run that is broken off leaves what it has found out.
  const save = async (): Promise<void> => {
    if (options.out !== undefined) await saveResults(options.out, { seed, machine, rows, churn, hostile, remarks: [] });
  };
  for (const workload of workloads.filter(isWorkload)) {
    const rowsHere: Row[] = [];
    for (const count of filters) {
      const withAnatomy = count === Math.max(...filters);
      const order = { workload, filters: count, seed, events, withRivals, withAnatomy };
      rowsHere.push(
        (await withProgress(title(workload, count), (progress) => runTask({ kind: 'row', order }, progress))).row,
      );
    }
    rows.push(...rowsHere);
    print(`\n${toText(rowTable(rowsHere))}`);
    await save();
  }
  if (workloads.includes(CHURN)) {
    for (const count of filters) {
      const order = { filters: count, seed, events, eventRate };
      churn.push(
        (await withProgress(title(CHURN, count), (progress) => runTask({ kind: 'churn', order }, progress))).row,
      );
    }
    print(`\n${toText(churnTable(churn))}`);
    await save();
  }
  if (workloads.includes(HOSTILE)) {
    // One size tells enough: what they cost does not depend on how many others there are.
    const count = Math.min(HOSTILE_BESIDE_MAX, Math.max(...filters));
    const order = { filters: count, seed, events };
    const work = (progress: (step: string) => void) => runTask({ kind: 'hostile', order }, progress);
    hostile.push(...(await withProgress(title(HOSTILE, count), work)).rows);
    print(`\n${toText(hostileTable(hostile))}`);
    await save();
  }
  for (const table of anatomyTables(rows)) print(`\n${toText(table)}`);
  if (rows.length > 0) print(`\n${toText(summaryTable(rows))}`);
  if (options.out !== undefined) print(`\nwritten to ${options.out}`);
}

export type SteadyBenchOptions = Pick<MatcherBenchOptions, 'filters' | 'workloads' | 'seed' | 'print'> & {
  readonly seconds: number;
};

/** Matching and nothing else, of each workload and size: how many collections it causes. */
export async function benchSteadily({ filters, workloads, seed, seconds, print }: SteadyBenchOptions): Promise<void> {
  print(`seed ${seed}; ${describeMachine(thisMachine())}`);
  for (const workload of keysMeant(workloads).filter(isWorkload)) {
    for (const count of filters) {
      const order = { filters: count, seed, seconds };
      const { run } = await withProgress(title(workload, count), (progress) =>
        runTask({ kind: 'steady', workload, order }, progress),
      );
      print(
        `${title(workload, count)}: ${(run.matched / 1e6).toFixed(2)} million parsed events matched in ${run.seconds.toFixed(1)} s; ` +
          `collections: ${run.minorCollections} minor, ${run.majorCollections} major; ` +
          `the heap grew by ${Math.round(run.heapGrowthBytes / 1024)} KB`,
      );
    }
  }
}

function keysMeant(wanted: readonly string[]): string[] {
  const keys = [...Object.keys(WORKLOADS), CHURN, HOSTILE];
  const unknown = wanted.find((word) => !keys.some((key) => isMeant(key, word)));
  if (unknown !== undefined) throw new Error(`there is no workload ${unknown}; there are ${keys.join(', ')}`);
  return wanted.length === 0 ? keys : keys.filter((key) => wanted.some((word) => isMeant(key, word)));
}

/** Is it the key of a workload that is matched as it is? */
function isWorkload(key: string): boolean {
  return Object.hasOwn(WORKLOADS, key);
}

function isMeant(key: string, word: string): boolean {
  return key === word || key.startsWith(`${word}-`);
}

async function withProgress<T>(what: string, work: (progress: (step: string) => void) => Promise<T>): Promise<T> {
  const progress = new Progress(what);
  try {
    return await work((step) => progress.show(step));
  } finally {
    progress.done();
  }
}

function title(workload: string, count: number): string {
  return `${workload}, ${count.toLocaleString('en-US')} filters`;
}
