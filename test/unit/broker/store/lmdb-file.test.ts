import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realTime } from '../../../../broker/kernel/time.ts';
import { LmdbStore } from '../../../../broker/store/lmdb.ts';
import { checkFile, prepareFile } from '../../../../broker/store/lmdb-file.ts';
import type { Change } from '../../../../broker/store/store.ts';

const everything = { from: Uint8Array.of(0), to: Uint8Array.of(255), limit: 100_000 };

let root: string;
let path: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tellwhen-file-'));
  path = join(root, 'store.mdb');
});

afterEach(() => rmSync(root, { recursive: true }));

/** Makes the commits, and returns what is there then. */
async function written(commits: readonly (readonly Change[])[]): Promise<readonly string[]> {
  const store = new LmdbStore({ directory: root, time: realTime, commitTimeoutMs: 15_000 });
  for (const changes of commits) await new Promise((resolve) => store.commit(changes, resolve));
  const records = shown(store);
  await store.close();
  return records;
}

/** Commits that put and delete at random, and now and then delete everything. */
function churn(seed: number): readonly (readonly Change[])[] {
  let state = seed;
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
  const keyOf = (number: number): Uint8Array => Buffer.from(`k${number}`);
  const anyValue = (): Uint8Array => new Uint8Array(random(random(10) === 0 ? 150_000 : 300));
  return Array.from({ length: 26 }, (_, step) => {
    const changes = Array.from({ length: 1 + random(30) }, () => ({
      key: keyOf(random(3_000)),
      value: random(2) === 0 ? undefined : anyValue(),
    }));
    const all = Array.from({ length: step % 5 === 0 ? 3_000 : 0 }, (_, i) => ({ key: keyOf(i), value: undefined }));
    return [...changes, ...all];
  });
}

const shown = (store: LmdbStore): readonly string[] =>
  store.range(everything).map(({ key, value }) => `${Buffer.from(key)} ${value.length}`);

/** Two levels of pages, values in them and apart. */
const manyRecords: readonly Change[] = Array.from({ length: 3_000 }, (_, i) => ({
  key: Buffer.from(`a key of some length, number ${i}`),
  value: new Uint8Array(i % 100 === 0 ? 20_000 : 50).fill(i),
}));

describe('a file that lmdb wrote', () => {
  it('is found to be right, whatever was committed, and is opened when it is shorter than it says', async () => {
    let shorter = 0;
    for (let seed = 1; seed <= 6; seed++) {
      rmSync(path, { force: true });
      const records = await written(churn(seed));
      checkFile(path);
      const { size } = statSync(path);
      prepareFile(path);
      if (statSync(path).size > size) shorter++;
      expect(await written([])).toEqual(records);
    }
    expect(shorter).toBeGreaterThan(0);
  });

  it('is refused when it was cut short', async () => {
    await written([manyRecords]);
    const { size } = statSync(path);
    const whole = join(root, 'whole');
    copyFileSync(path, whole);
    for (const share of [0.001, 0.02, 0.1, 0.5, 0.9, 0.99]) {
      copyFileSync(whole, path);
      truncateSync(path, Math.floor(size * share));
      expect(() => prepareFile(path)).toThrow('it is cut short');
    }
  });

  it('is right or wrong, but never too much, with any byte of its trees changed', async () => {
    await written([manyRecords]);
    const whole = readFileSync(path);
    let found = 0;
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(whole);
        // The first bytes of a page say what it is, and where what is.
        const place = at - (at % 4096) + (at % 64);
        damaged[place] = (damaged[place] as number) ^ change;
        writeFileSync(path, damaged);
        try {
          checkFile(path);
        } catch (error) {
          found++;
          expect((error as Error).message).toMatch(/^(?:page \d+ |it is |its pages |a tree |\d+ entries )/);
        }
      }),
      { numRuns: 150 },
    );
    expect(found).toBeGreaterThan(20);
  });

  it('is refused when its pages lead in circles', async () => {
    await written([manyRecords]);
    const bytes = readFileSync(path);
    const pages = Array.from({ length: bytes.length / 4096 }, (_, i) => bytes.subarray(i * 4096, (i + 1) * 4096));
    const branch = pages.findLast((page) => page.readUInt16LE(18) === 1) ?? Buffer.alloc(4096);
    const [first, second] = [24, 26].map((at) => 24 + branch.readUInt16LE(at));
    // One leaf twice, and the other never.
    branch.copyWithin(second as number, first as number, (first as number) + 6);
    writeFileSync(path, bytes);
    expect(() => checkFile(path)).toThrow(/entries were found of 3000|goes in circles/);
  });
});
