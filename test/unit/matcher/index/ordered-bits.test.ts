import { describe, expect, it } from 'vitest';
import { NO_NUMBER, readOrdered, writeBothOrdered, writeOrdered } from '../../../../matcher/index/ordered-bits.ts';

const ascending = [
  Number.NEGATIVE_INFINITY,
  -Number.MAX_VALUE,
  -1e300,
  -16777217,
  -1.0000000000000002,
  -1,
  -0.1,
  -5e-324,
  0,
  5e-324,
  0.1,
  1,
  1.0000000000000002,
  1 + 2 ** -20,
  2 ** 31,
  2 ** 32 + 0.5,
  Number.MAX_VALUE,
  Number.POSITIVE_INFINITY,
];

function ordered(value: number): [number, number] {
  const words = new Int32Array(2);
  writeOrdered(value, words, 0);
  return [words[0] as number, words[1] as number];
}

describe('ordered bits', () => {
  it('compare as the doubles do, all above NO_NUMBER', () => {
    for (const left of ascending) {
      expect(ordered(left)[0]).toBeGreaterThan(NO_NUMBER);
      for (const right of ascending) {
        const [a, b] = [ordered(left), ordered(right)];
        expect(a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]), `${left} < ${right}`).toBe(left < right);
      }
    }
  });

  it('give the number back; -0 is 0', () => {
    const words = new Int32Array(2);
    for (const value of [...ascending, -0]) {
      writeOrdered(value, words, 0);
      expect(readOrdered(words, 0)).toBe(value + 0);
    }
  });

  it('are written for a number and its negative alike from the bits of a column', () => {
    const column = Float64Array.from(ascending);
    const words = new Int32Array(5);
    for (const [i, value] of ascending.entries()) {
      writeBothOrdered(new Int32Array(column.buffer), i, words, 1);
      expect([...words.slice(1)]).toEqual([...ordered(value), ...ordered(-value)]);
    }
  });
});
