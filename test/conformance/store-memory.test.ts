import { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import { MemoryStore } from '../../broker/store/memory.ts';
import { describeStore } from './store.conformance.ts';

describeStore('memory', async () => {
  const time = new SimulatedTime();
  const store = new MemoryStore(time);
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
});
