import { describe, expect, it } from 'vitest';
import { BoundedCache } from '../../../../broker/kernel/bounded-cache.ts';

const ofSize = (size: number) => ({ size });

describe('BoundedCache', () => {
  it('keeps what was used last, up to its size', () => {
    const cache = new BoundedCache<string, { size: number }>(10, ({ size }) => size);
    cache.set('a', ofSize(4));
    cache.set('b', ofSize(4));
    cache.get('a');
    cache.set('c', ofSize(4));
    expect(['a', 'b', 'c'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true]);
  });

  it('does not keep what is larger than itself, and empties nothing for it', () => {
    const cache = new BoundedCache<number, { size: number }>(10, ({ size }) => size);
    cache.set(1, ofSize(4));
    cache.set(2, ofSize(11));
    expect([cache.get(1), cache.get(2)]).toEqual([ofSize(4), undefined]);
  });

  it('counts entries where it is told no sizes, and forgets what is deleted', () => {
    const cache = new BoundedCache<number, object>(2);
    for (const key of [1, 2, 3]) cache.set(key, {});
    expect(cache.get(1)).toBeUndefined();
    cache.delete(3);
    cache.delete(3);
    expect([cache.get(2), cache.get(3)]).toEqual([{}, undefined]);
  });
});
