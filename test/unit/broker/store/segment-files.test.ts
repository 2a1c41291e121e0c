import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realChance } from '../../../../broker/kernel/chance.ts';
import { realTime } from '../../../../broker/kernel/time.ts';
import { openDataDirectory } from '../../../../broker/store/data-directory.ts';
import { openForLook } from '../../../../broker/store/look.ts';
import { SEGMENT_FILES, segmentFiles } from '../../../../broker/store/segment-files.ts';
import type { Store, StoreError } from '../../../../broker/store/store.ts';

const LOG_BYTES = 64 * 1024;
const KEY = Buffer.from('key');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tellwhen-segments-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const open = (directory: string): Promise<Store> =>
  openDataDirectory({ directory, time: realTime, chance: realChance, commitTimeoutMs: 10_000, logBytes: LOG_BYTES });

function commit(store: Store, value: string): Promise<StoreError | undefined> {
  return new Promise((resolve) => store.commit([{ key: KEY, value: Buffer.from(value) }], resolve));
}

async function closed(directory: string): Promise<string> {
  const store = await open(directory);
  await commit(store, 'value');
  await store.close();
  return directory;
}

describe('the files of the log', () => {
  it('are of no use when one is cut short, and nothing starts on what may have been in it', async () => {
    const copy = join(root, 'copy');
    const store = await open(join(root, 'data'));
    await commit(store, 'value');
    // As after the end of the process: with a log that is needed.
    await store.backup(copy);
    await store.close();
    const path = join(copy, SEGMENT_FILES[0]);
    truncateSync(path, statSync(path).size - 1);
    await expect(open(copy)).rejects.toMatchObject({
      code: 'store_unreadable',
      message: `${path} is cut short`,
    });
  });

  it('are made anew where nothing in them is needed', async () => {
    const directory = await closed(join(root, 'data'));
    const path = join(directory, SEGMENT_FILES[1]);
    const { size } = statSync(path);
    truncateSync(path, 10);
    const store = await open(directory);
    expect(Buffer.from(store.get(KEY) ?? []).toString()).toBe('value');
    expect(statSync(path).size).toBe(size);
    await store.close();
  });

  it('are what they were when they are read', () => {
    const segments = segmentFiles(root, LOG_BYTES);
    const pair = segments.make();
    expect(pair.map(({ bytes }) => bytes)).toEqual([LOG_BYTES, LOG_BYTES]);
    for (const segment of pair) segment.close();
    expect(segments.read()?.map((content) => content.length)).toEqual([LOG_BYTES, LOG_BYTES]);
    const to = join(root, 'copy');
    mkdirSync(to);
    segments.copy(to, [Buffer.from('one'), Buffer.alloc(0)]);
    const copies = segmentFiles(to, LOG_BYTES).read();
    expect(copies?.map((content) => Buffer.from(content).toString())).toEqual(['one', '']);
  });
});

it('a backup of a store that was closed can be opened, though a broker starts on it meanwhile', async () => {
  const directory = await closed(join(root, 'data'));
  const look = await openForLook({ directory, own: process });
  const copy = join(root, 'copy');
  await look.store.backup(copy);
  await look.end();
  expect(segmentFiles(copy, LOG_BYTES).read()).toBeDefined();
  const store = await open(copy);
  expect(Buffer.from(store.get(KEY) ?? []).toString()).toBe('value');
  await store.close();
});
