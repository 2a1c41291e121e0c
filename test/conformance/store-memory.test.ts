import { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import { MemoryStore } from '../../broker/store/memory.ts';
import type { Store } from '../../broker/store/store.ts';
import { describeStore, type StoreHarness, sealed } from './store.conformance.ts';

async function memoryHarness(around: (store: Store) => Store): Promise<StoreHarness> {
  const time = new SimulatedTime();
  const store = around(new MemoryStore(time));
  return {
    store,
    reopen: undefined,
    backup: undefined,
    async until(condition) {
      for (let turn = 0; !condition(); turn++) {
        if (turn > 100) throw new Error('it never came about');
        time.settle();
        // What was resolved meanwhile has its say.
        await Promise.resolve();
      }
    },
    async end() {
      const closed = store.close();
      time.settle();
      await closed;
    },
  };
}

describeStore('memory', () => memoryHarness((store) => store));
describeStore('sealed memory', () => memoryHarness(sealed));
