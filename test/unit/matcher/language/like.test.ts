import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileLike, isWellEscaped } from '../../../../matcher/language/like.ts';

/** The definition, by recursion over code points: slow, and obviously right. */
function matchesByDefinition(
  pattern: readonly string[],
  text: readonly string[],
  escapeCharacter: string | undefined,
): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return text.length === 0;
  if (head === escapeCharacter) {
    const [literal = escapeCharacter, ...after] = rest;
    return text[0] === literal && matchesByDefinition(after, text.slice(1), escapeCharacter);
  }
  if (head === '%')
    return (
      text.some((_, i) => matchesByDefinition(rest, text.slice(i), escapeCharacter)) ||
      matchesByDefinition(rest, [], escapeCharacter)
    );
  return (
    text.length > 0 && (head === '_' || head === text[0]) && matchesByDefinition(rest, text.slice(1), escapeCharacter)
  );
}

describe('compileLike', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['%', '', true],
    ['%', 'anything\nat all', true],
    ['_', '', false],
    ['_', 'a', true],
    ['_', '😀', true],
    ['__', '😀', false],
    ['%_', '😀', true],
    ['_%_', '😀', false],
    ['abc', 'abc', true],
    ['abc', 'ABC', false],
    ['a%', 'a', true],
    ['a%a', 'a', false],
    ['a%a', 'aa', true],
    ['ab%bc', 'abc', false],
    ['%b%', 'abc', true],
    ['%a%b%', 'ba', false],
    ['%ab%ab%', 'abab', true],
    ['%ab%ab%', 'aba', false],
    ['%a_c%', 'xxabaxxcxx', false],
    ['%a_c%', 'xxabaacxx', true],
    ['%a_b%c', 'aab xbc', true],
    ['a_%', 'a', false],
    ['.*', 'anything', false],
    ['[a-z]', 'b', false],
    ['a\\%', 'a\\xyz', true],
    ['%\ude00', '😀', false],
    ['\ud83d_', '😀', false],
    ['_', '\ud83d', true],
  ])('%j against %j: %s', (pattern, text, expected) => {
    expect(compileLike(pattern)(text)).toBe(expected);
  });

  it.each([
    ['50!%', '!', '50%', true],
    ['50!%', '!', '50x', false],
    ['a!_b', '!', 'a_b', true],
    ['a!_b', '!', 'axb', false],
    ['!!%', '!', '!x', true],
    ['%%%_', '%', '%_', true],
    ['____', '_', '__', true],
    ['😀%', '😀', '%', true],
    ['a!', '!', 'a!', true],
  ])('%j escape %j against %j: %s', (pattern, escapeCharacter, text, expected) => {
    expect(compileLike(pattern, escapeCharacter)(text)).toBe(expected);
  });

  it('agrees with the definition', () => {
    const piece = fc.constantFrom('a', 'b', '%', '_', '!', '😀', '\ud83d', '\ude00');
    const word = fc.array(fc.constantFrom('a', 'b', '!', '😀', '\ud83d', '\ude00', '%'), { maxLength: 9 });
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 7 }),
        word,
        fc.constantFrom(undefined, '!'),
        (pieces, letters, escapeCharacter) => {
          const pattern = pieces.join('');
          const text = letters.join('');
          const expected = matchesByDefinition(Array.from(pattern), Array.from(text), escapeCharacter);
          expect(compileLike(pattern, escapeCharacter)(text)).toBe(expected);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('finds segments longer than a machine word', () => {
    const segment = `${'a'.repeat(31)}_${'b'.repeat(40)}_c`;
    const like = compileLike(`%${segment}%`);
    const fitting = segment.replaceAll('_', 'x');
    expect(like(`aaaa${fitting}cc`)).toBe(true);
    expect(like(fitting)).toBe(true);
    expect(like(`aaaa${fitting.slice(0, -1)}`)).toBe(false);
    expect(like(`aaaa${fitting.replace('b', 'c')}`)).toBe(false);
  });

  it('needs no patience with patterns that make backtracking explode', () => {
    const text = 'a'.repeat(100_000);
    expect(compileLike(`${'%a'.repeat(4000)}%b`)(text)).toBe(false);
    expect(compileLike(`${'%_a'.repeat(2700)}%b%`)(text)).toBe(false);
    expect(compileLike(`%${'a'.repeat(4000)}b${'a'.repeat(4000)}%`)(text)).toBe(false);
    expect(compileLike(`%${'a'.repeat(4000)}b_${'a'.repeat(4000)}%`)(text)).toBe(false);
  });
});

describe('isWellEscaped', () => {
  it.each([
    ['a%', true],
    ['a!%!_!!', true],
    ['a!', false],
    ['a!b', false],
    ['!!!', false],
  ])('%j: %s', (pattern, expected) => {
    expect(isWellEscaped(pattern, '!')).toBe(expected);
  });
});
