import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SortedMap } from '../../../../broker/store/sorted-map.ts';

const LAST = '\uffff';

it('is what a map and a sort would be', () => {
  const anyKey = fc.nat({ max: 3_000 }).map((number) => String(number).padStart(4, '0'));
  const anyRun = fc.record({ first: fc.nat({ max: 3_000 }), count: fc.nat({ max: 1_500 }), add: fc.boolean() });
  fc.assert(
    fc.property(fc.array(anyRun, { maxLength: 12 }), anyKey, anyKey, (runs, from, to) => {
      const map = new SortedMap<number>();
      const model = new Map<string, number>();
      for (const { first, count, add } of runs) {
        for (let i = 0; i < count; i++) {
          // All over the place, and each once or twice.
          const key = String((first + i * 1_117) % 3_001).padStart(4, '0');
          const before = add ? map.set(key, i) : map.delete(key);
          expect(before).toBe(model.get(key));
          if (add) model.set(key, i);
          else model.delete(key);
        }
      }
      const sorted = [...model].sort(([one], [other]) => (one < other ? -1 : 1));
      const within = sorted.filter(([key]) => key >= from && key < to);
      expect(map.size).toBe(model.size);
      expect([...map.up('', LAST)]).toEqual(sorted);
      expect([...map.down('', LAST)]).toEqual(sorted.toReversed());
      expect([...map.up(from, to)]).toEqual(within);
      expect([...map.down(from, to)]).toEqual(within.toReversed());
      expect(map.get(from)).toBe(model.get(from));
    }),
    { numRuns: 30 },
  );
});

it('takes keys that rise, and gives the oldest up, as a queue does', () => {
  const map = new SortedMap<number>();
  const key = (number: number): string => String(number).padStart(6, '0');
  for (let i = 0; i < 20_000; i++) {
    map.set(key(i), i);
    if (i >= 5_000) expect(map.delete(key(i - 5_000))).toBe(i - 5_000);
  }
  expect(map.size).toBe(5_000);
  expect([...map.up('', LAST)].map(([, value]) => value)).toEqual(Array.from({ length: 5_000 }, (_, i) => 15_000 + i));
  for (const [name] of [...map.up('', LAST)]) map.delete(name);
  expect([map.size, [...map.up('', LAST)], [...map.down('', LAST)]]).toEqual([0, [], []]);
});
