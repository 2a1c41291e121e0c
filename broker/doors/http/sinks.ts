import type { Config } from '../../config/index.ts';
import type { Time } from '../../kernel/time.ts';
import type { Counters } from '../../observe/counters.ts';
import type { Log } from '../../observe/log.ts';
import { type SettlingMeans, settle } from '../../session/settling.ts';
import type { HttpSubscription } from './http-subscription.ts';
import type { HttpSubscriptions } from './http-subscriptions.ts';
import { HttpProblem } from './problem.ts';
import type { SubscriptionWish } from './schemas.ts';
import type { StoredSubscriptions } from './stored-subscriptions.ts';
import type { Post } from './webhooks/post.ts';
import { Webhook } from './webhooks/webhook.ts';

export interface SinksMeans extends SettlingMeans {
  readonly config: Config;
  readonly counters: Counters;
  readonly time: Time;
  readonly log: Log;
  readonly post: Post;
  readonly subscriptions: HttpSubscriptions;
  readonly stored: StoredSubscriptions;
}

/** An answer is awaited for less than half of the lease, so that it is still there to be settled. */
const LEASES_A_TIMEOUT = 2;

/**
 * Subscriptions whose events are sent to a URL. They take from a mailbox, of their own name if they name none, so that
 * nothing is lost while the URL is down; so they are stored, and go on after a restart.
 */
export class Sinks {
  readonly #means: SinksMeans;

  constructor(means: SinksMeans) {
    this.#means = means;
  }

  /** The wish with what a sink needs filled in. Throws HttpProblem where the URL is refused, or the wish contradicts itself. */
  check(name: string, wish: SubscriptionWish): SubscriptionWish {
    if (wish.sink === undefined) return wish;
    const refusal = this.#means.post.refusal(new URL(wish.sink));
    if (refusal !== undefined) throw new HttpProblem('sink_refused', refusal);
    if (wish.mode === 'pull' || wish.ack === 'none') {
      throw new HttpProblem('request_malformed', 'body: events are pushed to a sink, and acknowledged by its answer');
    }
    const { webhookTimeoutMs, deliveryLeaseMsMin, deliveryLeaseMsMax } = this.#means.config;
    const leaseMs = Math.max(deliveryLeaseMsMin, LEASES_A_TIMEOUT * webhookTimeoutMs);
    return {
      ...wish,
      mailbox: wish.mailbox ?? name,
      deliveryLeaseMs: wish.deliveryLeaseMs ?? Math.min(leaseMs, deliveryLeaseMsMax),
    };
  }

  /** Events begin to be sent. Nothing happens for a subscription without a sink. */
  begin(held: HttpSubscription): void {
    const { sink, concurrency = 1 } = held.wish;
    if (sink === undefined) return;
    const { time, post, config, subscriptions, stored, log, counters } = this.#means;
    const terms = {
      origin: config.webhookOrigin,
      askedPerMinute: config.webhookAskedPerMinute,
      unaskedPerMinute: config.webhookUnaskedPerMinuteMax,
    };
    const webhook = new Webhook({
      time,
      post,
      url: new URL(sink),
      concurrency,
      consent: terms,
      consented: ({ given, perMinute }) => {
        if (given) log.info('a sink takes events', { subscription: held.name, perMinute });
        else
          log.warn('a sink has not said that it takes events; it is sent few', { subscription: held.name, perMinute });
      },
      restMsMax: config.deliveryLeaseMsTotalMax,
      settle: (settlement, { id, token }, ms) => {
        settle({ settlement, ms, id, token, principal: held.session.id }, this.#means);
      },
      wantsAgain: () => held.readers.pump(),
      gone: () => {
        log.warn('a sink says that it is gone; its subscription ends', { subscription: held.name });
        stored.forget(held.name);
        subscriptions.end(held);
      },
      count: (outcome) => {
        counters.sinkPosts[outcome] += 1;
      },
    });
    held.sending = webhook;
    held.readers.add(webhook);
    webhook.start();
  }
}
