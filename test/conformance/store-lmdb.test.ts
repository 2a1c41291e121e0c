import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { realTime } from '../../broker/kernel/time.ts';
import { LmdbStore } from '../../broker/store/lmdb.ts';
import type { Store } from '../../broker/store/store.ts';
import { describeStore, type StoreHarness, sealed } from './store.conformance.ts';

const PATIENCE_MS = 15_000;

async function lmdbHarness(around: (store: Store) => Store): Promise<StoreHarness> {
  const root = await mkdtemp(join(tmpdir(), 'tellwhen-store-'));
  const opened = (directory: string): Store =>
    around(new LmdbStore({ directory, time: realTime, commitTimeoutMs: PATIENCE_MS }));
  const directory = join(root, 'made', 'by the store');
  let store = opened(directory);
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = opened(directory);
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

describeStore('lmdb', () => lmdbHarness((store) => store));
describeStore('sealed lmdb', () => lmdbHarness(sealed));
