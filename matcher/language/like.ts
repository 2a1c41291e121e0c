import {
  compileEnd,
  compileInner,
  compileStart,
  compileWhole,
  isLiteral,
  literalRuns,
  searchedPart,
  splitSegments,
} from './like-segment.ts';
import { wildcardPartMax } from './limits.ts';

/**
 * Prepares a LIKE pattern: `%` is any run of code points, `_` is one code point, and `escapeCharacter`, if given, makes the
 * code point after it stand for itself. (The parser lets it escape only `%`, `_` and itself; here a pattern that ends in
 * its escape has that as a plain character.) Case-sensitive, no normalisation. A lone surrogate counts as a code point.
 *
 * No regular expression and nothing to backtrack: `%` cuts the pattern into segments; the first and the last are
 * anchored, and for those between the leftmost place is always a right one.
 *
 * Cost of a test: linear in the text, whatever both contain, because of {@link isSearchable}. No allocation.
 *
 * @throws RangeError if the pattern is not searchable
 */
export function compileLike(pattern: string, escapeCharacter?: string): (text: string) => boolean {
  const [first = [], ...inner] = splitSegments(pattern, escapeCharacter);
  const last = inner.pop();
  if (last === undefined) return compileWhole(first);
  const endOfFirst = compileStart(first);
  const startOfLast = compileEnd(last);
  const searches = inner.filter((segment) => segment.length > 0).map(compileInner);
  return (text) => {
    let position = endOfFirst(text);
    const limit = startOfLast(text);
    if (position < 0 || limit < position) return false;
    for (const findEnd of searches) {
      position = findEnd(text, position);
      if (position < 0 || position > limit) return false;
    }
    return true;
  };
}

/**
 * Whether tests of a pattern have linear cost. What stands between two `%` is searched for: plain characters take any
 * length, but with `_` among them (or half a surrogate pair) there are at most {@link wildcardPartMax} code points from
 * the first plain one to the last. `_` beside a `%`, and all before the first and after the last `%`, do not count.
 */
export function isSearchable(pattern: string, escapeCharacter?: string): boolean {
  const inner = splitSegments(pattern, escapeCharacter).slice(1, -1);
  return inner.map(searchedPart).every((part) => part.length <= wildcardPartMax || isLiteral(part));
}

/** What of a pattern stands as it is in every text that matches it: in parts, cut where a `%` or `_` stands, in order. */
export function literalParts(pattern: string, escapeCharacter?: string): string[] {
  return splitSegments(pattern, escapeCharacter).flatMap(literalRuns);
}

/** Whether each use of the escape character is followed by `%`, `_` or itself, as SQL wants it. */
export function isWellEscaped(pattern: string, escapeCharacter: string): boolean {
  const points = Array.from(pattern);
  for (let i = 0; i < points.length; i++) {
    if (points[i] !== escapeCharacter) continue;
    const next = points[++i];
    if (next !== '%' && next !== '_' && next !== escapeCharacter) return false;
  }
  return true;
}
