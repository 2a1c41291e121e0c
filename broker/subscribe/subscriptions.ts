import type { Filter } from '../../matcher/index.ts';
import type { Config } from '../config/index.ts';
import type { AcknowledgedMeans } from '../delivery/acknowledged.ts';
import { AcknowledgedPush } from '../delivery/acknowledged-push.ts';
import type { Delivery, DeliveryTerms, Recipient } from '../delivery/delivery.ts';
import type { HeldEvents } from '../delivery/held-events.ts';
import { Pull } from '../delivery/pull.ts';
import { Push } from '../delivery/push.ts';
import type { Wakeups } from '../delivery/wakeups.ts';
import { granted, type LeaseGrant, type LeaseTable } from '../leases/index.ts';
import type { Counters } from '../observe/counters.ts';
import { type ClientControl, type ControlOf, ProtocolError } from '../protocol/index.ts';
import { filterOf, type Registrations } from './registrations.ts';
import { Subscription, type SubscriptionKeeper } from './subscription.ts';
import { deliveryTerms } from './terms.ts';

export interface SubscriptionsMeans {
  readonly config: Config;
  readonly registrations: Registrations;
  readonly leases: LeaseTable;
  readonly held: HeldEvents;
  readonly wakeups: Wakeups;
  readonly counters: Counters;
  readonly wallMs: () => number;
  /** The last seq given to an event. */
  readonly lastSeq: () => number;
  /** A subscription ended by its lease. */
  readonly expired: (subscription: Subscription) => void;
}

/** The subscriptions that sessions have for themselves: their events are kept in memory, and gone with them. */
export class Subscriptions implements SubscriptionKeeper {
  readonly isDurable = false;
  readonly #means: SubscriptionsMeans;
  readonly #deliveryMeans: AcknowledgedMeans;
  #lastTerms: DeliveryTerms | undefined;

  constructor(means: SubscriptionsMeans) {
    this.#means = means;
    const { config, leases, held, wakeups, counters, wallMs } = means;
    const creditMax = { events: config.creditEventsMax, bytes: config.creditBytesMax };
    this.#deliveryMeans = { leases, held, wakeups, counters, creditMax, wallMs };
  }

  /** Throws FilterError, or ProtocolError `subscription_limit`, `lease_limit` or what `deliveryTerms` throws. */
  add(owner: string, request: ControlOf<ClientControl, 'subscribe'>): Subscription {
    const { config } = this.#means;
    if (request.topic === undefined) {
      throw new ProtocolError('frame_malformed', 'subscribe.topic may be left out for a mailbox only');
    }
    return this.open(owner, filterOf(request.topic, request.when), deliveryTerms(request, config), request.leaseMs);
  }

  /** The same, for terms that another door has settled. Without `leaseMs` it ends with its owner's connection. */
  open(owner: string, filter: Filter, asked: DeliveryTerms, leaseMs?: number): Subscription {
    const { registrations, counters } = this.#means;
    const terms = this.#shared(asked);
    let made: (Delivery & Recipient) | undefined;
    const registration = registrations.add(filter, (id) => {
      made = this.#delivery(id, owner, terms);
      return made;
    });
    const subscription = new Subscription({
      id: registration.id,
      owner,
      terms,
      // `add` has called for it.
      delivery: made as Delivery & Recipient,
      registration,
      keeper: this,
      expired: this.#expired,
    });
    counters[terms.mode === 'pull' ? 'subscriptionsPull' : 'subscriptionsPush'] += 1;
    if (leaseMs !== undefined) this.#grantLease(subscription, leaseMs);
    return subscription;
  }

  replace({ registration }: Subscription, when: string | null): number {
    return this.#means.registrations.replace(registration, when ?? undefined);
  }

  renew(subscription: Subscription, leaseMs: number): LeaseGrant {
    const { leases } = this.#means;
    const current = subscription.leaseId === undefined ? undefined : leases.current(subscription.leaseId);
    if (current === undefined) {
      throw new ProtocolError('subscription_mode', 'this subscription has no lease: it ends with its connection');
    }
    return granted(leases.extend({ ...current, principal: subscription.owner }, leaseMs));
  }

  leaseMs({ leaseId }: Subscription): number | undefined {
    return leaseId === undefined ? undefined : this.#means.leases.remainingMs(leaseId);
  }

  /** Nothing matches it any more, what waits is dropped. */
  remove(subscription: Subscription): number {
    if (subscription.leaseId !== undefined) {
      this.#means.leases.end(subscription.leaseId, 'owner-closed');
      this.#freeLease(subscription);
    }
    this.#remove(subscription);
    return this.#means.lastSeq();
  }

  readonly #expired = (lapsed: Subscription): void => {
    this.#freeLease(lapsed);
    this.#remove(lapsed);
    this.#means.expired(lapsed);
  };

  /** Most subscriptions have the terms of the one before: then they have one object of them. */
  #shared(terms: DeliveryTerms): DeliveryTerms {
    if (this.#lastTerms === undefined || !areSame(terms, this.#lastTerms)) this.#lastTerms = terms;
    return this.#lastTerms;
  }

  #delivery(id: number, owner: string, terms: DeliveryTerms): Delivery & Recipient {
    const means = this.#deliveryMeans;
    if (terms.ack === 'none') return new Push(id, terms, means);
    const addressee = { subscription: id, owner };
    return terms.mode === 'pull' ? new Pull(addressee, terms, means) : new AcknowledgedPush(addressee, terms, means);
  }

  #grantLease(subscription: Subscription, leaseMs: number): void {
    const { leases } = this.#means;
    try {
      subscription.leaseId = granted(leases.allocate('subscription', subscription.owner, subscription)).id;
      granted(leases.grant(subscription.leaseId, { ttlMs: leaseMs }));
    } catch (error) {
      this.#freeLease(subscription);
      this.#remove(subscription);
      throw error;
    }
    // Its owner is connected, so its time does not run yet.
    leases.pause(subscription.leaseId);
  }

  #freeLease(subscription: Subscription): void {
    if (subscription.leaseId !== undefined) this.#means.leases.free(subscription.leaseId);
    subscription.leaseId = undefined;
  }

  #remove(subscription: Subscription): void {
    const { registrations, counters } = this.#means;
    registrations.remove(subscription.registration);
    subscription.delivery.end();
    counters[subscription.terms.mode === 'pull' ? 'subscriptionsPull' : 'subscriptionsPush'] -= 1;
  }
}

function areSame(one: DeliveryTerms, other: DeliveryTerms): boolean {
  return (
    one.mode === other.mode &&
    one.ack === other.ack &&
    one.credit.events === other.credit.events &&
    one.credit.bytes === other.credit.bytes &&
    one.queueEvents === other.queueEvents &&
    one.queueBytes === other.queueBytes &&
    one.overflow === other.overflow &&
    one.deliveryLeaseMs === other.deliveryLeaseMs &&
    one.retentionMs === other.retentionMs &&
    one.attemptsMax === other.attemptsMax &&
    one.order === other.order &&
    one.ordered === other.ordered
  );
}
