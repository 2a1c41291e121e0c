import { granted, type LeaseGrant } from '../leases/index.ts';
import { ProtocolError } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import { Acknowledged } from './acknowledged.ts';
import { type Entry, NO_LEASE } from './entry.ts';
import type { Fetched, Fetching } from './fetching.ts';
import type { Outbox } from './outbox.ts';

/** As long as a lease that expired may come back. */
const GRACE_MS = 2_000;

/**
 * Pull: the broker sends a notification only, and keeps the body under a retention lease, which starts as the
 * notification is handed to the connection. The subscriber fetches the event when it likes, as often as it has attempts,
 * each time under a delivery lease.
 *
 * When retention ends the event is gone, unless it is with the subscriber at that moment: then it is gone when that
 * delivery ends without acknowledgement.
 */
export class Pull extends Acknowledged implements Fetching {
  /** The last event that was notified: what is later is not known to the subscriber yet. */
  #notifiedSeq = 0;

  fetch(seq: number, leaseMs: number): Fetched {
    const entry = this.entry(seq);
    if (entry === undefined) throw this.#absent(seq);
    if (entry.retentionLease === NO_LEASE) throw this.#notNotified(seq);
    if (entry.state === 'leased') throw new ProtocolError('event_leased', `event ${seq} is fetched already`);
    if (entry.state !== 'notified') {
      throw new ProtocolError('event_leased', `event ${seq} was given back; wait until it is notified again`);
    }
    const lease = granted(
      this.lease(entry, this.addressee.owner, leaseMs === 0 ? this.terms.deliveryLeaseMs : leaseMs),
    );
    this.counters.fetched += 1;
    return { event: entry.event, handover: { attempt: entry.attempt, lease } };
  }

  override leaseExpired(entry: Entry<PublishedEvent>, leaseId: number): void {
    if (leaseId === entry.deliveryLease) super.leaseExpired(entry, leaseId);
    // A late acknowledgement may still come; then it is looked at, and dropped.
    else if (entry.state === 'resting') this.rest(entry, GRACE_MS);
    // What is with the subscriber is looked at when it comes back.
    else if (entry.state !== 'leased') {
      this.drop(entry, 'retention_ended');
      this.pump();
    }
  }

  override released(entry: Entry<PublishedEvent>, leaseId: number, delayMs: number): void {
    // Who releases the retention does not want the event any more.
    if (leaseId === entry.retentionLease) this.done(entry);
    else super.released(entry, leaseId, delayMs);
  }

  override revived(entry: Entry<PublishedEvent>, leaseId: number): void {
    if (leaseId === entry.deliveryLease) super.revived(entry, leaseId);
  }

  protected override mayComeAgain(entry: Entry<PublishedEvent>): boolean {
    if (this.leases.remainingMs(entry.retentionLease) > 0) return true;
    this.drop(entry, 'retention_ended');
    return false;
  }

  protected override hand(entry: Entry<PublishedEvent>, outbox: Outbox): boolean {
    const retention = this.#retain(entry);
    if (retention === undefined) return false;
    entry.state = 'notified';
    this.#notifiedSeq = Math.max(this.#notifiedSeq, entry.event.seq);
    this.credit.spend(0);
    this.counters.notices += 1;
    if (this.terms.order !== undefined) outbox.provenance?.(entry.event.provenance);
    outbox.notice(this.addressee.subscription, entry.event, { attempt: entry.attempt, lease: retention });
    return true;
  }

  /** The retention lease that runs, or a new one. `undefined` when none is to be had. */
  #retain(entry: Entry<PublishedEvent>): LeaseGrant | undefined {
    if (entry.retentionLease !== NO_LEASE) return this.leases.current(entry.retentionLease);
    const allocated = this.leases.allocate('retention', this.addressee.owner, entry);
    if (!allocated.ok) return undefined;
    entry.retentionLease = allocated.id;
    return granted(this.leases.grant(allocated.id, { ttlMs: this.terms.retentionMs }));
  }

  #absent(seq: number): ProtocolError {
    return seq > this.#notifiedSeq
      ? this.#notNotified(seq)
      : new ProtocolError('event_gone', `event ${seq} is not kept for this subscription any more`);
  }

  #notNotified(seq: number): ProtocolError {
    return new ProtocolError('event_unknown', `event ${seq} was not notified to this subscription`);
  }
}
