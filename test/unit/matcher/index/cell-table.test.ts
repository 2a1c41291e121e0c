import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOWHERE } from '../../../../matcher/index/arena.ts';
import { CellTable } from '../../../../matcher/index/cell-table.ts';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
/** Keys that meet again, and any. */
const arbitraryKey = fc.oneof(fc.integer({ min: -9, max: 9 }), int32);
const arbitraryBag = fc.oneof(fc.constant(NOWHERE), fc.integer({ min: 0, max: 2 ** 31 - 1 }));

describe('CellTable', () => {
  it('is a map of two keys, and empty again when all are removed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(arbitraryKey, arbitraryKey, arbitraryBag), { maxLength: 300 }), (changes) => {
        const table = new CellTable();
        const expected = new Map<string, number>();
        for (const [first, second, bag] of changes) {
          table.set(first, second, bag);
          if (bag === NOWHERE) expected.delete(`${first} ${second}`);
          else expected.set(`${first} ${second}`, bag);
          expect(table.get(first, second)).toBe(bag);
          expect(table.size).toBe(expected.size);
        }
        for (const [first, second] of changes) {
          expect(table.get(first, second)).toBe(expected.get(`${first} ${second}`) ?? NOWHERE);
        }
        for (const [first, second] of changes) table.set(first, second, NOWHERE);
        expect(table.size).toBe(0);
        expect(table.bytes).toBe(0);
      }),
    );
  });

  it('finds all of many through growth and removal in another order', () => {
    const table = new CellTable();
    const side = 200;
    const bagOf = (first: number, second: number): number => first * side + second;
    const keys = Array.from({ length: side * side }, (_, i) => [Math.floor(i / side), -2 - (i % side)] as const);
    for (const [first, second] of keys) table.set(first, second, bagOf(first, -second));
    expect(table.size).toBe(keys.length);
    // A row of 16 bytes for two neighbours. At most three quarters of the rows are full, and half of that after growing.
    expect(table.bytes / keys.length).toBeLessThan(8 * 3);
    for (const [first, second] of keys) if ((first + second) % 2 === 0) table.set(first, second, NOWHERE);
    for (const [first, second] of keys) {
      expect(table.get(first, second)).toBe((first + second) % 2 === 0 ? NOWHERE : bagOf(first, -second));
      expect(table.get(second, first)).toBe(NOWHERE);
    }
    for (const [first, second] of keys.reverse()) table.set(first, second, NOWHERE);
    expect(table.size).toBe(0);
    expect(table.bytes).toBe(0);
  });
});
