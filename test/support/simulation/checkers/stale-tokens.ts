import { type Grant, grantOf, placeOf } from '../grants.ts';
import type { Checker } from '../history.ts';

/** Only the token of the lease that is there now settles or prolongs it, and only for the one who has it. */
export const staleTokens: Checker = (history) => {
  const grants = new Map<number, Grant>();
  /** By kind and place: the token granted last. */
  const current = new Map<string, number>();
  const over = new Set<number>();
  const faults: string[] = [];
  for (const fact of history) {
    const grant = grantOf(fact);
    if (grant !== undefined) {
      grants.set(grant.token, grant);
      current.set(`${grant.kind} ${placeOf(grant)}`, grant.token);
    } else if (fact.kind === 'ended') {
      for (const token of grants.keys()) over.add(token);
    } else if (fact.kind === 'settled') {
      const mine = grants.get(fact.token);
      if (mine === undefined) continue;
      const place = `${mine.kind} ${placeOf(mine)}`;
      if (over.has(fact.token)) faults.push(`token ${fact.token} could ${fact.settlement} after it was over`);
      if (current.get(place) !== fact.token)
        faults.push(`token ${fact.token} could ${fact.settlement} though superseded`);
      if (mine.connection !== fact.connection)
        faults.push(`token ${fact.token} could ${fact.settlement} for a stranger`);
      if (fact.settlement !== 'extend') over.add(fact.token);
    }
  }
  return faults;
};
