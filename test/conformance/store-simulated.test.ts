import { seededChance } from '../../broker/kernel/chance.ts';
import { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import { type DiskTerms, SimulatedDisk } from '../support/simulation/simulated-disk.ts';
import { describeStore, type StoreHarness } from './store.conformance.ts';

async function simulatedHarness(terms: Partial<DiskTerms>): Promise<StoreHarness> {
  const time = new SimulatedTime();
  const disk = new SimulatedDisk(seededChance(1), terms);
  const turn = async (): Promise<void> => {
    time.advance(20);
    await Promise.resolve();
  };
  const harness = {
    store: disk.open(time),
    backup: undefined,
    async until(condition: () => boolean) {
      for (let turns = 0; !condition(); turns++) {
        if (turns > 1_000) throw new Error('it never came about');
        await turn();
      }
    },
    async reopen() {
      await harness.end();
      harness.store = disk.open(time);
    },
    async end() {
      const closed = harness.store.close();
      let over = false;
      void closed.then(() => {
        over = true;
      });
      await harness.until(() => over);
    },
  };
  return harness;
}

describeStore('simulated, seen when done', () => simulatedHarness({ visible: 'when-done' }));
describeStore('simulated, seen at once', () => simulatedHarness({ visible: 'at-once', flushMsMax: 0 }));
