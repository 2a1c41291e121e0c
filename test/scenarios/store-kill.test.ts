import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { realChance } from '../../broker/kernel/chance.ts';
import { realTime } from '../../broker/kernel/time.ts';
import { openDataDirectory } from '../../broker/store/data-directory.ts';
import { StoreProcess } from '../support/store-process.ts';

const everything = { from: Uint8Array.of(0), to: Uint8Array.of(255), limit: 1_000_000 };

it('what was done is there after kill -9, whole and in order, however often', async () => {
  const root = await mkdtemp(join(tmpdir(), 'tellwhen-kill-'));
  try {
    const directory = join(root, 'data');
    let first = 0;
    for (let round = 0; round < 4; round++) {
      await using writer = new StoreProcess({ directory, first, count: 1_000_000 });
      await writer.done(first + 10 + 23 * round);
      writer.kill();
      await writer.end();

      const store = await openDataDirectory({
        directory,
        time: realTime,
        chance: realChance,
        commitTimeoutMs: 15_000,
        logBytes: 1 << 20,
      });
      try {
        const records = store.range(everything);
        const numbers = records.slice(0, -1).map(({ key }) => Number(Buffer.from(key).toString()));
        // All up to the last, of which the record `last` in the same commit tells, and perhaps one that was not told.
        expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i));
        expect(numbers.length).toBeGreaterThanOrEqual(writer.lastDone + 1);
        expect(numbers.length).toBeLessThanOrEqual(writer.lastDone + 2);
        expect(Number(Buffer.from(store.get(Buffer.from('last')) ?? []).toString())).toBe(numbers.length - 1);
        for (const [number, { value }] of records.slice(0, -1).entries()) {
          expect(Buffer.alloc(number % 10 === 0 ? 60_000 : 100, number % 251).equals(value)).toBe(true);
        }
        first = numbers.length;
      } finally {
        await store.close();
      }
    }
  } finally {
    await rm(root, { recursive: true });
  }
});
