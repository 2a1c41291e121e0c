import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LoadResults } from '../../bench/load/results.ts';
import { startBrokerProcess } from '../support/processes.ts';

const CLI = fileURLToPath(new URL('../../dist/client/cli/main.js', import.meta.url));
const SMALL = ['--time', '300ms', '--warm-up', '100ms', '--rounds', '1', '--rate', '500', '--fan-out', '5'];
const SMALLER = ['--subscriptions', '40', '--connections', '20', '--filters', '200', '--events', '500', '--seed', '1'];

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tellwhen-scenario-'));
});
afterEach(() => rm(folder, { recursive: true }));

const bench = (...args: string[]) =>
  promisify(execFile)(process.execPath, [CLI, 'bench', '--quick', ...SMALL, ...SMALLER, ...args], {
    maxBuffer: 2 ** 24,
  });

const wrongIn = ({ scenarios }: LoadResults): readonly string[] =>
  scenarios.flatMap(({ key, brokers }) =>
    brokers.flatMap(({ rounds, failures }) => [
      ...failures,
      ...rounds.filter(({ lost, wrong }) => lost + wrong > 0).map((round) => `${key}: ${JSON.stringify(round)}`),
    ]),
  );

it('goes through every scenario with our broker, loses nothing, and makes table, JSON and report', {
  timeout: 240_000,
}, async () => {
  const { stdout } = await bench('--peers', 'tellwhen', '--text', '--out', folder);
  expect(stdout).toContain('seed 1;');
  expect(stdout).not.toMatch(/NaN|Infinity|undefined|FAILED/);

  const results = JSON.parse(await readFile(join(folder, 'load.json'), 'utf8')) as LoadResults;
  const keys = results.scenarios.map(({ key }) => key);
  expect(keys).toEqual(['s1', 's1f', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 'cost']);
  expect(results.scenarios.map(({ brokers }) => brokers[0]?.rounds.length)).toEqual(keys.map(() => 1));
  expect(wrongIn(results)).toEqual([]);
  for (const { title } of results.scenarios) expect(stdout).toContain(title);
  const roundOf = (key: string) => results.scenarios[keys.indexOf(key)]?.brokers[0]?.rounds[0];
  for (const key of keys.filter((one) => one !== 's6' && one !== 'cost'))
    expect(roundOf(key)?.checked).toBeGreaterThan(0);
  expect(roundOf('s7')?.filters).toBe(200);

  const report = await readFile(join(folder, 'load.html'), 'utf8');
  expect(report.match(/<table>/g)).toHaveLength(keys.length);
  expect(report.match(/<img /g)?.length).toBeGreaterThan(keys.length);
  // It needs nothing beside it.
  expect(report).not.toMatch(/(?:src|href)="(?!data:)/);
  const within = /<script type="application\/json" id="results">(.*)<\/script>/.exec(report)?.[1] ?? '';
  expect(JSON.parse(within)).toEqual(results);
  expect(await readFile(join(folder, 'load.md'), 'utf8')).toContain('## S1: one publisher');
});

it('measures a broker that runs, and leaves it running', { timeout: 120_000 }, async () => {
  await using broker = await startBrokerProcess();
  const { stdout } = await bench('--url', broker.url, '--scenarios', 's1,s4', '--json');
  const results = JSON.parse(stdout) as LoadResults;
  expect(results.scenarios.map(({ key }) => key)).toEqual(['s1', 's4']);
  expect(wrongIn(results)).toEqual([]);
  expect(results.scenarios[0]?.brokers[0]?.rounds[0]?.brokerBytes).toBeGreaterThan(0);
  expect((await fetch(new URL('/metrics', broker.url.replace(/^ws/, 'http')))).status).toBe(200);
});

it('names what there is when asked for something else', async () => {
  await expect(bench('--peers', 'kafka')).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/tellwhen/) });
  await expect(bench('--scenarios', 's99')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/s1, s1f/),
  });
});
