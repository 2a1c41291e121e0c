import type { Checker, Fact } from '../history.ts';
import { answered } from './answered.ts';
import { asPublished } from './as-published.ts';
import { asWanted } from './as-wanted.ts';
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
  asWanted,
  lastValues,
  matchedTold,
  roomTold,
} as const satisfies { readonly [name: string]: Checker };

/** Promises that hold even when the disk gives back something else than was written. */
const WITH_ROT: ReadonlySet<string> = new Set<keyof typeof CHECKERS>([
  'rising',
  'oneLease',
  'staleTokens',
  'asPublished',
  'withinBounds',
  'answered',
]);

/** The faults that all checkers find, each with the name of its checker. `rotten`: the disk was, at some time. */
export function faultsOf(history: readonly Fact[], { rotten = false } = {}): readonly string[] {
  return Object.entries(CHECKERS)
    .filter(([name]) => !rotten || WITH_ROT.has(name))
    .flatMap(([name, check]) => check(history).map((fault) => `${name}: ${fault}`));
}
