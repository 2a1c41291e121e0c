import type { PublishedEvent } from '../publish/event.ts';
import type { Handover } from './outbox.ts';

export interface Fetched {
  readonly event: PublishedEvent;
  readonly handover: Handover;
}

/** A delivery whose subscriber asks for the events that it was notified of. */
export interface Fetching {
  /**
   * Hands over a notified event. `leaseMs` 0: as the subscription says. Throws ProtocolError `event_unknown`,
   * `event_gone`, `event_leased`, `subscription_mode`, `lease_limit` or `lease_ttl_range`, and then changes nothing.
   */
  fetch(seq: number, leaseMs: number): Fetched;
}

export function isFetching<D extends object>(delivery: D): delivery is D & Fetching {
  return 'fetch' in delivery;
}
