import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Heap } from '../../../../broker/kernel/heap.ts';

describe('Heap', () => {
  test('an empty one has nothing to give', () => {
    const heap = new Heap<number>((item) => item);
    expect([heap.length, heap.peek(), heap.pop()]).toEqual([0, undefined, undefined]);
  });

  test('pops in the order of rank, whatever is pushed in between', () => {
    const step = fc.option(fc.integer({ min: -20, max: 20 }), { nil: 'pop' as const });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
        const heap = new Heap<{ rank: number }>(({ rank }) => rank);
        const sorted: number[] = [];
        for (const each of steps) {
          if (each === 'pop') expect(heap.pop()?.rank).toBe(sorted.shift());
          else {
            heap.push({ rank: each });
            sorted.push(each);
            sorted.sort((a, b) => a - b);
          }
          expect([heap.length, heap.peek()?.rank]).toEqual([sorted.length, sorted[0]]);
          expect([...heap].map(({ rank }) => rank).toSorted((a, b) => a - b)).toEqual(sorted);
        }
      }),
    );
  });
});
