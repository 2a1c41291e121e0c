import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeMachine, type Machine } from '../report/machine.ts';
import { toMarkdown } from '../report/table.ts';
import type { ChurnRow } from './churn.ts';
import { toCostCurve } from './cost-curve.ts';
import type { HostileRow } from './hostile.ts';
import type { Row } from './row.ts';
import { tablesOf } from './tables.ts';

/** Everything a run found out: what `matcher.json` holds. */
export interface MatcherResults {
  readonly seed: number;
  readonly machine: Machine;
  readonly rows: readonly Row[];
  readonly churn: readonly ChurnRow[];
  readonly hostile: readonly HostileRow[];
  /** What a reader has to know of parts that were measured at other times, or on a busy machine. */
  readonly remarks: readonly string[];
}

const JSON_FILE = 'matcher.json';
const TABLES_FILE = 'matcher.md';
const CURVE_FILE = 'matcher.svg';

/** Writes `matcher.json`, and its tables and curve, into the folder; returns the paths. */
export async function saveResults(folder: string, results: MatcherResults): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, JSON_FILE);
  await writeFile(path, `${JSON.stringify(results, undefined, 2)}\n`);
  return [path, ...(await drawResults(folder, results))];
}

/** Draws the tables and the curve of the folder's `matcher.json` again; returns their paths. */
export async function redrawResults(folder: string): Promise<string[]> {
  return drawResults(folder, JSON.parse(await readFile(join(folder, JSON_FILE), 'utf8')) as MatcherResults);
}

async function drawResults(folder: string, results: MatcherResults): Promise<string[]> {
  const files = [
    { path: join(folder, TABLES_FILE), text: toMarkdownFile(results) },
    { path: join(folder, CURVE_FILE), text: toCostCurve(results) },
  ];
  for (const { path, text } of files) await writeFile(path, text);
  return files.map(({ path }) => path);
}

function toMarkdownFile(results: MatcherResults): string {
  const head = [
    '# What matching costs',
    '',
    'Written by `npm run bench:matcher`. Every answer was checked by id against the oracle before it was timed. Only ratios within one run mean much.',
    '',
    `Seed ${results.seed}; ${describeMachine(results.machine)}.`,
    '',
    ...results.remarks.flatMap((remark) => [remark, '']),
    '![microseconds per event over the number of filters](matcher.svg)',
    '',
    'Events are parsed afresh and outside the clock, unless it says otherwise. The index has grown by adds in random order, while events flowed; nothing was rebuilt. Own account: what the matcher says of its bytes. *Undisturbed*: into which no garbage collection fell, nor a wait for the processor. Generated code is a function for every thousand predicates. Where the time goes is of the largest number of filters: a place in memory is what stands back to back, and a far read is one that reaches into as much memory as the index has; nothing but such reads, none waiting for another, would take an event what is shown beside the times that it did take. Lines of code that V8 has inlined from other files are in the profiles of functions only.',
  ];
  return [...head, ...tablesOf(results).map(toMarkdown)].join('\n');
}
