/**
 * Finding one string in another in linear time, whatever both of them contain. `String.indexOf` is faster on ordinary
 * input, but a needle of 8,000 repeated letters makes it take seconds on a megabyte, and here a subscriber chooses the
 * needle and a publisher the text. So it serves short needles only.
 */

/** Above this length of a needle, the worst case of `indexOf` (length × text) is no longer worth its speed. */
const shortNeedleMax = 64;

/** Offset of the first occurrence at or after `from`, or -1. Offsets are UTF-16 code units. */
export type Search = (text: string, from: number) => number;

/** Prepares a search. Cost: the needle's length once, then the text's length for each search. */
export function compileSearch(needle: string): Search {
  if (needle.length <= shortNeedleMax) return (text, from) => text.indexOf(needle, from);
  const borders = bordersOf(needle);
  return (text, from) => searchByBorders(text, from, needle, borders);
}

/**
 * The test behind `startsWith`, `endsWith` and `contains`, prepared for one literal. By UTF-16 code units,
 * case-sensitive, no normalisation. The empty literal is in every string.
 */
export function compileTextTest(
  test: 'startsWith' | 'endsWith' | 'contains',
  literal: string,
): (text: string) => boolean {
  switch (test) {
    case 'startsWith':
      return (text) => text.startsWith(literal);
    case 'endsWith':
      return (text) => text.endsWith(literal);
    case 'contains': {
      const search = compileSearch(literal);
      return (text) => search(text, 0) >= 0;
    }
  }
}

/**
 * `borders[i]`: length of the longest proper prefix of the needle that is also a suffix of its first `i + 1` units.
 * Knuth, Morris, Pratt: Fast pattern matching in strings, SIAM J. Comput. 6 (1977).
 */
function bordersOf(needle: string): Int32Array {
  const borders = new Int32Array(needle.length);
  let matched = 0;
  for (let i = 1; i < needle.length; i++) {
    const unit = needle.charCodeAt(i);
    while (matched > 0 && needle.charCodeAt(matched) !== unit) matched = borders[matched - 1] as number;
    if (needle.charCodeAt(matched) === unit) matched++;
    borders[i] = matched;
  }
  return borders;
}

function searchByBorders(text: string, from: number, needle: string, borders: Int32Array): number {
  let matched = 0;
  for (let i = from; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    while (matched > 0 && needle.charCodeAt(matched) !== unit) matched = borders[matched - 1] as number;
    if (needle.charCodeAt(matched) === unit) matched++;
    if (matched === needle.length) return i - needle.length + 1;
  }
  return -1;
}
