import { FilterError } from '../filter-error.ts';
import { arrange } from './arrange.ts';
import type { Condition } from './ast.ts';
import { checkTree } from './check.ts';
import { buildTree } from './jsep-front.ts';
import { completeLimits, type PredicateLimits } from './limits.ts';
import { readTokens } from './tokens.ts';

/**
 * Reads a predicate, in either spelling or both mixed.
 *
 *     text ─ readTokens ─▶ tokens ─ arrange ─▶ arrangement ─ jsep ─▶ tree ─ checkTree ─▶ condition
 *
 * Tokens settle what is a string, a number, a word; `arrange` what may stand next to what, and how deep; jsep what
 * belongs to what; the check what is a value and what a condition. A fault found by an earlier step is reported before
 * one that stands further left in the text but belongs to a later step.
 *
 * @param limits  those that differ from {@link defaultPredicateLimits}
 * @throws FilterError with a code and the offset of the fault. No text makes it throw anything else, nor does
 *   what is no string.
 * @throws RangeError if `limits` itself is out of range
 *
 * Cost: linear in the text's length, and the stack stays bounded by `depthMax`, whatever the text.
 */
export function parsePredicate(text: string, limits?: Partial<PredicateLimits>): Condition {
  const complete = completeLimits(limits);
  // Callers in JavaScript have no types, and neither has parsed JSON.
  if (typeof text !== 'string') throw new FilterError('predicate_type', 'a predicate is a string', '', 0);
  if (text.length > complete.charactersMax) {
    const message = `longer than ${complete.charactersMax} characters`;
    throw new FilterError('predicate_too_long', message, text, complete.charactersMax);
  }
  const arrangement = arrange(text, readTokens(text), complete);
  return checkTree(text, buildTree(arrangement.text), arrangement.marks, complete);
}
