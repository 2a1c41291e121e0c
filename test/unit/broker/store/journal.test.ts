import { describe, expect, it } from 'vitest';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { type Batch, Journal } from '../../../../broker/store/journal.ts';
import { MemoryStore } from '../../../../broker/store/memory.ts';
import { type Change, type Store, StoreError } from '../../../../broker/store/store.ts';
import { HeldStore } from '../../../support/held-store.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** A journal over a store that the test may hold, and the keys of each commit. */
function opened() {
  const time = new SimulatedTime();
  const memory = new MemoryStore(time);
  const commits: string[][] = [];
  const inner: Store = Object.assign(Object.create(memory) as Store, {
    get: memory.get.bind(memory),
    range: memory.range.bind(memory),
    commit(changes: readonly Change[], done: (fault: StoreError | undefined) => void) {
      commits.push(changes.map(({ key }) => Buffer.from(key).toString()));
      if (failing) time.afterReads(() => done(new StoreError('store_failed', 'as planned')));
      else memory.commit(changes, done);
    },
  });
  let failing = false;
  const store = new HeldStore(inner);
  const told: string[] = [];
  const journal = new Journal({
    store,
    time,
    failed: ({ code }) => told.push(code),
    committed: (_ms, changes, size) => told.push(`${changes} changes, ${size} bytes`),
  });
  const toWrite: string[] = [];
  journal.addWriter((batch: Batch) => {
    for (const key of toWrite.splice(0)) batch.put(bytes(key), bytes('v'));
  });
  const write = (key: string) => {
    toWrite.push(key);
    journal.touch();
  };
  const fail = () => {
    failing = true;
  };
  return { time, store, journal, commits, told, write, fail };
}

describe('Journal', () => {
  it('commits what one turn has to write at once, after the turn', () => {
    const { time, commits, told, write } = opened();
    write('a');
    write('b');
    expect(commits).toEqual([]);
    time.settle();
    expect(commits).toEqual([['a', 'b']]);
    expect(told).toEqual(['2 changes, 4 bytes']);
  });

  it('has one commit under way, and gathers the next one meanwhile', () => {
    const { time, store, commits, write } = opened();
    store.hold();
    write('a');
    time.settle();
    write('b');
    time.settle();
    write('c');
    time.settle();
    store.letGo();
    time.settle();
    expect(commits).toEqual([['a'], ['b', 'c']]);
  });

  it('calls back in order when that is flushed, and never before', () => {
    const { time, store, journal, write } = opened();
    const calls: string[] = [];
    journal.addWriter((batch) => {
      batch.flushed(() => calls.push('writer'));
    });
    store.hold();
    write('a');
    journal.afterFlush(() => calls.push('waiting'));
    time.settle();
    journal.afterFlush(() => calls.push('for the next'));
    expect(calls).toEqual([]);
    store.letGo();
    time.settle();
    expect(calls).toEqual(['writer', 'waiting', 'writer', 'for the next']);
  });

  it('calls back later where nothing is to be flushed', () => {
    const { time, journal } = opened();
    const calls: string[] = [];
    journal.afterFlush(() => calls.push('called'));
    expect(calls).toEqual([]);
    time.settle();
    expect(calls).toEqual(['called']);
  });

  it('asks its writers in order, and a later one for what an earlier one gave it reason to', () => {
    const { time, journal, commits } = opened();
    const reasons: string[] = [];
    journal.addWriter(() => reasons.push('given'));
    journal.addWriter((batch) => {
      for (const reason of reasons) batch.delete(bytes(reason));
    });
    journal.touch();
    time.settle();
    expect(commits).toEqual([['given']]);
  });

  it('is settled when nothing waits any more', async () => {
    const { time, store, journal, write } = opened();
    await journal.settled();
    store.hold();
    write('a');
    let settled = false;
    const settling = journal.settled().then(() => {
      settled = true;
    });
    time.settle();
    await Promise.resolve();
    expect(settled).toBe(false);
    store.letGo();
    time.settle();
    await settling;
  });

  it('commits nothing after a fault, calls nobody back, and says so once', async () => {
    const { time, journal, commits, told, write, fail } = opened();
    fail();
    let called = false;
    write('a');
    journal.afterFlush(() => {
      called = true;
    });
    const settling = journal.settled();
    time.settle();
    write('b');
    time.settle();
    await settling;
    await journal.settled();
    expect(commits).toEqual([['a']]);
    expect([told, called, journal.failed]).toEqual([['store_failed'], false, true]);
  });
});
