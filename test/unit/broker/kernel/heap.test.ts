import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Heap, NOT_IN_HEAP } from '../../../../broker/kernel/heap.ts';

interface Item {
  readonly rank: number;
  heapAt: number;
}

const item = (rank: number): Item => ({ rank, heapAt: NOT_IN_HEAP });

describe('Heap', () => {
  test('an empty one has nothing to give', () => {
    const heap = new Heap<Item>((one, other) => one.rank < other.rank);
    expect([heap.length, heap.peek(), heap.pop()]).toEqual([0, undefined, undefined]);
  });

  test('an item that is not inside is not removed, nor is its like', () => {
    const heap = new Heap<Item>((one, other) => one.rank < other.rank);
    const [inside, outside] = [item(1), item(1)];
    heap.push(inside);
    heap.remove(outside);
    expect(heap.peek()).toBe(inside);
    heap.remove(inside);
    heap.remove(inside);
    expect([heap.length, inside.heapAt]).toEqual([0, NOT_IN_HEAP]);
  });

  test('pops in the order of rank, whatever is pushed and removed in between', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: -20, max: 20 }) }),
      fc.record({ remove: fc.nat(50) }),
      fc.constant('pop' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
        const heap = new Heap<Item>((one, other) => one.rank < other.rank);
        const inside: Item[] = [];
        const byRank = () => inside.map(({ rank }) => rank).toSorted((a, b) => a - b);
        for (const each of steps) {
          if (each === 'pop') {
            const least = byRank()[0];
            const popped = heap.pop();
            expect(popped?.rank).toBe(least);
            if (popped !== undefined) inside.splice(inside.indexOf(popped), 1);
          } else if ('push' in each) {
            const pushed = item(each.push);
            heap.push(pushed);
            inside.push(pushed);
          } else {
            const [removed] = inside.splice(each.remove % Math.max(1, inside.length), 1);
            if (removed !== undefined) heap.remove(removed);
          }
          expect([heap.length, heap.peek()?.rank]).toEqual([inside.length, byRank()[0]]);
        }
        const left = byRank();
        expect(left.map(() => heap.pop()?.rank)).toEqual(left);
      }),
    );
  });
});
