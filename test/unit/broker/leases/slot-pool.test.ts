import { describe, expect, test } from 'vitest';
import { SlotPool } from '../../../../broker/leases/slot-pool.ts';

describe('SlotPool', () => {
  test('ids are safe integers, never 0, and never given twice', () => {
    const pool = new SlotPool({ inUseMax: 4, remembered: 2 });
    const ids = Array.from({ length: 1_000 }, () => {
      const slot = pool.take();
      const id = pool.idOf(slot);
      pool.free(slot);
      return id;
    });
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(Number.isSafeInteger(id) && id > 0).toBe(true);
  });

  test('an id leads to its row until the row is used again, oldest freed first', () => {
    const pool = new SlotPool({ inUseMax: 4, remembered: 2 });
    const slots = [pool.take(), pool.take(), pool.take()];
    const ids = slots.map((slot) => pool.idOf(slot));
    for (const slot of slots) pool.free(slot);
    expect(ids.map((id) => pool.slotOf(id))).toEqual(slots);
    expect(pool.take()).toBe(slots[0]);
    expect(ids.map((id) => pool.slotOf(id))).toEqual([undefined, slots[1], slots[2]]);
  });

  test('needs no more rows than those in use and those remembered', () => {
    const pool = new SlotPool({ inUseMax: 3, remembered: 2 });
    const seen = new Set<number>();
    const inUse: number[] = [];
    for (let i = 0; i < 100; i++) {
      if (inUse.length === 3) pool.free(inUse.shift() ?? -1);
      const slot = pool.take();
      inUse.push(slot);
      seen.add(slot);
    }
    expect(seen.size).toBeLessThanOrEqual(5);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 21 + 1, 2 ** 22, 2 ** 53, 2 ** 53 - 1])(
    'knows no row for %s',
    (id) => {
      const pool = new SlotPool({ inUseMax: 1, remembered: 0 });
      pool.take();
      expect(pool.slotOf(id)).toBeUndefined();
    },
  );

  test('refuses more rows than ids can name', () => {
    expect(() => new SlotPool({ inUseMax: 2 ** 21, remembered: 1 })).toThrow(RangeError);
  });
});
