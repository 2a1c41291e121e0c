import { grantsByToken, placeOf } from '../grants.ts';
import type { Checker } from '../history.ts';

/**
 * What a mailbox hands over again says so by its attempt, restarts or not; and what was acknowledged is not handed over
 * again, unless the process ended in between, which may forget acknowledgements that were not flushed.
 */
export const duplicatesFlagged: Checker = (history) => {
  const grants = grantsByToken(history);
  const handed = new Set<string>();
  const acknowledged = new Set<string>();
  const faults: string[] = [];
  for (const fact of history) {
    if (fact.kind === 'ended') {
      acknowledged.clear();
    } else if (fact.kind === 'settled' && fact.settlement === 'ack') {
      const grant = grants.get(fact.token);
      if (grant !== undefined) acknowledged.add(placeOf(grant));
    } else if (fact.kind === 'handed' && fact.mailbox !== undefined) {
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
