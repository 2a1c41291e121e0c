import { describe, expect, it } from 'vitest';
import { seededChance } from '../../broker/kernel/chance.ts';
import { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import type { StoreError } from '../../broker/store/store.ts';
import { type DiskTerms, SimulatedDisk } from '../support/simulation/simulated-disk.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const put = (key: string, value = 'v') => [{ key: bytes(key), value: bytes(value) }];
const EVERYTHING = { from: bytes('\u0000'), to: new Uint8Array([255]), limit: 100 };

function opened(terms: Partial<DiskTerms> = {}, seed = 1) {
  const time = new SimulatedTime();
  const disk = new SimulatedDisk(seededChance(seed), terms);
  const store = disk.open(time);
  const keys = (of = store): string[] => of.range(EVERYTHING).map(({ key }) => Buffer.from(key).toString());
  const done: (StoreError | undefined)[] = [];
  const commit = (key: string): void => store.commit(put(key), (fault) => void done.push(fault));
  const restart = (): string[] => {
    disk.crash();
    return keys(disk.open(time));
  };
  return { time, disk, store, keys, done, commit, restart };
}

describe('a simulated disk', () => {
  it('calls back once the flush is over, never within the call', () => {
    const { time, done, commit } = opened({ flushMsMax: 0 });
    commit('a');
    expect(done).toEqual([]);
    time.settle();
    expect(done).toEqual([undefined]);
  });

  it('shows commits when its terms say so', () => {
    const late = opened({ visible: 'when-done' });
    late.commit('a');
    expect(late.keys()).toEqual([]);
    late.time.advance(100);
    expect(late.keys()).toEqual(['a']);
    const early = opened({ visible: 'at-once' });
    early.commit('a');
    expect(early.keys()).toEqual(['a']);
  });

  it('keeps what was flushed over a crash, and the first so many of what was not', () => {
    const left = new Set<string>();
    for (let seed = 1; seed <= 60; seed++) {
      const { time, commit, restart } = opened({ flushMsMax: 5 }, seed);
      commit('a');
      time.advance(100);
      for (const key of ['b', 'c', 'd']) commit(key);
      left.add(restart().join(''));
    }
    expect([...left].sort()).toEqual(['a', 'ab', 'abc', 'abcd']);
  });

  it('keeps any of them where its terms say so', () => {
    const left = new Set<string>();
    for (let seed = 1; seed <= 60; seed++) {
      const { commit, restart } = opened({ survivors: 'subset' }, seed);
      for (const key of ['a', 'b']) commit(key);
      left.add(restart().join(''));
    }
    expect([...left].sort()).toEqual(['', 'a', 'ab', 'b']);
  });

  it('fails from the planned commit on, and works again when it is opened anew', () => {
    const { time, disk, done, commit, restart } = opened();
    disk.plan({ kind: 'fails', atCommit: 2 });
    for (const key of ['a', 'b', 'c']) commit(key);
    time.advance(1_000);
    expect(done.map((fault) => fault?.code)).toEqual([undefined, 'store_failed', 'store_failed']);
    expect(restart()).toContain('a');
  });

  it('gives a flush up that hangs', () => {
    const { time, disk, done, commit } = opened({ commitTimeoutMs: 5_000 });
    disk.plan({ kind: 'hangs', atCommit: 1 });
    commit('a');
    time.advance(4_999);
    expect(done).toEqual([]);
    time.advance(1);
    expect(done[0]?.code).toBe('store_hangs');
  });

  it('calls nobody after a crash', () => {
    const { time, disk, done, commit } = opened();
    commit('a');
    disk.crash();
    time.advance(1_000);
    expect(done).toEqual([]);
  });

  it('notices when what it was given is changed too early', () => {
    const { time, disk, store } = opened();
    const changes = put('a', 'value');
    store.commit(changes, () => {});
    (changes[0]?.value as Uint8Array)[0] = 0;
    time.advance(100);
    expect(disk.offences).toEqual(['what a commit was given was changed before it was done']);
  });

  it('hands out copies', () => {
    const { time, store, commit } = opened();
    commit('a');
    time.advance(100);
    store.get(bytes('a'))?.fill(0);
    store.range(EVERYTHING)[0]?.value.fill(0);
    expect(store.get(bytes('a'))).toEqual(bytes('v'));
  });

  it('pages a range, from either end', () => {
    const { time, store, commit } = opened();
    for (const key of ['c', 'a', 'b', 'd']) commit(key);
    time.advance(1_000);
    const page = (options: object) =>
      store
        .range({ from: bytes('a'), to: bytes('d'), limit: 2, ...options })
        .map(({ key }) => Buffer.from(key).toString());
    expect(page({})).toEqual(['a', 'b']);
    expect(page({ reverse: true })).toEqual(['c', 'b']);
    expect(page({ from: bytes('x') })).toEqual([]);
  });

  it('turns one bit', () => {
    const { time, disk, store, commit } = opened();
    commit('a');
    time.advance(100);
    void store.close();
    expect(disk.rot()).toEqual(bytes('a'));
    expect(disk.open(time).get(bytes('a'))).not.toEqual(bytes('v'));
  });
});
