import { Credit, type CreditBounds } from '../delivery/credit.ts';
import type { Delivery, DeliveryTerms } from '../delivery/delivery.ts';
import { type Entry, NO_LEASE } from '../delivery/entry.ts';
import type { Fetched, Fetching } from '../delivery/fetching.ts';
import type { Outbox } from '../delivery/outbox.ts';
import { ProtocolError } from '../protocol/index.ts';
import type { Mailbox } from './mailbox.ts';
import type { StoredPlace } from './page.ts';

/**
 * One who takes events from a mailbox, in competition with its other consumers: by push, or notified and then fetching,
 * as its terms say. What it has and does not acknowledge goes back when it leaves.
 */
export class Consumer implements Delivery, Fetching {
  readonly subscription: number;
  /** Principal of its leases. */
  readonly owner: string;
  readonly terms: DeliveryTerms;
  readonly credit: Credit;
  /** Those it has or was notified of, by seq. */
  readonly held = new Map<number, Entry<StoredPlace>>();
  /** It found no lease to be had, lately. */
  leaseless = false;
  /** Drops of the mailbox that it was told of. */
  dropsTold = 0;
  readonly #mailbox: Mailbox;
  #outbox: Outbox | undefined;
  /** The last event that it was notified of. */
  #notifiedSeq = 0;

  constructor(
    parts: {
      readonly subscription: number;
      readonly owner: string;
      readonly terms: DeliveryTerms;
      readonly creditMax: CreditBounds;
    },
    mailbox: Mailbox,
  ) {
    this.subscription = parts.subscription;
    this.owner = parts.owner;
    this.terms = parts.terms;
    this.credit = new Credit(parts.terms.credit, parts.creditMax);
    this.#mailbox = mailbox;
  }

  /** The connection, if there is one that takes something now, and credit. Else its mailbox is told when there is one. */
  get ready(): Outbox | undefined {
    const outbox = this.#outbox;
    if (outbox === undefined || this.leaseless || !this.credit.some) return undefined;
    if (outbox.writable) return outbox;
    outbox.pumpWhenWritable(this);
    return undefined;
  }

  notified(entry: Entry<StoredPlace>): void {
    this.#notifiedSeq = Math.max(this.#notifiedSeq, entry.event.seq);
  }

  fetch(seq: number, leaseMs: number): Fetched {
    const entry = this.held.get(seq);
    if (entry === undefined) {
      throw seq > this.#notifiedSeq
        ? new ProtocolError('event_unknown', `event ${seq} was not notified to this subscription`)
        : new ProtocolError('event_gone', `event ${seq} is not kept for this subscription any more`);
    }
    if (entry.retentionLease === NO_LEASE) {
      throw new ProtocolError('subscription_mode', `event ${seq} was pushed, not notified`);
    }
    if (entry.state === 'leased') throw new ProtocolError('event_leased', `event ${seq} is fetched already`);
    return this.#mailbox.fetch(entry, this, leaseMs === 0 ? this.terms.deliveryLeaseMs : leaseMs);
  }

  pump(): void {
    this.#mailbox.pump();
  }

  addCredit(events: number, bytes: number): void {
    this.credit.add(events, bytes);
    this.#mailbox.pump();
  }

  attach(outbox: Outbox): void {
    this.#outbox = outbox;
    this.dropsTold = 0;
    this.credit.reset();
    this.#mailbox.pump();
  }

  detach(): void {
    this.#outbox = undefined;
    this.#mailbox.giveBackFrom(this);
  }

  end(): void {
    this.#outbox = undefined;
    this.#mailbox.leave(this);
  }
}
