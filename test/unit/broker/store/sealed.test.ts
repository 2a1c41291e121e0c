import { beforeEach, describe, expect, it } from 'vitest';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { crc32c } from '../../../../broker/store/crc32c.ts';
import { MemoryStore } from '../../../../broker/store/memory.ts';
import { SealedStore } from '../../../../broker/store/sealed.ts';
import type { Change, Store } from '../../../../broker/store/store.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array | undefined): string => (bytes ? Buffer.from(bytes).toString() : 'nothing');
const everything = { from: Uint8Array.of(0), to: Uint8Array.of(255), limit: 1_000 };

let time: SimulatedTime;
let below: MemoryStore;
let store: SealedStore;
let told: string[];

beforeEach(() => {
  time = new SimulatedTime();
  below = new MemoryStore(time);
  told = [];
  store = new SealedStore(below, { corrupt: (key) => void told.push(text(key)) });
});

function put(records: { readonly [key: string]: string }): void {
  store.commit(changesOf(records), () => {});
  time.settle();
}

function changesOf(records: { readonly [key: string]: string }): Change[] {
  return Object.entries(records).map(([key, value]) => ({ key: bytes(key), value: bytes(value) }));
}

/** Changes one bit of the record, as a disk does. */
function damage(key: string, byte = -1): void {
  const record = below.get(bytes(key)) ?? new Uint8Array(0);
  const at = byte < 0 ? record.length + byte : byte;
  record[at] = (record[at] as number) ^ 0x10;
  below.commit([{ key: bytes(key), value: record }], () => {});
  time.settle();
}

const keys = (range = {}): readonly string[] => store.range({ ...everything, ...range }).map(({ key }) => text(key));
const keysBelow = (): readonly string[] => below.range(everything).map(({ key }) => text(key));

describe('a bad record', () => {
  it('is absent from the moment it is read, and told once', () => {
    put({ a: '1', b: '2', c: '3' });
    damage('b');
    expect(keysBelow()).toEqual(['a', 'b', 'c']);
    expect(store.get(bytes('b'))).toBeUndefined();
    expect(store.get(bytes('b'))).toBeUndefined();
    expect(keys()).toEqual(['a', 'c']);
    time.settle();
    expect(keys()).toEqual(['a', 'c']);
    expect([told, store.corruptCount]).toEqual([['b'], 1]);
  });

  it('is moved out of the way as it is', () => {
    put({ a: '1', b: '2', c: '3' });
    damage('b');
    const bad = below.get(bytes('b'));
    keys();
    time.settle();
    expect(keysBelow()).toEqual(['!b', 'a', 'c']);
    expect(below.get(bytes('!b'))).toEqual(bad);
    expect(store.get(bytes('!b'))).toBeUndefined();
  });

  it('is known by any byte of it', () => {
    put({ key: 'value' });
    const size = below.get(bytes('key'))?.length ?? 0;
    for (let byte = 0; byte < size; byte++) {
      put({ key: 'value' });
      damage('key', byte);
      expect(store.get(bytes('key'))).toBeUndefined();
      time.settle();
    }
    expect(store.corruptCount).toBe(size);
  });

  it('is one that is too short, or lies under the key of another', () => {
    put({ ab: 'c', other: '' });
    for (const record of [new Uint8Array(0), new Uint8Array(7), below.get(bytes('other')), below.get(bytes('ab'))]) {
      below.commit([{ key: bytes('a'), value: record }], () => {});
      time.settle();
      expect(store.get(bytes('a'))).toBeUndefined();
      time.settle();
    }
    expect(store.corruptCount).toBe(4);
  });

  it('leaves its place in a page of a range to the next', () => {
    put(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${10 + i}`, ''])));
    for (let i = 10; i < 40; i += 2) damage(`k${i}`);
    expect(keys({ limit: 5 })).toEqual(['k11', 'k13', 'k15', 'k17', 'k19']);
    expect(keys({ limit: 12, reverse: true }).at(-1)).toBe('k37');
    time.settle();
    expect(keys({ limit: 5 })).toEqual(['k11', 'k13', 'k15', 'k17', 'k19']);
    expect(keys({ limit: 5, from: bytes(' ') }).length).toBe(5);
    expect(keys({ from: bytes(' '), reverse: true }).length).toBe(25);
  });

  it('does not take with it the good one that is on its way into its place', () => {
    put({ a: '1' });
    damage('a');
    const late = new SealedStore(visibleWhenDone(), { corrupt: (key) => void told.push(text(key)) });
    late.commit(changesOf({ a: 'good' }), () => {});
    expect(late.get(bytes('a'))).toBeUndefined();
    time.settle();
    expect(text(late.get(bytes('a')))).toBe('good');
    expect(keysBelow()).toEqual(['a']);
  });

  /** As a store may be: a commit is seen only when it is done. */
  function visibleWhenDone(): Store {
    return {
      durability: below.durability,
      get: (key) => below.get(key),
      range: (range) => below.range(range),
      commit: (changes, done) => time.afterReads(() => below.commit(changes, done)),
      space: () => below.space(),
      backup: () => below.backup(),
      close: () => below.close(),
    };
  }

  it('found while commits are under way is moved when they are done', () => {
    put({ a: '1', b: '2' });
    damage('a');
    let rounds = 5;
    const again = (): void => {
      if (rounds-- > 0) store.commit(changesOf({ b: `${rounds}` }), again);
    };
    again();
    expect(store.get(bytes('a'))).toBeUndefined();
    time.settle();
    expect(keysBelow()).toEqual(['!a', 'b']);
    expect(text(store.get(bytes('b')))).toBe('0');
  });
});

it.each([
  ['newer', 99, /a newer version/],
  ['older', 1, /an older version/],
])('a record of a %s broker is not bad, and not for this one', (_, version, message) => {
  const key = bytes('a');
  const record = Buffer.from([0, 0, 0, 0, version, 0, 1, 0, 99]);
  record.writeUInt32LE(crc32c(record.subarray(4), crc32c(key)));
  below.commit([{ key, value: record }], () => {});
  time.settle();
  const refusal = expect.objectContaining({ code: 'store_version', message: expect.stringMatching(message) });
  expect(() => store.get(key)).toThrow(refusal);
  expect(() => store.range(everything)).toThrow(refusal);
  expect(told).toEqual([]);
});

it('nobody writes to the quarantine', () => {
  expect(() => store.commit(changesOf({ '!a': '' }), () => {})).toThrow(TypeError);
});
