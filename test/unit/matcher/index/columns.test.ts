import { describe, expect, it } from 'vitest';
import { roomForInts, roomForNumbers } from '../../../../matcher/index/columns.ts';

describe('roomForInts', () => {
  it('keeps what is there and fills up what is new, however it grows', () => {
    for (const rest of [0, -1]) {
      let column = new Int32Array(0);
      // The last of these has outgrown the address space of the one before.
      for (const length of [1, 16, 17, 16_384, 16_385, 40_000, 40_001, 1_000_000, 1_000_100, 17_000_000]) {
        const held = column.length;
        column = roomForInts(column, length, rest);
        expect(column.length).toBeGreaterThanOrEqual(length);
        if (held > 0) expect(column[held - 1]).toBe(held);
        expect(column.length === held || column[held] === rest).toBe(true);
        expect(column.at(-1) === rest || column.length === held).toBe(true);
        column[0] = 1;
        column[column.length - 1] = column.length;
      }
      expect(column[0]).toBe(1);
    }
  });

  it('returns a column that is long enough as it is', () => {
    const column = roomForInts(new Int32Array(0), 100_000);
    expect(roomForInts(column, 100_000)).toBe(column);
  });

  it('holds little more than was asked for where columns are long', () => {
    expect(roomForInts(roomForInts(new Int32Array(0), 100_000), 1_000_000).length).toBeLessThan(1_020_000);
  });
});

describe('roomForNumbers', () => {
  it('keeps what is there', () => {
    let column = new Float64Array(0);
    for (let i = 0; i < 50_000; i += 1) {
      column = roomForNumbers(column, i + 1);
      column[i] = i / 2;
    }
    expect(column.subarray(0, 50_000).every((number, i) => number === i / 2)).toBe(true);
    expect(column[50_000]).toBe(0);
  });
});
