import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realTime, type Time } from '../../../../broker/kernel/time.ts';
import { type LmdbOptions, LmdbStore } from '../../../../broker/store/lmdb.ts';
import type { Change, StoreError } from '../../../../broker/store/store.ts';

let root: string;
let directory: string;
const opened: LmdbStore[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tellwhen-lmdb-'));
  directory = join(root, 'data');
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
  rmSync(root, { recursive: true });
});

function open(options: Partial<LmdbOptions> = {}): LmdbStore {
  const store = new LmdbStore({ directory, time: realTime, commitTimeoutMs: 15_000, ...options });
  opened.push(store);
  return store;
}

const put = (key: string, value: string | Uint8Array = ''): Change => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
});

function committed(store: LmdbStore, changes: readonly Change[]): Promise<StoreError | undefined> {
  return new Promise((resolve) => store.commit(changes, resolve));
}

describe('a flush that takes too long', () => {
  /** Time that passes only when told to; `look` is what the store does now and then. */
  function timeInHand(): { readonly time: Time; nowMs: number; look: () => void } {
    const hand = {
      nowMs: 0,
      look: () => {},
      time: {
        ...realTime,
        monotonicMs: () => hand.nowMs,
        every: (_periodMs: number, tick: () => void) => {
          hand.look = tick;
          return () => {};
        },
        afterReads: (then: () => void) => then(),
      },
    };
    return hand;
  }

  it('is a fault, for that commit and for all that come after it', async () => {
    const hand = timeInHand();
    const store = open({ time: hand.time, commitTimeoutMs: 5_000 });
    expect(await committed(store, [put('a')])).toBeUndefined();
    const late = committed(store, [put('b')]);
    const later = committed(store, [put('c')]);
    await Promise.resolve();
    hand.nowMs = 4_999;
    hand.look();
    hand.nowMs = 5_000;
    hand.look();
    expect(await late).toMatchObject({ code: 'store_hangs' });
    expect(await later).toMatchObject({ code: 'store_hangs' });
    expect(await committed(store, [put('d')])).toMatchObject({ code: 'store_hangs' });
    await store.close();
  });

  it('is none while nothing is under way', async () => {
    const hand = timeInHand();
    const store = open({ time: hand.time, commitTimeoutMs: 5_000 });
    await committed(store, [put('a')]);
    hand.nowMs = 1e9;
    hand.look();
    expect(await committed(store, [put('b')])).toBeUndefined();
  });
});

describe('a file that is no store', () => {
  it.each([
    ['another file', Buffer.alloc(50_000, 'x'), 'no file of lmdb'],
    ['a few bytes', Buffer.alloc(100), 'cut short'],
  ])('is refused: %s', async (_what, content, reason) => {
    await open().close();
    writeFileSync(join(directory, 'store.mdb'), content);
    expect(() => open()).toThrow(
      expect.objectContaining({ code: 'store_unreadable', message: expect.stringContaining(reason) }),
    );
  });

  it('is not one of no bytes, which a process leaves that is killed at its first start', async () => {
    await open().close();
    truncateSync(join(directory, 'store.mdb'), 0);
    const store = open();
    expect(await committed(store, [put('a')])).toBeUndefined();
  });

  it('is a directory that cannot be made, too', () => {
    writeFileSync(directory, 'a file');
    expect(() => open()).toThrow(expect.objectContaining({ code: 'store_unreadable' }));
  });
});

describe('for reading only', () => {
  it('sees what another commits, and commits nothing', async () => {
    const writer = open();
    await committed(writer, [put('a', '1')]);
    const reader = open({ readOnly: true });
    expect(Buffer.from(reader.get(Buffer.from('a')) ?? []).toString()).toBe('1');
    expect(await committed(reader, [put('b')])).toMatchObject({ code: 'store_failed' });
  });

  it('makes nothing where there is nothing', () => {
    expect(() => open({ readOnly: true })).toThrow(expect.objectContaining({ code: 'store_unreadable' }));
    expect(readdirSync(root)).toEqual([]);
  });
});

it('uses the room again that was freed', async () => {
  const store = open();
  const big = new Uint8Array(100_000);
  const sizes: number[] = [];
  for (let round = 0; round < 120; round++) {
    const old = round - 10;
    const changes = [put(`k${round}`, big), { key: Buffer.from(`k${old}`), value: undefined }];
    expect(await committed(store, changes)).toBeUndefined();
    if (round % 40 === 39) sizes.push(statSync(join(directory, 'store.mdb')).size);
  }
  const [first = 0, , last = 0] = sizes;
  expect(first).toBeGreaterThan(10 * 100_000);
  expect(last).toBeLessThan(1.3 * first);
});
