import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSearch, compileTextTest } from '../../../../matcher/language/search.ts';

describe('compileSearch', () => {
  it('finds what indexOf finds, needles long or short', () => {
    const word = (lengthMax: number): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: lengthMax });
    fc.assert(
      fc.property(
        word(3),
        fc.integer({ min: 0, max: 60 }),
        word(80),
        word(40),
        fc.nat({ max: 20 }),
        (unit, times, before, after, from) => {
          const needle = unit.repeat(times) + before.slice(0, 9);
          const text = before + needle + after;
          expect(compileSearch(needle)(text, from)).toBe(text.indexOf(needle, from));
          expect(compileSearch(needle)(before + after, from)).toBe((before + after).indexOf(needle, from));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('takes its time from the text alone, even where indexOf does not', () => {
    const needle = `${'a'.repeat(4000)}b${'a'.repeat(4000)}`;
    expect(compileSearch(needle)('a'.repeat(2_000_000), 0)).toBe(-1);
  });
});

describe('compileTextTest', () => {
  it.each([
    ['startsWith', 'ab', 'abc', true],
    ['startsWith', 'bc', 'abc', false],
    ['endsWith', 'bc', 'abc', true],
    ['endsWith', 'ab', 'abc', false],
    ['contains', 'b', 'abc', true],
    ['contains', 'B', 'abc', false],
    ['contains', '', '', true],
    ['contains', 'abcd', 'abc', false],
  ] as const)('%s %j in %j: %s', (test, literal, text, expected) => {
    expect(compileTextTest(test, literal)(text)).toBe(expected);
  });
});
