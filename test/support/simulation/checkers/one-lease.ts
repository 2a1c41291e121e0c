import { type Grant, grantOf, placeOf } from '../grants.ts';
import type { Checker, Fact } from '../history.ts';

interface Held {
  readonly grant: Grant;
  /** It does not end by time before. */
  untilMs: number;
  /** Somebody asked to settle it; until that is refused it may be over. */
  contested: boolean;
}

/**
 * An event of a mailbox is with one consumer at a time, and stays there until its lease is over: never two leases at once,
 * never one that ends early.
 */
export const oneLease: Checker = (history) => {
  const held = new Map<string, Held>();
  /** By mailbox: what it handed over in the millisecond of its end ended with it. */
  const removedMs = new Map<string, number>();
  const faults: string[] = [];
  for (const fact of history) {
    const grant = grantOf(fact);
    if (fact.kind === 'remove') removedMs.set(fact.mailbox, fact.atMs);
    if (grant?.kind === 'delivery') {
      const other = held.get(placeOf(grant));
      if (other !== undefined && !other.contested && fact.atMs < other.untilMs) {
        faults.push(`seq ${grant.seq} of ${grant.mailbox} was leased twice, ${other.untilMs - fact.atMs} ms too early`);
      }
      if (removedMs.get(grant.mailbox) === fact.atMs) continue;
      held.set(placeOf(grant), { grant, untilMs: grant.atMs + grant.remainingMs, contested: false });
    } else if (fact.kind === 'unsettled') {
      const mine = byToken(held, fact.token);
      if (mine?.contested && fact.settlement !== 'extend') mine.contested = false;
      if (mine !== undefined && !mine.contested && fact.atMs < mine.untilMs && endedByTime(fact.code)) {
        faults.push(`the lease ${fact.token} was ${fact.code} ${mine.untilMs - fact.atMs} ms early`);
      }
    } else {
      release(held, fact);
    }
  }
  return faults;
};

function endedByTime(code: string): boolean {
  return (
    code === 'lease_expired' || code === 'lease_superseded' || code === 'lease_unknown' || code === 'lease_settled'
  );
}

/** What ends leases in order, or sets them anew. */
function release(held: Map<string, Held>, fact: Fact): void {
  switch (fact.kind) {
    case 'settle': {
      const mine = byToken(held, fact.token);
      if (mine !== undefined && fact.settlement !== 'extend') mine.contested = true;
      return;
    }
    case 'settled': {
      const mine = byToken(held, fact.token);
      if (mine === undefined) return;
      if (fact.settlement === 'extend') mine.untilMs = fact.atMs + fact.remainingMs;
      else held.delete(placeOf(mine.grant));
      return;
    }
    case 'ended':
      held.clear();
      return;
    case 'remove':
      for (const [place, { grant }] of held) if (grant.mailbox === fact.mailbox) held.delete(place);
      return;
    case 'closed':
    case 'detached':
      for (const [place, { grant }] of held) {
        if (grant.connection === fact.connection && (fact.kind === 'closed' || grant.mailbox === fact.mailbox)) {
          held.delete(place);
        }
      }
  }
}

function byToken(held: ReadonlyMap<string, Held>, token: number): Held | undefined {
  for (const one of held.values()) if (one.grant.token === token) return one;
  return undefined;
}
