/**
 * Prefixes: `startsWith(path, '/shop/')` says that the first six code units of the path are those, which is an equality,
 * and found like any other. What it compares is a reference of its own, with a slot of its own.
 */
import type { Reference } from '../language/ast.ts';

/** The first `length` code units of a string; missing where there are fewer, or no string. */
export interface Prefix {
  readonly kind: 'prefix';
  readonly of: Reference;
  readonly length: number;
}

/**
 * The lengths in use: each one costs an event a substring, so there are not many. A longer prefix is looked up by the next
 * shorter length, and then tested as it is.
 */
const LENGTHS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64];

/** The prefix to look a literal up by; undefined for the empty one. */
export function prefixFor(of: Reference, literal: string): Prefix | undefined {
  const length = LENGTHS.findLast((candidate) => candidate <= literal.length);
  return length === undefined ? undefined : { kind: 'prefix', of, length };
}
