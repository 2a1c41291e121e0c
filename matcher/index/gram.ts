/**
 * Grams: a few code units in a row of a text. Who looks for `%pump%` in a name can match only names that have `pum` in
 * them, and `ump`; so the rarer of these is a key, and most names cost that filter nothing. (Zobel & Moffat, ACM Computing
 * Surveys 2006; Google Code Search found regular expressions by trigrams.)
 *
 * What is compared with a gram is a reference of its own, with a slot of its own: all grams of one length of one text.
 * A gram is a key only. It is never tested in an entry, because a text has many of them, and the slot no single value.
 */
import { type Atom, type Condition, isReference, type Reference } from '../language/ast.ts';
import { literalParts } from '../language/like.ts';

/** Any `length` code units in a row of a string; none where it is shorter, or no string. */
export interface Gram {
  readonly kind: 'gram';
  readonly of: Reference;
  readonly length: number;
}

/** Longer ones are rarer, but so are texts to look for that have one. */
export const GRAM_LENGTH_MAX = 3;
/** Of a long text so many are weighed. */
const GRAMS_MAX = 16;

/** Grams of which every text has each that the condition is true for; none for a condition that says no such thing. All differ. */
export function gramsOf(
  condition: Condition,
): { readonly reference: Gram; readonly grams: readonly string[] } | undefined {
  if (condition.kind !== 'like' && condition.kind !== 'text') return undefined;
  const of = condition.value;
  if (!isReference(of)) return undefined;
  const parts = partsOf(condition);
  const longest = parts.reduce((most, part) => Math.max(most, part.length), 0);
  const length = Math.min(longest, GRAM_LENGTH_MAX);
  if (length === 0) return undefined;
  const grams = new Set<string>();
  for (const part of parts) {
    for (let i = 0; i + length <= part.length && grams.size < GRAMS_MAX; i += 1) grams.add(part.slice(i, i + length));
  }
  return { reference: { kind: 'gram', of, length }, grams: [...grams] };
}

/** Texts that stand whole in each text that the condition is true for. */
function partsOf(condition: Atom & { kind: 'like' | 'text' }): readonly string[] {
  if (condition.kind === 'text') return [condition.literal];
  return condition.negated ? [] : literalParts(condition.pattern, condition.escape);
}
