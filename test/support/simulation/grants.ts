import type { Fact, FactOf } from './history.ts';

/** A lease that the broker gave away: on an event that it handed over, or on the retention of one it told of. */
export interface Grant {
  readonly kind: 'delivery' | 'retention';
  readonly mailbox: string;
  readonly seq: number;
  readonly connection: number;
  readonly token: number;
  readonly lease: number;
  readonly atMs: number;
  readonly remainingMs: number;
  readonly attempt: number;
}

/** The lease that a fact is about, if it grants one to a consumer of a mailbox. */
export function grantOf(fact: Fact): Grant | undefined {
  if ((fact.kind !== 'handed' && fact.kind !== 'noticed') || fact.mailbox === undefined) return undefined;
  const lease = fact.kind === 'handed' ? fact.lease : fact.retention;
  if (lease === undefined) return undefined;
  const { mailbox, seq, connection, atMs, attempt } = fact;
  const { id, token, remainingMs } = lease;
  const kind = fact.kind === 'handed' ? 'delivery' : 'retention';
  return { kind, mailbox, seq, connection, token, lease: id, atMs, remainingMs, attempt };
}

/** Every grant of a history, by its token, which no two share. */
export function grantsByToken(history: readonly Fact[]): ReadonlyMap<number, Grant> {
  const grants = new Map<number, Grant>();
  for (const fact of history) {
    const grant = grantOf(fact);
    if (grant !== undefined) grants.set(grant.token, grant);
  }
  return grants;
}

/** One event in one mailbox, as a key. */
export function placeOf({ mailbox, seq }: { readonly mailbox: string | undefined; readonly seq: number }): string {
  return `${mailbox} ${seq}`;
}

/** Events that were acknowledged, as the broker confirmed, by their places. */
export function acknowledgedPlaces(history: readonly Fact[]): ReadonlySet<string> {
  return placesOf(history, (fact) => fact.kind === 'settled');
}

/** And those whose acknowledgement reached the broker, whatever it made of it. */
export function perhapsAcknowledgedPlaces(history: readonly Fact[]): ReadonlySet<string> {
  return placesOf(history, (fact) => fact.kind === 'settle');
}

function placesOf(history: readonly Fact[], counts: (fact: Fact) => boolean): ReadonlySet<string> {
  const grants = grantsByToken(history);
  const places = new Set<string>();
  for (const fact of history) {
    if (!counts(fact)) continue;
    const { settlement, token } = fact as FactOf<'settle' | 'settled'>;
    const grant = grants.get(token);
    if (settlement === 'ack' && grant !== undefined) places.add(placeOf(grant));
  }
  return places;
}
