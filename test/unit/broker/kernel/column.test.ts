import { describe, expect, test } from 'vitest';
import { Column } from '../../../../broker/kernel/column.ts';

describe('Column', () => {
  test('keeps what was set, over the bounds of chunks, while it grows', () => {
    const column = new Column(Float64Array);
    for (let row = 0; row < 40_000; row++) {
      column.reach(row);
      column.set(row, row + 0.5);
    }
    const wrong = Array.from({ length: 40_000 }, (_, row) => row).filter((row) => column.get(row) !== row + 0.5);
    expect(wrong).toEqual([]);
  });

  test('a row never set reads as the initial value', () => {
    const column = new Column(Int32Array, -7);
    column.reach(20_000);
    expect([column.get(0), column.get(16_384), column.get(20_000)]).toEqual([-7, -7, -7]);
  });

  test('counts its bytes by the width of its numbers', () => {
    const wide = new Column(Float64Array);
    const narrow = new Column(Uint8Array);
    expect(wide.bytes).toBe(0);
    wide.reach(0);
    narrow.reach(0);
    expect(wide.bytes).toBe(8 * narrow.bytes);
    wide.reach(16_384);
    expect(wide.bytes).toBe(2 * 8 * narrow.bytes);
  });
});
