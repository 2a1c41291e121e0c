import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toMarkdown } from '../report/table.ts';
import { toHtml } from './report.ts';
import type { LoadResults } from './results.ts';
import { headOf, remarksOf, tableOf } from './tables.ts';

const JSON_FILE = 'load.json';
const TABLES_FILE = 'load.md';
const REPORT_FILE = 'load.html';

/** Writes the results, their tables and their report into the folder. Returns the paths. */
export async function saveLoadResults(folder: string, results: LoadResults): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files = [
    { path: join(folder, JSON_FILE), text: `${JSON.stringify(results, undefined, 2)}\n` },
    { path: join(folder, TABLES_FILE), text: toMarkdownFile(results) },
    { path: join(folder, REPORT_FILE), text: toHtml(results) },
  ];
  for (const { path, text } of files) await writeFile(path, text);
  return files.map(({ path }) => path);
}

function toMarkdownFile(results: LoadResults): string {
  const head = [
    '# Under load, beside other brokers',
    '',
    'Written by `npm run bench:load`. Figures are medians of rounds, in each of which every broker had its turn; only ratios within one run mean much. What the columns mean is in `bench/load/README.md`.',
    '',
    headOf(results),
    '',
    ...results.leftOut.map(({ name, why }) => `Left out: ${name}: ${why}.`),
  ];
  const parts = results.scenarios.flatMap((scenario) => [
    toMarkdown(tableOf(scenario, results.machine.cores)),
    scenario.what,
    '',
    ...remarksOf(scenario).map((remark) => `- ${remark}`),
    '',
  ]);
  return [...head, ...parts].join('\n');
}
