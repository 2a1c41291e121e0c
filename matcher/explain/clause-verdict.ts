import type { Verdict } from '../language/ast.ts';

/** A verdict in JSON, which has no `undefined`. */
export type ClauseVerdict = 'true' | 'false' | 'unknown';

export function nameOf(verdict: Verdict): ClauseVerdict {
  return verdict === undefined ? 'unknown' : verdict ? 'true' : 'false';
}
