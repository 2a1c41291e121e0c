import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilterRegistry } from '../../../../matcher/index/filter-registry.ts';
import { HashTable } from '../../../../matcher/index/hash-table.ts';
import { type CompiledFilter, compileFilter } from '../../../../matcher/index.ts';

describe('HashTable', () => {
  it('finds what is there and nothing else, however hashes collide', () => {
    const arbitraryChange = fc.record({
      id: fc.nat(60),
      hash: fc.constantFrom(0, 1, 2, 7, -1, 1 << 24, 5 + (1 << 24)),
    });
    fc.assert(
      fc.property(fc.array(arbitraryChange, { maxLength: 300 }), (changes) => {
        const table = new HashTable();
        const held = new Map<number, number>();
        for (const { id, hash } of changes) {
          if (held.delete(id)) table.remove(id);
          else {
            held.set(id, hash);
            table.add(hash, id);
          }
          for (let wanted = 0; wanted <= 60; wanted += 1) {
            expect(table.find(hash, (candidate) => candidate === wanted)).toBe(held.get(wanted) === hash ? wanted : -1);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('HashTable with hashes that are alike', () => {
  const CROWD = 20_000;

  /** How many of the numbers 0 to `CROWD` - 1 are found, and how many are asked for that at most. */
  function crowd(hashOf: (id: number) => number): { table: HashTable; found: number; askedMax: number } {
    const table = new HashTable();
    for (let id = 0; id < CROWD; id += 1) table.add(hashOf(id), id);
    let found = 0;
    let askedMax = 0;
    for (let wanted = 0; wanted < CROWD; wanted += 1) {
      let asked = 0;
      const isWanted = (id: number): boolean => {
        asked += 1;
        return id === wanted;
      };
      if (table.find(hashOf(wanted), isWanted) === wanted) found += 1;
      askedMax = Math.max(askedMax, asked);
    }
    return { table, found, askedMax };
  }

  it('leaves out those for whom it would have to look at too many', () => {
    for (const hashOf of [() => 7, (id: number) => id % 3, (id: number) => (id % 50) << 16]) {
      const { table, found, askedMax } = crowd(hashOf);
      expect(found).toBeGreaterThan(100);
      expect(found).toBeLessThan(CROWD);
      expect(askedMax).toBeLessThan(200);
      // One more of another hash is found, whatever else was added.
      table.add(0x700_0000, CROWD);
      expect(table.find(0x700_0000, () => true)).toBe(CROWD);
      for (let id = 0; id <= CROWD; id += 1) table.remove(id);
      for (let id = 0; id <= CROWD; id += 1) expect(table.find(id, () => true)).toBe(-1);
      table.reset();
      expect(table.bytes).toBe(0);
    }
  });

  it('leaves none out when the hashes are only close together', () => {
    expect(crowd((id) => (id & 0xfff) | ((id >> 12) << 24)).found).toBe(CROWD);
  });
});

describe('FilterRegistry', () => {
  const keyOf = (filter: { topic: string; when?: string | undefined }): string => compileFilter(filter).key;

  it('finds an equal filter in another spelling, and none that only hashes alike', () => {
    const registry = new FilterRegistry(keyOf);
    const id = registry.enter(compileFilter({ topic: 'a', when: 'x > 1 AND y = 2' }), 0);
    expect(registry.enter(compileFilter({ topic: 'a', when: '2 == y && !(x <= 1)' }), 1)).toBe(id);
    expect(registry.size).toBe(1);
    const others = [{ topic: 'b', when: 'x > 1 AND y = 2' }, { topic: 'a' }].map((filter) =>
      registry.enter(compileFilter(filter), 1),
    );
    expect(registry.size).toBe(3);
    expect(registry.textOf(id)).toEqual({ topic: 'a', when: 'x > 1 AND y = 2' });
    for (const number of [id, ...others]) registry.remove(number);
    expect(registry.textOf(id)).toBeUndefined();
    expect(registry.bytes).toBe(0);
  });

  it('makes few keys again when somebody sends filters with one key hash', () => {
    let made = 0;
    const registry = new FilterRegistry((filter) => {
      made += 1;
      return keyOf(filter);
    });
    const compiled = compileFilter({ topic: 'a', when: 'x = 1' });
    // The same hash, under keys that say something else.
    const alike = (i: number): CompiledFilter => ({ ...compiled, when: `x = 1${i}` });
    for (let i = 0; i < 1000; i += 1) expect(registry.enter(alike(i), i)).toBe(i);
    expect(made).toBeLessThan(5000);
    for (let i = 0; i < 1000; i += 1) registry.remove(i);
    expect(registry.bytes).toBe(0);
  });
});
