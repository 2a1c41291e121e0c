import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ring } from '../../../../broker/kernel/ring.ts';

describe('Ring', () => {
  test('first in, first out', () => {
    const ring = new Ring<string>(3);
    ring.push('a');
    ring.push('b');
    expect(ring.peek()).toBe('a');
    expect([ring.shift(), ring.shift(), ring.shift()]).toEqual(['a', 'b', undefined]);
  });

  test('refuses beyond its bound, and changes nothing', () => {
    const ring = new Ring<number>(3);
    expect([1, 2, 3, 4].map((item) => ring.push(item))).toEqual([true, true, true, false]);
    expect([...ring]).toEqual([1, 2, 3]);
  });

  test('a bound of 0 takes nothing', () => {
    expect(new Ring<number>(0).push(1)).toBe(false);
  });

  test('clear drops everything', () => {
    const ring = new Ring<number>(10);
    ring.push(1);
    ring.clear();
    expect([ring.length, ring.peek(), ring.shift()]).toEqual([0, undefined, undefined]);
    ring.push(2);
    expect([...ring]).toEqual([2]);
  });

  test('keeps no reference to what was shifted out', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const ring = new Ring<object>(10);
    // In a function of its own, so that no local variable keeps the item.
    const pushOne = () => {
      const item = {};
      ring.push(item);
      return new WeakRef(item);
    };
    const [out, still] = [pushOne(), pushOne()];
    ring.shift();
    await nextTurn();
    collectGarbage();
    expect([out.deref(), typeof still.deref(), ring.length]).toEqual([undefined, 'object', 1]);
  });

  test('does what an array does', () => {
    const operation = fc.oneof(
      fc.record({ do: fc.constant('push' as const), item: fc.nat() }),
      fc.record({ do: fc.constant('shift' as const) }),
    );
    fc.assert(
      fc.property(fc.nat(40), fc.array(operation, { maxLength: 200, size: 'max' }), (bound, operations) => {
        const ring = new Ring<number>(bound);
        const array: number[] = [];
        for (const step of operations) {
          if (step.do === 'shift') expect(ring.shift()).toBe(array.shift());
          else {
            const fits = array.length < bound;
            expect(ring.push(step.item)).toBe(fits);
            if (fits) array.push(step.item);
          }
          expect(ring.length).toBe(array.length);
          expect(ring.peek()).toBe(array[0]);
          expect([...ring]).toEqual(array);
        }
      }),
    );
  });
});
