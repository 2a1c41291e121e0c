import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeMachine, type Machine } from '../report/machine.ts';
import { type Table, toMarkdown } from '../report/table.ts';
import type { ChurnResult } from './churn-bench.ts';
import { churnTables } from './churn-tables.ts';
import { peerTables } from './peer-tables.ts';
import type { PeersResult } from './peers-bench.ts';
import type { RestartsResult } from './restart-bench.ts';
import { restartTables } from './restart-tables.ts';
import type { StormResult } from './storm-bench.ts';
import { stormTables } from './storm-tables.ts';

/** What `durable.json` holds: of each part what was measured last, and where. */
export interface DurableResults {
  readonly peers?: Measured<PeersResult>;
  readonly restarts?: Measured<RestartsResult>;
  readonly storms?: Measured<StormResult>;
  readonly churn?: Measured<ChurnResult>;
}

export interface Measured<T> {
  readonly machine: Machine;
  /** So that nobody takes figures of a disk that is memory for figures of a disk. */
  readonly folderIsInMemory: boolean;
  /** Load average of a minute when it began: what others on the machine took part in. */
  readonly loadBefore: number;
  readonly result: T;
}

const JSON_FILE = 'durable.json';
const TABLES_FILE = 'durable.md';

/** Puts what was measured beside what the folder has of other parts. Returns the paths. */
export async function saveDurableResults(folder: string, results: DurableResults): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const all = { ...(await savedIn(folder)), ...results };
  const files = [
    { path: join(folder, JSON_FILE), text: `${JSON.stringify(all, undefined, 2)}\n` },
    { path: join(folder, TABLES_FILE), text: toMarkdownFile(all) },
  ];
  for (const { path, text } of files) await writeFile(path, text);
  return files.map(({ path }) => path);
}

/** A line that says where it was measured, and the tables of each part that is there. */
export function partsOf({ peers, restarts, storms, churn }: DurableResults): { line: string; tables: Table[] }[] {
  return [
    ...partOf(peers, peerTables),
    ...partOf(restarts, restartTables),
    ...partOf(storms, stormTables),
    ...partOf(churn, churnTables),
  ];
}

function partOf<T>(measured: Measured<T> | undefined, toTables: (result: T) => Table[]) {
  if (measured === undefined) return [];
  const { machine, folderIsInMemory, loadBefore, result } = measured;
  const disk = folderIsInMemory ? ' THE FILES WERE IN MEMORY: nothing was flushed to a disk.' : '';
  return [
    {
      line: `${describeMachine(machine)}; load average before it began ${loadBefore.toFixed(1)}.${disk}`,
      tables: toTables(result),
    },
  ];
}

async function savedIn(folder: string): Promise<DurableResults> {
  try {
    return JSON.parse(await readFile(join(folder, JSON_FILE), 'utf8')) as DurableResults;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

function toMarkdownFile(results: DurableResults): string {
  const head = [
    '# What durability costs',
    '',
    'Written by `npm run bench -- durable --out bench/results`. A round in which an event was lost, came twice, out of order or changed has no result and ends the bench. Figures are medians of rounds, in each of which everybody had a turn; only ratios within one run mean much.',
    '',
  ];
  return [...head, ...partsOf(results).flatMap(({ line, tables }) => [line, ...tables.map(toMarkdown)])].join('\n');
}
