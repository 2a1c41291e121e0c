import type { Checker, Fact } from '../history.ts';
import { answered } from './answered.ts';
import { asPublished } from './as-published.ts';
import { duplicatesFlagged } from './duplicates-flagged.ts';
import { flushedFirst } from './flushed-first.ts';
import { healedSoon } from './healed-soon.ts';
import { inOrder } from './in-order.ts';
import { lastValues } from './last-values.ts';
import { matchedTold } from './matched-told.ts';
import { neverLost } from './never-lost.ts';
import { oneLease } from './one-lease.ts';
import { pauseKept } from './pause-kept.ts';
import { publishedOnce } from './published-once.ts';
import { retentionKept } from './retention-kept.ts';
import { rising } from './rising.ts';
import { roomTold } from './room-told.ts';
import { staleTokens } from './stale-tokens.ts';
import { timesKept } from './times-kept.ts';
import { withinBounds } from './within-bounds.ts';

/** Every promise that is held against a history, by its name. */
export const CHECKERS = {
  neverLost,
  duplicatesFlagged,
  inOrder,
  oneLease,
  rising,
  retentionKept,
  staleTokens,
  publishedOnce,
  flushedFirst,
  withinBounds,
  answered,
  healedSoon,
  timesKept,
  pauseKept,
  asPublished,
  lastValues,
  matchedTold,
  roomTold,
} as const satisfies { readonly [name: string]: Checker };

/** The faults that all checkers find, each with the name of its checker. */
export function faultsOf(history: readonly Fact[]): readonly string[] {
  return Object.entries(CHECKERS).flatMap(([name, check]) => check(history).map((fault) => `${name}: ${fault}`));
}
