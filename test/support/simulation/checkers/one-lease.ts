import { type Grant, grantOf, grantsByToken, placeOf } from '../grants.ts';
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
  const grants = grantsByToken(history);
  /** By place. */
  const held = new Map<string, Held>();
  /** By mailbox: what it handed over in the millisecond of its end ended with it. */
  const removedMs = new Map<string, number>();
  const faults: string[] = [];
  for (const fact of history) {
    const grant = grantOf(fact);
    if (grant?.kind === 'delivery') {
      const place = placeOf(grant);
      const other = held.get(place);
      if (other !== undefined && !other.contested && fact.atMs < other.untilMs) {
        faults.push(`seq ${grant.seq} of ${grant.mailbox} was leased twice, ${other.untilMs - fact.atMs} ms too early`);
      }
      if (removedMs.get(grant.mailbox) === fact.atMs) continue;
      held.set(place, { grant, untilMs: grant.atMs + grant.remainingMs, contested: false });
    } else if (fact.kind === 'settle' || fact.kind === 'settled' || fact.kind === 'unsettled') {
      const mine = heldBy(held, grants.get(fact.token));
      if (mine === undefined) continue;
      if (fact.kind === 'unsettled') {
        if (fact.settlement !== 'extend') mine.contested = false;
        const early = mine.grant.token === fact.token && !mine.contested && fact.atMs < mine.untilMs;
        if (!early || !endedByTime(fact.code)) continue;
        faults.push(`the lease ${fact.token} was ${fact.code} ${mine.untilMs - fact.atMs} ms early`);
      } else if (fact.settlement !== 'extend') {
        if (fact.kind === 'settled') held.delete(placeOf(mine.grant));
        else mine.contested = true;
      } else if (fact.kind === 'settled' && mine.grant.token === fact.token) {
        mine.untilMs = fact.atMs + fact.remainingMs;
      }
    } else {
      if (fact.kind === 'remove') removedMs.set(fact.mailbox, fact.atMs);
      for (const [place, one] of held) if (endsWith(one.grant, fact)) held.delete(place);
    }
  }
  return faults;
};

/** What is held of the event whose lease this is, or whose retention. */
function heldBy(held: ReadonlyMap<string, Held>, grant: Grant | undefined): Held | undefined {
  const mine = grant && held.get(placeOf(grant));
  return grant?.kind === 'retention' || mine?.grant.token === grant?.token ? mine : undefined;
}

function endedByTime(code: string): boolean {
  return (
    code === 'lease_expired' || code === 'lease_superseded' || code === 'lease_unknown' || code === 'lease_settled'
  );
}

/** What ends leases that nobody settles. */
function endsWith({ connection, mailbox }: Grant, fact: Fact): boolean {
  switch (fact.kind) {
    case 'ended':
      return true;
    case 'closed':
      return fact.connection === connection;
    case 'detached':
      return fact.connection === connection && fact.mailbox === mailbox;
    case 'remove':
      return fact.mailbox === mailbox;
    default:
      return false;
  }
}
