import { placeOf } from '../grants.ts';
import type { Checker } from '../history.ts';

interface Kept {
  readonly untilMs: number;
  readonly connection: number;
  readonly subscription: number;
}

/** A fetch within the retention that a notice promised is never told that the event is gone, unless somebody settled it. */
export const retentionKept: Checker = (history) => {
  const kept = new Map<string, Kept>();
  const tokens = new Map<number, string>();
  const faults: string[] = [];
  for (const fact of history) {
    switch (fact.kind) {
      case 'noticed': {
        const place = placeOf(fact);
        const { connection, subscription, retention } = fact;
        kept.set(place, { untilMs: fact.atMs + retention.remainingMs, connection, subscription });
        tokens.set(fact.retention.token, place);
        break;
      }
      case 'handed':
        // Who fetched it and did not settle it in time has had it; it comes again.
        kept.delete(placeOf(fact));
        if (fact.lease !== undefined) tokens.set(fact.lease.token, placeOf(fact));
        break;
      case 'settle': {
        // From its arrival on it may be settled; and what it extends may have become shorter.
        kept.delete(tokens.get(fact.token) ?? '');
        break;
      }
      case 'remove':
      case 'purge':
        for (const place of kept.keys()) if (place.startsWith(`${fact.mailbox} `)) kept.delete(place);
        break;
      case 'ended':
        kept.clear();
        break;
      case 'unfetched': {
        const one = kept.get(placeOf(fact));
        if (one?.connection !== fact.connection || one.subscription !== fact.subscription) break;
        if (fact.atMs >= one.untilMs) break;
        if (fact.code === 'event_gone' || fact.code === 'event_unknown') {
          faults.push(`seq ${fact.seq} of ${fact.mailbox} was gone ${one.untilMs - fact.atMs} ms too early`);
        }
      }
    }
  }
  return faults;
};
