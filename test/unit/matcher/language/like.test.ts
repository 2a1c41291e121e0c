import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileLike, isSearchable, isWellEscaped } from '../../../../matcher/language/like.ts';

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
    ['%__a_%', '😀xab', true],
    ['%__a_%', '😀ab', false],
    ['%__a_%', 'xxa', false],
    ['%___%', '😀😀', false],
    ['%___%', 'a😀b', true],
    ['%_b', '😀b', true],
    ['😀_%_😀', '😀😀', false],
    ['😀_%_😀', '😀ab😀', true],
    ['%\ude00_a%', '😀xa', false],
    ['%\ude00_a%', '😀\ude00xa', true],
    ['%😀_a%', '\ud83d😀ba', true],
    ['%é_é%', 'éèéé', true],
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

  it.each([31, 32, 33, 63, 64])('finds %i code points with a wildcard among them', (length) => {
    const segment = `a_${'b'.repeat(length - 3)}c`;
    const like = compileLike(`%${segment}%`);
    const fitting = segment.replace('_', '😀');
    expect(like(`aaaa${fitting}cc`)).toBe(true);
    expect(like(fitting)).toBe(true);
    expect(like(`aaaa${fitting.slice(0, -1)}`)).toBe(false);
    expect(like(`aaaa${fitting.replace('b', 'c')}`)).toBe(false);
  });

  it('finds what begins long after the last thing that could have', () => {
    const like = compileLike('%\ude00_a%b_c%');
    expect(like(`${'😀xa'.repeat(40)}\ude00xa${'-'.repeat(40)}bxc`)).toBe(true);
    expect(like(`${'😀xa'.repeat(40)}${'-'.repeat(40)}bxc`)).toBe(false);
    expect(compileLike('%b_c%')(`${'bb'.repeat(40)}${'-'.repeat(40)}b😀c`)).toBe(true);
  });

  it('needs no patience with patterns that make backtracking explode', () => {
    const text = 'a'.repeat(100_000);
    expect(compileLike(`${'%a'.repeat(4000)}%b`)(text)).toBe(false);
    expect(compileLike(`${'%_a'.repeat(2700)}%b%`)(text)).toBe(false);
    expect(compileLike(`%${'a'.repeat(4000)}b${'a'.repeat(4000)}%`)(text)).toBe(false);
    expect(compileLike(`%_${'a'.repeat(8000)}b%`)(text)).toBe(false);
    expect(compileLike(`%${'a_'.repeat(31)}ab%`)(text)).toBe(false);
  });
});

describe('isSearchable', () => {
  const letters = (count: number) => 'a'.repeat(count);

  it.each([
    ['64 code points with _', `%a_${letters(62)}%`, true],
    ['65 code points with _', `%a_${letters(63)}%`, false],
    ['64 code points of two units with _', `%😀_${'😀'.repeat(62)}%`, true],
    ['_ next to the % signs', `%${'_'.repeat(100)}${letters(100)}${'_'.repeat(100)}%`, true],
    ['nothing but _', `%${'_'.repeat(1000)}%`, true],
    ['plain characters, and many', `%${letters(5000)}%`, true],
    ['_ before the first %', `a_${letters(100)}%`, true],
    ['_ after the last %', `%a_${letters(100)}`, true],
    ['no % at all', `a_${letters(100)}`, true],
    ['the second of two', `%a_a%a_${letters(63)}%`, false],
    ['65 code points with half a surrogate pair', `%\ude00${letters(64)}%`, false],
  ])('%s', (_name, pattern, expected) => {
    expect(isSearchable(pattern)).toBe(expected);
    if (expected) expect(compileLike(pattern)(pattern.replaceAll('_', 'é'))).toBe(true);
    else expect(() => compileLike(pattern)).toThrow(RangeError);
  });

  it('counts an escaped _ as plain', () => {
    expect(isSearchable(`%a!_${letters(100)}%`, '!')).toBe(true);
    expect(isSearchable(`%a!_${letters(100)}%`)).toBe(false);
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
