import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ANYWHERE,
  BITS_MAX,
  bitsFor,
  cellOf,
  endsOf,
  GUARDS,
  HAIR,
  queryAfter,
  queryInside,
} from '../../../../matcher/index/grid.ts';
import { Ruler } from '../../../../matcher/index/ruler.ts';

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Where and how a range is filed, in cells that may be wider than they must. */
function filed(ruler: Ruler, { low, high }: Range, coarser: number) {
  const [from, to] = [ruler.codeOf(low), ruler.codeOf(high)];
  const bits = Math.max(0, bitsFor(from, to) - coarser);
  return { bits, cell: cellOf(from, bits), ends: endsOf(from, to, bits) };
}

/** A value's half of a query in a cell, or undefined where it does not look. */
function queryIn(cell: number, code: number, bits: number): number | undefined {
  if (cellOf(code, bits) === cell) return queryInside(code, bits);
  return cellOf(code, bits) - 1 === cell ? queryAfter(code, bits) : undefined;
}

const passes = (query: number, signature: number): boolean => ((query - signature) & GUARDS) === GUARDS;
const isCertain = (query: number, signature: number): boolean => passes((query - HAIR) | 0, signature);

const arbitraryNumber = fc.oneof(
  { weight: 3, arbitrary: fc.double({ min: 0, max: 100, noNaN: true }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 100 }) },
  { weight: 1, arbitrary: fc.double({ noNaN: true }) },
);
const arbitraryRange = fc
  .tuple(arbitraryNumber, arbitraryNumber)
  .map(([a, b]): Range => ({ low: Math.min(a, b), high: Math.max(a, b) }));
const arbitraryRuler = fc
  .array(arbitraryNumber, { minLength: 1, maxLength: 64 })
  .map((sample) => new Ruler(Float64Array.from(sample)));
const arbitraryCoarser = fc.integer({ min: 0, max: BITS_MAX });
/** A range with a value that often is in it, or one of its ends. */
const arbitraryCase = fc.record({
  ruler: arbitraryRuler,
  range: arbitraryRange,
  coarser: arbitraryCoarser,
  part: fc.constantFrom(0, 0.01, 0.5, 0.99, 1),
  anywhere: fc.option(arbitraryNumber),
});

/** The number so far from one end of a range to the other; an end where that overflows. */
function between({ low, high }: Range, part: number): number {
  const value = low + (high - low) * part;
  return value >= low && value <= high ? value : low;
}

describe('a grid', () => {
  it('lets every range pass that a value is in, from its own cell or the one before, and is certain only of such', () => {
    let certain = 0;
    const count = (isOne: boolean): void => {
      certain += Number(isOne);
    };
    fc.assert(
      fc.property(arbitraryCase, arbitraryCase, (a, b) => {
        const sides = [a, b].map(({ ruler, range, coarser, part, anywhere }) => {
          const value = anywhere ?? between(range, part);
          const { bits, cell, ends } = filed(ruler, range, coarser);
          const query = queryIn(cell, ruler.codeOf(value), bits);
          return { ends, query, isInside: value >= range.low && value <= range.high };
        });
        // Each side as the second of a constant and a range, then both at once, as the scanner has them.
        for (const { ends, query, isInside } of sides) {
          if (isInside) expect(query).toBeDefined();
          if (query === undefined) continue;
          const whole = (query << 16) | ANYWHERE;
          if (isInside) expect(passes(whole, ends << 16)).toBe(true);
          if (isCertain(whole, ends << 16)) expect(isInside).toBe(true);
        }
        const [first, second] = sides as [(typeof sides)[0], (typeof sides)[0]];
        if (first.query === undefined || second.query === undefined) return;
        const query = (second.query << 16) | first.query;
        const signature = (second.ends << 16) | first.ends;
        const areInside = first.isInside && second.isInside;
        if (areInside) expect(passes(query, signature)).toBe(true);
        if (isCertain(query, signature)) expect(areInside).toBe(true);
        count(isCertain(query, signature));
      }),
      // To shrink so many doubles may take minutes; the seed tells the case as well.
      { numRuns: 3000, endOnFailure: true },
    );
    // Were it never certain, everything would have to be verified.
    expect(certain).toBeGreaterThan(0);
  });

  it('has cells as wide as what is filed in them, and no wider than they must be', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 15 - 1), fc.nat(2 ** 15 - 1), (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const bits = bitsFor(low, high);
        expect(2 ** (15 - bits)).toBeGreaterThanOrEqual(high - low);
        if (bits < BITS_MAX) expect(2 ** (15 - bits - 1)).toBeLessThan(high - low);
        expect(cellOf(high, bits) - cellOf(low, bits)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('holds most ranges back that a value is outside of', () => {
    const ruler = new Ruler(Float64Array.from({ length: 64 }, (_, i) => i));
    const { bits, cell, ends } = filed(ruler, { low: 20, high: 21 }, 0);
    let offered = 0;
    for (let value = 0; value < 64; value += 0.01) {
      const query = queryIn(cell, ruler.codeOf(value), bits);
      if (query !== undefined && passes((query << 16) | ANYWHERE, ends << 16)) offered += 1;
    }
    expect(offered).toBeGreaterThanOrEqual(100);
    expect(offered).toBeLessThan(110);
  });
});
