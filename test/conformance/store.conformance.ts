import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SealedStore } from '../../broker/store/sealed.ts';
import {
  type Change,
  KEY_BYTES_MAX,
  type KeyRange,
  type Store,
  type StoredRecord,
  type StoreError,
} from '../../broker/store/store.ts';

export interface StoreHarness {
  /** Empty, at the start of a test. */
  readonly store: Store;
  /** Lets the world turn until it holds, or fails. */
  until(condition: () => boolean): Promise<void>;
  /** Closes the store and opens it anew, if that is something else than an empty store. It becomes `store`. */
  readonly reopen: (() => Promise<void>) | undefined;
  /** Closes `store` and whatever else there is. */
  end(): Promise<void>;
  /** A directory that is not there yet, and a way to open what a backup has put there; if the store has backups. */
  readonly backup: { readonly directory: string; open(): Store | Promise<Store> } | undefined;
}

/** A store around a store keeps its promises. */
export function sealed(store: Store): Store {
  return new SealedStore(store, {
    corrupt: (key) => {
      throw new Error(`a bad record: ${hex(key)}`);
    },
  });
}

/** What every store promises, run against one of them. */
export function describeStore(name: string, make: () => Promise<StoreHarness>): void {
  describe(`store contract: ${name}`, () => {
    let harness: StoreHarness;

    beforeEach(async () => {
      harness = await make();
    });

    afterEach(() => harness.end());

    /** Resolves with the fault, or without one. */
    async function committed(changes: readonly Change[]): Promise<StoreError | undefined> {
      const results: (StoreError | undefined)[] = [];
      harness.store.commit(changes, (fault) => void results.push(fault));
      await harness.until(() => results.length > 0);
      return results[0];
    }

    async function put(records: { readonly [key: string]: string }): Promise<void> {
      const changes = Object.entries(records).map(([key, value]) => ({ key: bytes(key), value: bytes(value) }));
      expect(await committed(changes)).toBeUndefined();
    }

    const everything: KeyRange = { from: Uint8Array.of(0), to: new Uint8Array(KEY_BYTES_MAX).fill(255), limit: 1_000 };
    const keys = (range: Partial<KeyRange> = {}): readonly string[] =>
      harness.store.range({ ...everything, ...range }).map(({ key }) => text(key));

    describe('records', () => {
      it('are read as they were written, byte for byte, empty ones too', async () => {
        const value = Uint8Array.from({ length: 256 }, (_, i) => i);
        await committed([
          { key: Uint8Array.of(0, 255, 1), value },
          { key: Uint8Array.of(7), value: new Uint8Array(0) },
        ]);
        expect(plain(harness.store.get(Uint8Array.of(0, 255, 1)))).toEqual([...value]);
        expect(plain(harness.store.get(Uint8Array.of(7)))).toEqual([]);
        expect(harness.store.get(Uint8Array.of(0, 255))).toBeUndefined();
        expect(harness.store.range(everything).map(({ value }) => value.length)).toEqual([256, 0]);
      });

      it('may be of some hundred KB', async () => {
        const big = Uint8Array.from({ length: 700_001 }, (_, i) => (i * 7) % 251);
        await committed([
          { key: bytes('big'), value: big },
          { key: bytes('small'), value: bytes('x') },
        ]);
        expect(Buffer.compare(harness.store.get(bytes('big')) ?? bytes(''), big)).toBe(0);
        const [first, second] = harness.store.range(everything);
        expect(Buffer.compare(first?.value ?? bytes(''), big)).toBe(0);
        expect(text(second?.value)).toBe('x');
      });

      it('may be views into the middle of larger memory', async () => {
        const memory = bytes('...key...value...');
        await committed([{ key: memory.subarray(3, 6), value: memory.subarray(9, 14) }]);
        expect(text(harness.store.get(bytes('key')))).toBe('value');
      });

      it('have keys of 1 to 1,024 bytes; others are a mistake, and change nothing', async () => {
        await put({ ['k'.repeat(KEY_BYTES_MAX)]: 'longest' });
        expect(text(harness.store.get(bytes('k'.repeat(KEY_BYTES_MAX))))).toBe('longest');
        for (const key of [new Uint8Array(0), new Uint8Array(KEY_BYTES_MAX + 1)]) {
          const changes = [
            { key: bytes('beside'), value: bytes('x') },
            { key, value: undefined },
          ];
          expect(() => harness.store.commit(changes, () => {})).toThrow(TypeError);
        }
        await put({ later: 'x' });
        expect(harness.store.get(bytes('beside'))).toBeUndefined();
      });

      it('are copies: nobody changes what is stored, nor what was read', async () => {
        const value = bytes('abc');
        await committed([{ key: bytes('k'), value }]);
        value.fill(0);
        const first = harness.store.get(bytes('k'));
        const [listed] = harness.store.range(everything);
        first?.fill(1);
        listed?.value.fill(2);
        listed?.key.fill(2);
        expect(text(harness.store.get(bytes('k')))).toBe('abc');
        const kept = harness.store.get(bytes('k'));
        const [keptInRange] = harness.store.range(everything);
        for (let round = 0; round < 20; round++) await put({ k: `${round}`, other: 'x'.repeat(round) });
        expect([text(kept), text(keptInRange?.key), text(keptInRange?.value)]).toEqual(['abc', 'k', 'abc']);
      });
    });

    describe('a commit', () => {
      it('is done later, never within the call, once', async () => {
        const calls: string[] = [];
        harness.store.commit([{ key: bytes('a'), value: bytes('1') }], () => void calls.push('a'));
        expect(calls).toEqual([]);
        await harness.until(() => calls.length > 0);
        await put({ later: 'x' });
        expect(calls).toEqual(['a']);
      });

      it('may be empty, and may delete what is not there', async () => {
        expect(await committed([])).toBeUndefined();
        expect(await committed([{ key: bytes('nobody'), value: undefined }])).toBeUndefined();
      });

      it('makes its changes in their order', async () => {
        await put({ b: 'before' });
        await committed([
          { key: bytes('a'), value: bytes('1') },
          { key: bytes('a'), value: bytes('2') },
          { key: bytes('b'), value: undefined },
          { key: bytes('c'), value: bytes('3') },
          { key: bytes('c'), value: undefined },
          { key: bytes('d'), value: undefined },
          { key: bytes('d'), value: bytes('4') },
        ]);
        expect(keys()).toEqual(['a', 'd']);
        expect(text(harness.store.get(bytes('a')))).toBe('2');
      });

      it('is visible when it is done, and commits are done in their order', async () => {
        const seen: string[] = [];
        for (let i = 0; i < 50; i++) {
          harness.store.commit([{ key: bytes(`k${i}`), value: bytes(`${i}`) }], (fault) => {
            seen.push(`${fault} ${i} ${text(harness.store.get(bytes(`k${i}`)))}`);
          });
        }
        await harness.until(() => seen.length === 50);
        expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => `undefined ${i} ${i}`));
      });

      it('is never seen in part', async () => {
        let done = 0;
        const counts = new Set<number>();
        for (let round = 0; round < 20; round++) {
          const changes = Array.from({ length: 300 }, (_, i) => ({ key: bytes(`k${i}`), value: bytes(`${round}`) }));
          harness.store.commit(changes, () => void done++);
        }
        await harness.until(() => {
          const records = harness.store.range(everything);
          counts.add(records.length);
          expect(new Set(records.map(({ value }) => text(value))).size).toBeLessThanOrEqual(1);
          return done === 20;
        });
        expect([...counts].filter((count) => count !== 0 && count !== 300)).toEqual([]);
      });

      it('may have ten thousand changes', async () => {
        const changes = Array.from({ length: 10_000 }, (_, i) => ({ key: key32(i), value: bytes(`${i}`) }));
        expect(await committed(changes)).toBeUndefined();
        expect(harness.store.range({ ...everything, limit: 20_000 }).length).toBe(10_000);
        expect(await committed(changes.map(({ key }) => ({ key, value: undefined })))).toBeUndefined();
        expect(keys()).toEqual([]);
      });

      it('may be given when another is done, and so on', async () => {
        let left = 100;
        const next = (): void => {
          if (left-- > 0) harness.store.commit([{ key: key32(left), value: bytes('x') }], next);
        };
        next();
        await harness.until(() => left < 0);
        expect(keys().length).toBe(100);
      });
    });

    describe('a range', () => {
      beforeEach(() => put({ a: '', b: '', ba: '', bb: '', c: '', '\u007f': '' }));

      it('begins at its first key and ends before its last', () => {
        expect(keys({ from: bytes('b'), to: bytes('c') })).toEqual(['b', 'ba', 'bb']);
        expect(keys({ from: bytes('aa'), to: bytes('bb') })).toEqual(['b', 'ba']);
        expect(keys({ from: bytes('b'), to: bytes('b') })).toEqual([]);
        expect(keys({ from: bytes('c'), to: bytes('a') })).toEqual([]);
      });

      it('goes down as well', () => {
        expect(keys({ from: bytes('b'), to: bytes('c'), reverse: true })).toEqual(['bb', 'ba', 'b']);
        expect(keys({ from: bytes('aa'), to: bytes('bb'), reverse: true })).toEqual(['ba', 'b']);
        expect(keys({ from: bytes('b'), to: bytes('b'), reverse: true })).toEqual([]);
        expect(keys({ from: bytes('c'), to: bytes('a'), reverse: true })).toEqual([]);
      });

      it('ends at its limit', () => {
        expect(keys({ limit: 2 })).toEqual(['a', 'b']);
        expect(keys({ limit: 2, reverse: true })).toEqual(['\u007f', 'c']);
        expect(keys({ limit: 0 })).toEqual([]);
      });

      it('is in the order of bytes, unsigned, shorter first', async () => {
        await committed([
          { key: Uint8Array.of(0x80), value: bytes('') },
          { key: Uint8Array.of(0xff), value: bytes('') },
          { key: Uint8Array.of(0x00), value: bytes('') },
          { key: Uint8Array.of(0x00, 0x00), value: bytes('') },
        ]);
        const found = harness.store.range(everything).map(({ key }) => plain(key));
        expect(found.slice(0, 2)).toEqual([[0], [0, 0]]);
        expect(found.slice(-2)).toEqual([[0x80], [0xff]]);
      });
    });

    describe('the whole', () => {
      it('is what a sorted map would be, after whatever changes', async () => {
        const anyKey = fc.uint8Array({ minLength: 1, maxLength: 3, max: 3 });
        const anyChange = fc.record({
          key: anyKey,
          value: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined, freq: 3 }),
        });
        const anyStep = fc.oneof(
          { weight: 6, arbitrary: fc.array(anyChange, { maxLength: 12 }).map((changes) => ({ changes })) },
          {
            weight: 4,
            arbitrary: fc
              .record({ from: anyKey, to: anyKey, limit: fc.nat({ max: 12 }), reverse: fc.boolean() })
              .map((range) => ({ range })),
          },
          { weight: 1, arbitrary: fc.constant({ reopen: true }) },
        );
        await fc.assert(
          fc.asyncProperty(fc.array(anyStep, { maxLength: 30 }), async (steps) => {
            await committed(harness.store.range(everything).map(({ key }) => ({ key, value: undefined })));
            const model = new Map<string, StoredRecord>();
            for (const step of steps) {
              if ('changes' in step) {
                expect(await committed(step.changes)).toBeUndefined();
                for (const { key, value } of step.changes) {
                  if (value === undefined) model.delete(hex(key));
                  else model.set(hex(key), { key, value });
                }
              } else if ('range' in step) {
                expect(shown(harness.store.range(step.range))).toEqual(shown(rangeOf(model, step.range)));
              } else await harness.reopen?.();
            }
            expect(shown(harness.store.range(everything))).toEqual(shown(rangeOf(model, everything)));
            for (const { key, value } of model.values()) expect(plain(harness.store.get(key))).toEqual([...value]);
          }),
          { numRuns: 100 },
        );
      });

      it('grows in what it says it takes, and the room it leaves is more than nothing', async () => {
        const before = harness.store.space();
        const changes = Array.from({ length: 100 }, (_, i) => ({ key: key32(i), value: new Uint8Array(10_000) }));
        await committed(changes);
        await harness.until(() => harness.store.space().storeBytes - before.storeBytes > 900_000);
        const after = harness.store.space();
        expect(after.storeBytes - before.storeBytes).toBeLessThan(3_000_000);
        expect(after.diskFreeBytes).toBeGreaterThan(0);
        expect(after.diskBytes).toBeGreaterThanOrEqual(after.diskFreeBytes);
        await committed(changes.map(({ key }) => ({ key, value: undefined })));
        await put({ last: 'x' });
        await harness.until(() => {
          const { storeBytes, reusableBytes } = harness.store.space();
          return storeBytes - reusableBytes < before.storeBytes + 300_000;
        });
      });

      it('comes to its end after the commits it was given; what is given later fails', async () => {
        const seen: string[] = [];
        harness.store.commit([{ key: bytes('a'), value: bytes('1') }], (fault) => void seen.push(`a ${fault}`));
        void harness.store.close().then(() => seen.push('closed'));
        void harness.store.close().then(() => seen.push('closed again'));
        harness.store.commit([{ key: bytes('b'), value: bytes('1') }], (fault) => void seen.push(`b ${fault?.code}`));
        await harness.until(() => seen.length === 4);
        expect(seen.filter((what) => !what.startsWith('b'))).toEqual(['a undefined', 'closed', 'closed again']);
        expect(seen).toContain('b store_failed');
      });

      it('is there again when it is opened anew, if it is to last', async () => {
        await put({ a: '1', b: '2', c: '3' });
        await committed([{ key: bytes('b'), value: undefined }]);
        expect(harness.reopen === undefined).toBe(harness.store.durability === 'memory');
        await harness.reopen?.();
        expect(keys()).toEqual(['a', 'c']);
        await put({ d: '4' });
        await harness.reopen?.();
        expect(keys()).toEqual(['a', 'c', 'd']);
      });

      it('is copied as it was at one moment, while commits go on', async () => {
        const { backup } = harness;
        if (backup === undefined) {
          await expect(harness.store.backup('nowhere')).rejects.toMatchObject({ code: 'store_failed' });
          return;
        }
        // Both of a pair are always of one round.
        const pair = (round: number): Change[] =>
          ['a', 'b'].map((key) => ({ key: bytes(key), value: bytes(`${round}`.padEnd(100_000)) }));
        await committed(pair(0));
        let copied = false;
        let rounds = 0;
        const again = (): void => {
          if (!copied || rounds === 0) harness.store.commit(pair(++rounds), again);
        };
        again();
        await harness.store.backup(backup.directory);
        copied = true;
        await put({ 'after the backup': '' });
        const copy = await backup.open();
        try {
          const [a, b, ...others] = copy.range(everything);
          expect([text(a?.key), text(b?.key), others.length]).toEqual(['a', 'b', 0]);
          expect(text(a?.value)).toBe(text(b?.value));
        } finally {
          await copy.close();
        }
        await expect(harness.store.backup(backup.directory)).rejects.toMatchObject({ code: 'store_failed' });
      });
    });
  });
}

function rangeOf(model: ReadonlyMap<string, StoredRecord>, range: KeyRange): readonly StoredRecord[] {
  const found = [...model.values()]
    .filter(({ key }) => Buffer.compare(key, range.from) >= 0 && Buffer.compare(key, range.to) < 0)
    .sort((one, other) => Buffer.compare(one.key, other.key));
  if (range.reverse) found.reverse();
  return found.slice(0, range.limit);
}

const shown = (records: readonly StoredRecord[]): readonly string[] =>
  records.map(({ key, value }) => `${hex(key)} ${hex(value)}`);

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? 'nothing' : Buffer.from(bytes).toString();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const plain = (bytes: Uint8Array | undefined): readonly number[] | undefined => bytes && [...bytes];

function key32(number: number): Uint8Array {
  const key = Buffer.alloc(4);
  key.writeUInt32BE(number);
  return key;
}
