import type { Delivery, DeliveryTerms } from '../delivery/delivery.ts';
import type { LeaseGrant, LeaseHolder } from '../leases/index.ts';
import type { Registration } from './registrations.ts';

/** Who made a subscription, and changes and ends it. */
export interface SubscriptionKeeper {
  /** What it changes is to be on disk before anybody is told. */
  readonly isDurable: boolean;
  /** Puts another predicate on it, and answers from which seq on. What is on its way stays so. Throws FilterError. */
  replace(subscription: Subscription, when: string | null): number;
  /** Sets a new time on its lease, from now, or from when its owner's connection ends. Throws ProtocolError. */
  renew(subscription: Subscription, leaseMs: number): LeaseGrant;
  /** How long it will outlive its owner's connection. `undefined`: not at all. */
  leaseMs(subscription: Subscription): number | undefined;
  /** Ends it, for its owner. Answers the last seq that could match. */
  remove(subscription: Subscription): number;
}

/** What a session owns: a filter, a delivery, and perhaps a lease. */
export class Subscription implements LeaseHolder {
  readonly id: number;
  /** Session that owns it. */
  readonly owner: string;
  readonly terms: DeliveryTerms;
  readonly delivery: Delivery;
  /** Its own, or that of the mailbox from which it takes events. */
  readonly registration: Registration;
  /** Absent: it ends with the connection. */
  leaseId: number | undefined;
  readonly keeper: SubscriptionKeeper;
  readonly #expired: (subscription: Subscription) => void;

  constructor(fields: {
    readonly id: number;
    readonly owner: string;
    readonly terms: DeliveryTerms;
    readonly delivery: Delivery;
    readonly registration: Registration;
    readonly keeper: SubscriptionKeeper;
    readonly expired: (subscription: Subscription) => void;
  }) {
    this.id = fields.id;
    this.owner = fields.owner;
    this.terms = fields.terms;
    this.delivery = fields.delivery;
    this.registration = fields.registration;
    this.keeper = fields.keeper;
    this.#expired = fields.expired;
  }

  leaseExpired(): void {
    this.#expired(this);
  }
}
