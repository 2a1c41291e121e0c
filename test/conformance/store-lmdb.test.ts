import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { realChance } from '../../broker/kernel/chance.ts';
import { realTime } from '../../broker/kernel/time.ts';
import { openDataDirectory } from '../../broker/store/data-directory.ts';
import { LmdbStore } from '../../broker/store/lmdb.ts';
import type { Store } from '../../broker/store/store.ts';
import { describeStore, type StoreHarness, sealed } from './store.conformance.ts';

const PATIENCE_MS = 15_000;

type Open = (directory: string) => Store | Promise<Store>;

async function directoryHarness(opened: Open): Promise<StoreHarness> {
  const root = await mkdtemp(join(tmpdir(), 'tellwhen-store-'));
  const directory = join(root, 'made', 'by the store');
  let store = await opened(directory);
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await opened(directory);
    },
    backup: { directory: join(root, 'backup'), open: () => opened(join(root, 'backup')) },
    async until(condition) {
      const deadline = performance.now() + PATIENCE_MS;
      while (!condition()) {
        if (performance.now() > deadline) throw new Error('it never came about');
        await turn();
      }
    },
    async end() {
      await store.close();
      await rm(root, { recursive: true });
    },
  };
}

const lmdb = (directory: string): Store => new LmdbStore({ directory, time: realTime, commitTimeoutMs: PATIENCE_MS });

/** As a broker opens it, with a log of so many bytes. */
const logged =
  (logBytes: number): Open =>
  (directory) =>
    openDataDirectory({ directory, time: realTime, chance: realChance, commitTimeoutMs: PATIENCE_MS, logBytes });

const LARGE = 1 << 20;
/** Most commits of the suite find no room, or never would. */
const SMALL = 16 * 1024;

describeStore('lmdb', () => directoryHarness(lmdb));
describeStore('sealed lmdb', () => directoryHarness((directory) => sealed(lmdb(directory))));
describeStore('lmdb behind a log', () => directoryHarness(logged(LARGE)));
describeStore('lmdb behind a small log, sealed', () =>
  directoryHarness(async (directory) => sealed(await logged(SMALL)(directory))),
);
