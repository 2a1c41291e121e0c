import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

const BENCH = fileURLToPath(new URL('../../dist/bench/main.js', import.meta.url));

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tellwhen-scenario-'));
});
afterEach(() => rm(folder, { recursive: true }));

const bench = (...args: string[]) =>
  promisify(execFile)(process.execPath, [BENCH, 'durable', '--data', folder, ...args]);

it('publishes, consumes, kills, starts again and finds every event, in small', { timeout: 60_000 }, async () => {
  const sizes = ['--events', '2000', '--alone', '20', '--stored', '2000', '--rounds', '1'];
  const { stdout } = await bench('--parts', 'peers,restarts', '--peers', 'tellwhen', ...sizes);
  expect(stdout.match(/^Tellwhen, mailbox/gm)).toHaveLength(6);
  expect(stdout).not.toMatch(/NaN|Infinity|undefined/);
  expect(await readdir(folder)).toEqual([]);
});

it('names the peers there are when asked for another', async () => {
  await expect(bench('--peers', 'kafka')).rejects.toThrow(/there is no peer kafka; there are tellwhen, jetstream,/);
});
