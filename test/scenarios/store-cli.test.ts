import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { realChance } from '../../broker/kernel/chance.ts';
import { realTime } from '../../broker/kernel/time.ts';
import { openDataDirectory } from '../../broker/store/data-directory.ts';
import { lockDirectory } from '../../broker/store/lock-file.ts';
import { SealedStore } from '../../broker/store/sealed.ts';
import type { Change, Store } from '../../broker/store/store.ts';
import { jsonLines, runCli } from '../support/processes.ts';

let root: string;
let data: string;
let backup: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tellwhen-store-cli-'));
  data = join(root, 'data');
  backup = join(root, 'backup');
});

afterEach(() => rmSync(root, { recursive: true }));

const everything = { from: Uint8Array.of(0), to: Uint8Array.of(255), limit: 10_000 };

/** Opens the store of a directory as a broker does, and closes it in the end. */
async function withStore(directory: string, use: (sealed: Store, below: Store) => Promise<void>): Promise<void> {
  const lock = lockDirectory(directory, process);
  const below = await openDataDirectory({
    directory,
    time: realTime,
    chance: realChance,
    commitTimeoutMs: 15_000,
    logBytes: 1 << 20,
  });
  try {
    await use(new SealedStore(below, { corrupt: () => {} }), below);
  } finally {
    await below.close();
    lock.release();
  }
}

async function commit(store: Store, changes: readonly Change[]): Promise<void> {
  const fault = await new Promise((resolve) => store.commit(changes, resolve));
  expect(fault).toBeUndefined();
}

const record = (key: string, value: string): Change => ({ key: Buffer.from(key), value: Buffer.from(value) });

/** Three blocks and 1,000 pages. */
const someRecords: readonly Change[] = [
  ...Array.from({ length: 3 }, (_, i) => record(`b${i}`, 'block'.repeat(10_000))),
  ...Array.from({ length: 1_000 }, (_, i) => record(`p${i}`, 'page')),
];

it('store check reads everything, and says so', async () => {
  await withStore(data, (store) => commit(store, someRecords));
  const { code, stdout, stderr } = await runCli(['store', 'check', '--data-dir', data]);
  expect(code).toBe(0);
  expect(jsonLines(stdout)).toEqual([
    { kind: 'b', records: 3, bytes: 3 * (2 + 8 + 50_000), bad: 0, foreign: 0 },
    { kind: 'p', records: 1_000, bytes: expect.any(Number), bad: 0, foreign: 0 },
  ]);
  expect(stderr).toContain('1003 records, all as they were written');
  const people = await runCli(['store', 'check', '--text'], { env: { TELLWHEN_DATA_DIR: data } });
  expect(people.stdout).toMatch(/^kind {2}records {2}bytes +bad\nb +3 +150030 +0\np +1000 /);
});

it('store check finds what is not as it was written, and fails', async () => {
  await withStore(data, async (store, below) => {
    await commit(store, someRecords);
    const bad = below.get(Buffer.from('p7')) ?? new Uint8Array(0);
    bad[bad.length - 1] = 0;
    await commit(below, [{ key: Buffer.from('p7'), value: bad }, record('!p8', 'was bad')]);
  });
  const { code, stdout, stderr } = await runCli(['store', 'check', '--data-dir', data]);
  expect(code).toBe(1);
  expect(jsonLines(stdout)).toMatchObject([
    { kind: '!p', bad: 0 },
    { kind: 'b', bad: 0 },
    { kind: 'p', bad: 1 },
  ]);
  expect(stderr).toContain('bad: p 37');
  expect(stderr).toContain('1 of them not as they were written');
  // It was only looked at.
  await withStore(data, async (_store, below) => {
    expect(below.get(Buffer.from('p7'))).toBeDefined();
  });
});

it('store check and store backup work while a broker has the store, which goes on', async () => {
  await withStore(data, async (store) => {
    await commit(store, someRecords);
    let rounds = 0;
    let over = false;
    const writing = new Promise<void>((resolve) => {
      const again = (): void => {
        rounds++;
        if (over) resolve();
        else store.commit([record('b0', `${rounds}`.repeat(20_000)), record('p0', `${rounds}`)], again);
      };
      again();
    });
    const check = await runCli(['store', 'check', '--data-dir', data]);
    const before = rounds;
    const copy = await runCli(['store', 'backup', backup, '--data-dir', data]);
    const after = rounds;
    over = true;
    await writing;
    expect(check).toMatchObject({ code: 0, stderr: expect.stringContaining('a broker is running') });
    expect(copy).toMatchObject({ code: 0, stdout: expect.stringContaining('"bytes":') });
    expect(after).toBeGreaterThan(before);
  });
  expect(readdirSync(data).sort()).toEqual(['store.log-0', 'store.log-1', 'store.mdb', 'store.mdb-lock']);
  expect((await runCli(['store', 'check', '--data-dir', backup])).code).toBe(0);
  await withStore(backup, async (store) => {
    expect(store.range(everything).length).toBe(1_003);
    const round = Buffer.from(store.get(Buffer.from('p0')) ?? []).toString();
    expect(Buffer.from(store.get(Buffer.from('b0')) ?? []).toString()).toBe(
      round === 'page' ? 'block'.repeat(10_000) : round.repeat(20_000),
    );
    await commit(store, [record('new', 'x')]);
  });
});

it('store check finds a file that is cut short', async () => {
  await withStore(data, (store) => commit(store, someRecords));
  const path = join(data, 'store.mdb');
  truncateSync(path, Math.floor(statSync(path).size / 2));
  const { code, stderr } = await runCli(['store', 'check', '--data-dir', data]);
  expect(code).toBe(1);
  expect(stderr).toContain('is damaged: it is cut short');
});

it('store backup makes no copy over another', async () => {
  await withStore(data, (store) => commit(store, someRecords));
  expect((await runCli(['store', 'backup', backup, '--data-dir', data])).code).toBe(0);
  const { code, stderr } = await runCli(['store', 'backup', backup, '--data-dir', data]);
  expect(code).toBe(1);
  expect(stderr).toContain('there is a store already');
});

it('both say where they looked for a store that is not there, and make none', async () => {
  for (const command of [['check'], ['backup', backup]]) {
    const { code, stderr } = await runCli(['store', ...command, '--data-dir', data, '--json']);
    expect(code).toBe(1);
    expect(jsonLines(stderr)).toMatchObject([
      { error: { code: 'store_unreadable', message: `there is no store in ${data}` } },
    ]);
  }
  expect(readdirSync(root)).toEqual([]);
});
