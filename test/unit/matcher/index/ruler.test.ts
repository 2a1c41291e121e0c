import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODE_BITS, Ruler } from '../../../../matcher/index/ruler.ts';

const CODES = 2 ** CODE_BITS;

/** Numbers near to each other, and any. */
const arbitraryNumber = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer({ min: -50, max: 50 }),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(Number.NEGATIVE_INFINITY, -Number.MAX_VALUE, -0, 0, Number.MIN_VALUE, Number.POSITIVE_INFINITY),
);

describe('Ruler', () => {
  it('keeps the order of any numbers, whatever its sample', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryNumber, { minLength: 1, maxLength: 70 }),
        fc.array(arbitraryNumber, { maxLength: 40 }),
        (sample, others) => {
          const ruler = new Ruler(Float64Array.from(sample));
          const ascending = [...sample, ...others].sort((a, b) => (a < b ? -1 : Number(a > b)));
          let before = 0;
          for (const value of ascending) {
            const code = ruler.codeOf(value);
            expect(Number.isInteger(code)).toBe(true);
            expect(code).toBeGreaterThanOrEqual(before);
            expect(code).toBeLessThan(CODES);
            before = code;
          }
          expect(ruler.codeOf(-0)).toBe(ruler.codeOf(0));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each<[string, (i: number) => number]>([
    ['evenly', (i) => 20 + i / 10],
    ['over many powers of ten', (i) => 10 ** (i / 4)],
    ['about two points far apart', (i) => (i < 32 ? i / 1e6 : 1e6 + i)],
  ])('gives each eighth of numbers that are spread %s an eighth of the codes', (_, numberAt) => {
    const sample = Float64Array.from({ length: 64 }, (_, i) => numberAt((i * 37) % 64));
    const ruler = new Ruler(sample);
    const counts = new Array<number>(8).fill(0);
    for (const value of sample) {
      const eighth = Math.floor((ruler.codeOf(value) * 8) / CODES);
      counts[eighth] = (counts[eighth] ?? 0) + 1;
    }
    for (const count of counts) {
      expect(count).toBeGreaterThanOrEqual(6);
      expect(count).toBeLessThanOrEqual(10);
    }
  });

  it('has one code for all when it has seen one number only', () => {
    const ruler = new Ruler(Float64Array.from([7, 7, 7]));
    expect([-1e9, 7, 1e9].map((value) => ruler.codeOf(value))).toEqual([0, 0, 0]);
  });
});
