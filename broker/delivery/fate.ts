import type { Fate } from '../protocol/index.ts';
import type { Drops } from './drops.ts';

/** What became of an event for a subscription that it matched. */
export interface FateAnswer {
  readonly kind: Fate;
  readonly text: string;
}

/** Of an event that does not wait any more: dropped, or gone its way, if it is not too long ago to tell. */
export function fateOfGone(drops: Drops, seq: number, wentItsWay: FateAnswer): FateAnswer {
  const reason = drops.reasonOf(seq);
  if (reason !== undefined) return { kind: 'dropped', text: `dropped: ${reason}` };
  return drops.remembers(seq) ? wentItsWay : { kind: 'not_remembered', text: 'too long ago to know' };
}

/** Of an event that waits. */
export function fateOfWaiting(may: {
  readonly connected: boolean;
  readonly credit: boolean;
  readonly lease: boolean;
}): FateAnswer {
  return { kind: 'waiting', text: `waiting: ${whatFor(may)}` };
}

function whatFor(may: { readonly connected: boolean; readonly credit: boolean; readonly lease: boolean }): string {
  if (!may.connected) return 'the subscriber is not connected';
  if (!may.lease) return 'no lease is to be had';
  return may.credit ? 'the connection is slow to read' : 'the subscriber has given no credit';
}
