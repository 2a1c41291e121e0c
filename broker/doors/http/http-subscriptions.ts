import type { Config } from '../../config/index.ts';
import type { Time } from '../../kernel/time.ts';
import type { LeaseTable } from '../../leases/index.ts';
import type { Mailboxes } from '../../mailboxes/mailboxes.ts';
import { type BrokerControl, ProtocolError } from '../../protocol/index.ts';
import type { Session } from '../../session/session.ts';
import type { Sessions } from '../../session/sessions.ts';
import type { FilterCache } from '../../subscribe/filter-cache.ts';
import { checkFitness } from '../../subscribe/fitness.ts';
import type { Subscription } from '../../subscribe/subscription.ts';
import type { Subscriptions } from '../../subscribe/subscriptions.ts';
import type { HttpSubscription } from './http-subscription.ts';
import { HttpProblem } from './problem.ts';
import { Readers } from './readers.ts';
import type { SubscriptionWish } from './schemas.ts';
import type { StoredSubscriptions } from './stored-subscriptions.ts';
import { subscribeRequest } from './subscription-terms.ts';

export interface HttpSubscriptionsMeans {
  readonly config: Config;
  readonly time: Time;
  readonly sessions: Sessions;
  readonly leases: LeaseTable;
  readonly subscriptions: Subscriptions;
  readonly mailboxes: Mailboxes;
  readonly filters: FilterCache;
  readonly stored: StoredSubscriptions;
  readonly offerRetained: (subscription: Subscription, isThere: () => boolean) => void;
  readonly draining: () => boolean;
}

const SWEEP_MS = 1_000;
/** What takes from a mailbox leaves it when nobody has asked for so long after its last lease must have ended. */
const IDLE_MS = 60_000;

const NAME = /^[^/:\p{Cc}]{1,128}$/u;

/**
 * Subscriptions of this door, each with a session of its own, so that whatever bounds and names sessions, bounds and names
 * them. The session is never without its connection; the clock of the subscription's lease runs while nobody reads, or that
 * of the mailbox while it rests.
 */
export class HttpSubscriptions {
  readonly #means: HttpSubscriptionsMeans;
  readonly #byName = new Map<string, HttpSubscription>();
  readonly #byOwner = new Map<string, HttpSubscription>();
  /** Those of an earlier run were lower, so that an ETag of then is none of now. */
  #versions: number;
  #stop: (() => void) | undefined;

  constructor(means: HttpSubscriptionsMeans) {
    this.#means = means;
    this.#versions = Math.floor(means.time.wallMs());
  }

  start(): void {
    this.#stop ??= this.#means.time.every(SWEEP_MS, () => this.#sweep());
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    for (const held of this.#byOwner.values()) held.sending?.stop();
  }

  /** Those with a name, in the order in which they were made. */
  named(): IterableIterator<HttpSubscription> {
    return this.#byName.values();
  }

  /** Undefined when there is none of this name, or it has ended. One that rests joins its mailbox, and throws as `make` does. */
  find(name: string): HttpSubscription | undefined {
    const held = this.#byName.get(name);
    if (held === undefined) return undefined;
    if (!this.#isAlive(held)) {
      this.#over(held);
      return undefined;
    }
    if (held.rests) this.#wake(held);
    return held;
  }

  /** Throws ProtocolError `subscription_unknown`. */
  get(name: string): HttpSubscription {
    const held = this.find(name);
    if (held !== undefined) return held;
    throw new ProtocolError('subscription_unknown', `there is no subscription ${name.slice(0, 128)}`);
  }

  /** The one whose lease this is. Undefined for one of another door. */
  ownerOf(leaseId: number): HttpSubscription | undefined {
    const owner = this.#means.leases.describe(leaseId)?.owner;
    return owner === undefined ? undefined : this.#byOwner.get(owner);
  }

  /**
   * Makes one; without a name it is found by nobody, and ended by whoever made it. Throws FilterError, HttpProblem, or
   * ProtocolError as `Subscriptions.add` and `Mailboxes.attach` do.
   */
  make(name: string | undefined, wish: SubscriptionWish): HttpSubscription {
    const { sessions, draining } = this.#means;
    if (draining()) throw new ProtocolError('broker_draining', 'the broker is shutting down');
    if (name !== undefined && !NAME.test(name)) {
      throw new HttpProblem('request_malformed', 'a subscription is named by 1 to 128 characters, none of them / or :');
    }
    const request = this.#requestOf(wish);
    let readers: Readers | undefined;
    const session: Session = sessions.open(`http ${name ?? 'stream'}`, {
      outbound: {
        control: (frame: BrokerControl) => {
          if (frame.kind !== 'ended') return;
          if (name !== undefined) this.#means.stored.forget(name);
          readers?.ended(frame.code, frame.message);
        },
      },
      giveUp: () => {},
    });
    try {
      const { subscription, created } = this.#subscribe(session, request);
      readers = new Readers({
        time: this.#means.time,
        occupied: (occupied) => this.#occupied(subscription, occupied),
      });
      const held: HttpSubscription = {
        name: name ?? '',
        wish,
        session,
        subscription,
        rests: false,
        readers,
        created,
        version: ++this.#versions,
        usedMs: this.#means.time.monotonicMs(),
        sending: undefined,
      };
      if (name !== undefined) this.#byName.set(name, held);
      this.#byOwner.set(session.id, held);
      this.#occupied(subscription, false);
      return held;
    } catch (error) {
      sessions.close(session);
      sessions.detach(session);
      throw error;
    }
  }

  /** Its events begin to flow to whoever reads. `retained`: after the last values of its topics. */
  serve({ subscription, readers, session }: HttpSubscription, { retained }: { readonly retained: boolean }): void {
    if (!session.subscriptions.has(subscription.id)) return;
    readers.serve(subscription.delivery);
    const isThere = (): boolean => session.subscriptions.get(subscription.id) === subscription;
    if (retained) this.#means.offerRetained(subscription, isThere);
  }

  /** It was changed: its ETag is another one. */
  changed(held: HttpSubscription): void {
    held.version = ++this.#versions;
  }

  /** Whoever reads is told, and what it has is given back. */
  end(held: HttpSubscription): void {
    const { sessions } = this.#means;
    if (!this.#byOwner.delete(held.session.id)) return;
    if (this.#byName.get(held.name) === held) this.#byName.delete(held.name);
    held.sending?.stop();
    held.readers.ended('subscription_unknown', 'the subscription was ended');
    sessions.close(held.session);
    sessions.detach(held.session);
  }

  /** Somebody has to do with it. */
  touch(held: HttpSubscription): void {
    held.usedMs = this.#means.time.monotonicMs();
  }

  #requestOf(wish: SubscriptionWish): ReturnType<typeof subscribeRequest> {
    const { config, filters } = this.#means;
    const request = subscribeRequest(wish, config, (when) => void filters.compile({ topic: '#', when }));
    checkFitness(request);
    return request;
  }

  #subscribe(session: Session, request: ReturnType<typeof subscribeRequest>) {
    const { subscriptions, mailboxes } = this.#means;
    const made =
      request.mailbox === undefined
        ? { subscription: subscriptions.add(session.id, request), created: false }
        : mailboxes.attach(session.id, request.mailbox, request);
    session.subscriptions.set(made.subscription.id, made.subscription);
    return made;
  }

  #occupied({ leaseId }: Subscription, occupied: boolean): void {
    if (leaseId === undefined) return;
    if (occupied) this.#means.leases.pause(leaseId);
    else this.#means.leases.resume(leaseId);
  }

  #isAlive({ session, subscription, rests, wish }: HttpSubscription): boolean {
    if (rests) return this.#means.mailboxes.has(wish.mailbox ?? '');
    return session.subscriptions.get(subscription.id) === subscription;
  }

  /** Its lease has ended, or the mailbox that it takes from. */
  #over(held: HttpSubscription): void {
    if (held.name !== '') this.#means.stored.forget(held.name);
    this.end(held);
  }

  /** The time of its mailbox may run. */
  #rest(held: HttpSubscription): void {
    const { session, subscription } = held;
    session.subscriptions.delete(subscription.id);
    subscription.keeper.remove(subscription);
    held.rests = true;
  }

  #wake(held: HttpSubscription): void {
    held.subscription = this.#subscribe(held.session, this.#requestOf(held.wish)).subscription;
    held.rests = false;
    this.touch(held);
    this.serve(held, { retained: false });
  }

  #sweep(): void {
    const nowMs = this.#means.time.monotonicMs();
    for (const held of this.#byOwner.values()) {
      const { readers, wish, subscription } = held;
      if (readers.isOccupied) held.usedMs = nowMs;
      const idleMs = subscription.terms.deliveryLeaseMs + IDLE_MS;
      const isIdle = wish.mailbox !== undefined && !held.rests && nowMs - held.usedMs > idleMs;
      if (!this.#isAlive(held)) this.#over(held);
      else if (isIdle && this.#means.stored.has(held.name)) this.#rest(held);
      else if (isIdle) this.end(held);
    }
  }
}
