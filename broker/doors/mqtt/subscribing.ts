import type { Config } from '../../config/index.ts';
import type { DeliveryTerms } from '../../delivery/delivery.ts';
import type { MailboxTerms } from '../../mailboxes/mailbox-terms.ts';
import type { Mailboxes } from '../../mailboxes/mailboxes.ts';
import { ProtocolError } from '../../protocol/index.ts';
import { checkRedelivery } from '../../subscribe/fitness.ts';
import { filterOf } from '../../subscribe/registrations.ts';
import type { Subscription } from '../../subscribe/subscription.ts';
import type { Subscriptions } from '../../subscribe/subscriptions.ts';
import type { WantedFilter } from './filters.ts';
import type { MqttSession } from './session.ts';
import { MqttSubscription, type SubscriptionOptions } from './subscription.ts';

export interface SubscribingMeans {
  readonly config: Config;
  readonly subscriptions: Subscriptions;
  readonly mailboxes: Mailboxes;
  /** Offers the last values of the topics that a subscription matches. */
  readonly offerRetained: (subscription: MqttSubscription, live: Subscription) => void;
  /** A mailbox could not be ended, because something long is done for it. */
  readonly endLater: (mailbox: string) => void;
}

export interface Asked {
  readonly filter: string;
  readonly wanted: WantedFilter;
  readonly options: SubscriptionOptions;
  readonly retainHandling: number;
}

/** Sessions that share a subscription compete for what one mailbox has. */
interface Share {
  readonly mailbox: string;
  members: number;
}

const PREFIX = '$mqtt';
const SHARE_PREFIX = '$share';
const SHOWN_CHARACTERS = 64;

/**
 * How the subscriptions of MQTT are subscriptions of the broker:
 *
 *     QoS 0, or a session that ends with its connection    push without acknowledgement
 *     QoS 1 or 2 of a session that lasts                    a mailbox of its own, whose only consumer is the session
 *     shared                                                one mailbox for all who share it, which compete for its events
 */
export class Subscribing {
  readonly #means: SubscribingMeans;
  readonly #pushTerms: DeliveryTerms;
  readonly #consumerTerms: DeliveryTerms;
  /** By name of the share and filter. */
  readonly #shares = new Map<string, Share>();
  #nextShare = 1;

  constructor(means: SubscribingMeans) {
    this.#means = means;
    const { config } = means;
    const shared = {
      mode: 'push' as const,
      // The receive maximum bounds what is under way, and the connection what is unsent.
      credit: { events: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY },
      queueEvents: config.queueEventsDefault,
      queueBytes: config.queueBytesDefault,
      overflow: 'drop-oldest' as const,
      deliveryLeaseMs: config.deliveryLeaseMsMax,
      retentionMs: config.retentionMsDefault,
      attemptsMax: config.attemptsMaxDefault,
    };
    this.#pushTerms = { ...shared, ack: 'none' };
    this.#consumerTerms = { ...shared, ack: 'explicit' };
  }

  /**
   * Makes a subscription, or changes the one of the same topic filter [MQTT-3.8.4-3]. Throws FilterError or ProtocolError, and
   * then nothing is changed.
   */
  subscribe(session: MqttSession, { filter, wanted, options, retainHandling }: Asked): void {
    const { config } = this.#means;
    const former = session.subscriptions.get(filter);
    if (former === undefined && session.subscriptions.size >= config.subscriptionsPerSessionMax) {
      const max = config.subscriptionsPerSessionMax;
      throw new ProtocolError('subscription_limit', `a session has at most ${max} subscriptions`);
    }
    if (former !== undefined && isLike(former, session, wanted, options)) {
      former.options = options;
      this.#offer(former, retainHandling === 0);
      return;
    }
    const mailbox = this.#mailboxFor(session, wanted, options);
    const made = new MqttSubscription(session, {
      number: session.nextSubscription,
      filter,
      wanted,
      options,
      mailbox,
    });
    this.#orUndo(made, () => this.goLive(session, made));
    session.nextSubscription += 1;
    session.subscriptions.set(filter, made);
    if (former !== undefined) this.#drop(former);
    this.#offer(made, retainHandling === 0 || (retainHandling === 1 && former === undefined));
  }

  /** False: there was none. */
  unsubscribe(session: MqttSession, filter: string): boolean {
    const subscription = session.subscriptions.get(filter);
    if (subscription === undefined) return false;
    session.subscriptions.delete(filter);
    this.#drop(subscription);
    return true;
  }

  /** The session has a connection. Throws FilterError or ProtocolError. */
  goLive(session: MqttSession, subscription: MqttSubscription): void {
    const { subscriptions, mailboxes } = this.#means;
    const { mailbox, wanted } = subscription;
    const live =
      mailbox === undefined
        ? subscriptions.open(session.owner, filterOf(wanted.topic, wanted.when), this.#pushTermsOf(wanted))
        : mailboxes.join(session.owner, mailbox, this.#consumerTerms);
    subscription.live = live;
    live.delivery.attach(subscription);
  }

  /** The session has none any more. */
  rest(subscription: MqttSubscription): void {
    const { live } = subscription;
    subscription.live = undefined;
    live?.keeper.remove(live);
  }

  /** One that the store had. */
  restored(session: MqttSession, subscription: MqttSubscription): void {
    session.subscriptions.set(subscription.filter, subscription);
    const { share } = subscription.wanted;
    if (share === undefined || subscription.mailbox === undefined) return;
    const key = shareKey(subscription.wanted);
    const known = this.#shares.get(key);
    if (known !== undefined) known.members += 1;
    else this.#shares.set(key, { mailbox: subscription.mailbox, members: 1 });
    const number = Number(subscription.mailbox.split('.')[1]);
    if (number >= this.#nextShare) this.#nextShare = number + 1;
  }

  /** All are over. */
  endAll(session: MqttSession): void {
    for (const subscription of session.subscriptions.values()) this.#drop(subscription);
    session.subscriptions.clear();
  }

  /** After all sessions were restored: mailboxes that no session has any more. */
  endOrphans(isUsed: (mailbox: string) => boolean): void {
    for (const { record } of [...this.#means.mailboxes.all()]) {
      const { name } = record.terms;
      const ours = name.startsWith(`${PREFIX}.`) || name.startsWith(`${SHARE_PREFIX}.`);
      if (ours && !isUsed(name)) this.endMailbox(name);
    }
  }

  #offer(subscription: MqttSubscription, wanted: boolean): void {
    // [MQTT-4.8.2] has none for shared ones.
    if (!wanted || subscription.live === undefined || subscription.wanted.share !== undefined) return;
    this.#means.offerRetained(subscription, subscription.live);
  }

  #mailboxFor(session: MqttSession, wanted: WantedFilter, { qos }: SubscriptionOptions): string | undefined {
    if (wanted.share !== undefined) return this.#share(wanted);
    if (qos === 0 || !session.lasts) {
      if (wanted.ordered !== true) return undefined;
      throw new ProtocolError(
        'order_unsupported',
        'ordered waits for acknowledgements: of QoS 1 or 2 in a session that lasts, or of a shared subscription',
      );
    }
    const name = `${PREFIX}.${session.number}.${session.nextSubscription}.${shown(session.clientId)}`;
    this.#provide(name, wanted);
    return name;
  }

  #share(wanted: WantedFilter): string {
    const key = shareKey(wanted);
    const known = this.#shares.get(key);
    if (known !== undefined) {
      known.members += 1;
      return known.mailbox;
    }
    const mailbox = `${SHARE_PREFIX}.${this.#nextShare}.${shown(wanted.share ?? '')}`;
    this.#provide(mailbox, wanted);
    this.#nextShare += 1;
    this.#shares.set(key, { mailbox, members: 1 });
    return mailbox;
  }

  #pushTermsOf({ order }: WantedFilter): DeliveryTerms {
    return order === undefined ? this.#pushTerms : { ...this.#pushTerms, order };
  }

  #provide(name: string, { topic, when, order, ordered }: WantedFilter): void {
    const { config, mailboxes } = this.#means;
    checkRedelivery({ order, ordered });
    const terms: MailboxTerms = {
      name,
      events: config.mailboxEventsDefault,
      bytes: config.mailboxBytesDefault,
      ageMs: config.mailboxAgeMsDefault,
      keepMs: 0,
      // A client that does not come back harms itself only.
      overflow: 'drop-oldest',
      atEnd: 'drop',
      // MQTT gives nothing up: what the client did not acknowledge it is sent again whenever it comes back.
      attemptsMax: Number.MAX_SAFE_INTEGER,
      leaseMs: config.subscriptionLeaseMsMax,
      ...(order !== undefined && { order }),
      ...(ordered === true && { ordered }),
    };
    mailboxes.provide(filterOf(topic, when), terms);
  }

  #drop(subscription: MqttSubscription): void {
    this.rest(subscription);
    const { mailbox, wanted } = subscription;
    if (mailbox === undefined) return;
    if (wanted.share !== undefined) {
      const key = shareKey(wanted);
      const share = this.#shares.get(key);
      if (share === undefined || share.mailbox !== mailbox) return;
      share.members -= 1;
      if (share.members > 0) return;
      this.#shares.delete(key);
    }
    this.endMailbox(mailbox);
  }

  endMailbox(mailbox: string): void {
    try {
      this.#means.mailboxes.end(mailbox);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // One that was removed by hand is unknown, and that is as good.
      if (error.code === 'mailbox_busy') this.#means.endLater(mailbox);
    }
  }

  #orUndo(subscription: MqttSubscription, then: () => void): void {
    try {
      then();
    } catch (error) {
      this.#drop(subscription);
      throw error;
    }
  }
}

/** Whether a subscription can take these options without another delivery: not a message is lost or repeated by that. */
function isLike(
  { wanted: { share, topic, when, order, ordered }, mailbox }: MqttSubscription,
  session: MqttSession,
  wanted: WantedFilter,
  { qos }: SubscriptionOptions,
): boolean {
  if (share !== wanted.share || topic !== wanted.topic || when !== wanted.when) return false;
  if (order !== wanted.order || ordered !== wanted.ordered) return false;
  return share !== undefined || (mailbox !== undefined) === (qos > 0 && session.lasts);
}

function shareKey({ share, topic, when, order, ordered }: WantedFilter): string {
  return `${share}/${topic}\u0000${when ?? ''}\u0000${order ?? ''}\u0000${ordered ?? ''}`;
}

/** As much of a text as may stand in the name of a mailbox. */
function shown(text: string): string {
  return text.replace(/[^\w.:@-]/g, '_').slice(0, SHOWN_CHARACTERS);
}
