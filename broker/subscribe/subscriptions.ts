import type { Admission, CompiledFilter, Filter, Matcher, Matches } from '../../matcher/index.ts';
import type { Config } from '../config/index.ts';
import { AcknowledgedPush } from '../delivery/acknowledged-push.ts';
import type { Delivery, DeliveryTerms } from '../delivery/delivery.ts';
import type { HeldEvents } from '../delivery/held-events.ts';
import { Pull } from '../delivery/pull.ts';
import { Push } from '../delivery/push.ts';
import type { Wakeups } from '../delivery/wakeups.ts';
import { granted, type LeaseGrant, type LeaseTable } from '../leases/index.ts';
import type { Counters } from '../observe/counters.ts';
import { type ClientControl, type ControlOf, ProtocolError } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { FilterCache } from './filter-cache.ts';
import { Ids } from './ids.ts';
import { Subscription } from './subscription.ts';
import { deliveryTerms } from './terms.ts';

export interface SubscriptionsMeans {
  readonly config: Config;
  readonly matcher: Matcher;
  readonly filters: FilterCache;
  readonly leases: LeaseTable;
  readonly held: HeldEvents;
  readonly wakeups: Wakeups;
  readonly counters: Counters;
  /** The last seq given to an event. */
  readonly lastSeq: () => number;
  /** A subscription ended by its lease. */
  readonly expired: (subscription: Subscription) => void;
}

/**
 * Every subscription of the broker. Each change happens between two events: the returned `seq` is the last one that
 * came before it.
 */
export class Subscriptions {
  readonly #means: SubscriptionsMeans;
  readonly #byId: (Subscription | undefined)[] = [];
  readonly #ids = new Ids();
  #count = 0;

  constructor(means: SubscriptionsMeans) {
    this.#means = means;
  }

  get count(): number {
    return this.#count;
  }

  get(id: number): Subscription | undefined {
    return this.#byId[id];
  }

  /** Throws FilterError, or ProtocolError `subscription_limit`, `lease_limit` or what `deliveryTerms` throws. */
  add(owner: string, request: ControlOf<ClientControl, 'subscribe'>): Subscription {
    const { config, filters, counters, lastSeq } = this.#means;
    const terms = deliveryTerms(request, config);
    const filter = filters.compile(filterOf(request.topic, request.when));
    if (this.#count >= config.subscriptionsMax) {
      throw new ProtocolError('subscription_limit', `the broker holds ${this.#count} subscriptions, as many as it may`);
    }
    const id = this.#ids.take();
    const { cost } = this.#admit(id, filter);
    const delivery = this.#delivery(id, owner, terms);
    const expired = (lapsed: Subscription): void => {
      this.#freeLease(lapsed);
      this.#remove(lapsed);
      this.#means.expired(lapsed);
    };
    const subscription = new Subscription({ id, owner, filter, cost, terms, delivery, sinceSeq: lastSeq(), expired });
    this.#byId[id] = subscription;
    this.#count += 1;
    counters[terms.mode === 'pull' ? 'subscriptionsPull' : 'subscriptionsPush'] += 1;
    if (request.leaseMs !== undefined) this.#grantLease(subscription, request.leaseMs);
    return subscription;
  }

  /** Puts another predicate on it, and answers from which seq on. What is on its way stays so. Throws FilterError. */
  replace(subscription: Subscription, when: string | null): number {
    const { matcher, filters, lastSeq } = this.#means;
    const filter = filters.compile(filterOf(subscription.filter.topic, when ?? undefined));
    subscription.cost = matcher.replace(subscription.id, filter).cost;
    const seq = lastSeq();
    subscription.replaceFilter(filter, seq);
    return seq;
  }

  /** Sets a new time on its lease, from now, or from when its owner's connection ends. Throws ProtocolError. */
  renew(subscription: Subscription, leaseMs: number): LeaseGrant {
    const { leases } = this.#means;
    const current = subscription.leaseId === undefined ? undefined : leases.current(subscription.leaseId);
    if (current === undefined) {
      throw new ProtocolError('subscription_mode', 'this subscription has no lease: it ends with its connection');
    }
    return granted(leases.extend({ ...current, principal: subscription.owner }, leaseMs));
  }

  /** How long it will outlive its owner's connection. `undefined`: not at all. */
  leaseMs({ leaseId }: Subscription): number | undefined {
    return leaseId === undefined ? undefined : this.#means.leases.remainingMs(leaseId);
  }

  /** Ends it: nothing matches it any more, what waits is dropped. Answers the last seq that could match. */
  remove(subscription: Subscription): number {
    if (subscription.leaseId !== undefined) {
      this.#means.leases.end(subscription.leaseId, 'owner-closed');
      this.#freeLease(subscription);
    }
    this.#remove(subscription);
    return this.#means.lastSeq();
  }

  /** Passes an event on to those it matched, as the matcher found them. */
  deliver(event: PublishedEvent, { ids, count }: Matches): void {
    for (let i = 0; i < count; i++) this.#byId[ids[i] as number]?.delivery.offer(event);
  }

  /** Throws FilterError `residual_limit`. */
  #admit(id: number, filter: CompiledFilter): Admission {
    try {
      return this.#means.matcher.add(id, filter);
    } catch (error) {
      this.#ids.free(id);
      throw error;
    }
  }

  #delivery(id: number, owner: string, terms: DeliveryTerms): Delivery {
    const { config, leases, held, wakeups, counters } = this.#means;
    const creditMax = { events: config.creditEventsMax, bytes: config.creditBytesMax };
    if (terms.ack === 'none') return new Push(id, terms, { held, counters, creditMax });
    const means = { leases, held, wakeups, counters, creditMax };
    const recipient = { subscription: id, owner };
    return terms.mode === 'pull' ? new Pull(recipient, terms, means) : new AcknowledgedPush(recipient, terms, means);
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
    const { matcher, counters } = this.#means;
    matcher.remove(subscription.id);
    subscription.delivery.end();
    this.#byId[subscription.id] = undefined;
    this.#ids.free(subscription.id);
    this.#count -= 1;
    counters[subscription.terms.mode === 'pull' ? 'subscriptionsPull' : 'subscriptionsPush'] -= 1;
  }
}

function filterOf(topic: string, when: string | undefined): Filter {
  return when === undefined ? { topic } : { topic, when };
}
