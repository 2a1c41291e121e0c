import { grantsByToken, placeOf } from '../grants.ts';
import type { Checker } from '../history.ts';

/** An acknowledgement is not flushed before it is answered, but soon after. */
const FLUSHED_MS = 10_000;

/**
 * What a mailbox hands over again says so by its attempt, restarts or not; and what was acknowledged is not handed over
 * again, unless the process ended soon after, which may forget what was not flushed.
 */
export const duplicatesFlagged: Checker = (history) => {
  const grants = grantsByToken(history);
  const handed = new Set<string>();
  const acknowledged = new Map<string, number>();
  /** Mailboxes that hand over again, as if for the first time, because somebody asked for it. */
  const replaying = new Set<string>();
  /** What was acknowledged just before may be answered just after. */
  const replayedMs = new Map<string, number>();
  const forget = (mailbox: string): void => {
    for (const place of handed) if (place.startsWith(`${mailbox} `)) handed.delete(place);
    for (const place of acknowledged.keys()) if (place.startsWith(`${mailbox} `)) acknowledged.delete(place);
  };
  const faults: string[] = [];
  for (const fact of history) {
    if (fact.kind === 'replay') {
      replaying.add(fact.mailbox);
    } else if (fact.kind === 'replayed') {
      replaying.delete(fact.mailbox);
      replayedMs.set(fact.mailbox, fact.atMs);
      forget(fact.mailbox);
    } else if (fact.kind === 'ended') {
      // Perhaps it came so far.
      for (const mailbox of replaying) forget(mailbox);
      replaying.clear();
      for (const [place, atMs] of acknowledged) if (atMs > fact.atMs - FLUSHED_MS) acknowledged.delete(place);
    } else if (fact.kind === 'settled' && fact.settlement === 'ack') {
      const grant = grants.get(fact.token);
      if (grant === undefined || replayedMs.get(grant.mailbox) === fact.atMs) continue;
      acknowledged.set(placeOf(grant), fact.atMs);
    } else if (fact.kind === 'handed' && fact.mailbox !== undefined && !replaying.has(fact.mailbox)) {
      const place = placeOf(fact);
      if (acknowledged.has(place))
        faults.push(`event ${fact.n} was handed to ${fact.mailbox} after it was acknowledged`);
      if (handed.has(place) && fact.attempt < 2) {
        faults.push(`event ${fact.n} was handed to ${fact.mailbox} again as attempt ${fact.attempt}`);
      }
      handed.add(place);
    }
  }
  return faults;
};
