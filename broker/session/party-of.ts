import type { Party } from '../requests/party.ts';
import type { Requests } from '../requests/requests.ts';
import type { Outbound } from './outbound.ts';
import type { Session } from './session.ts';

/** A session's part in requests, on its present connection. Most have none: it is made when it is needed first. */
export function partyOf(session: Session, outbound: Outbound, requests: Requests): Party {
  session.party ??= requests.join(outbound);
  return session.party;
}
