import type { Config } from '../../config/index.ts';
import type { Time } from '../../kernel/time.ts';
import type { Counters } from '../../observe/counters.ts';
import type { Log } from '../../observe/log.ts';
import { type SettlingMeans, settle } from '../../session/settling.ts';
import type { Batch, Journal } from '../../store/journal.ts';
import { textKey, textRange } from '../../store/keys.ts';
import type { HttpSubscription } from './http-subscription.ts';
import type { HttpSubscriptions } from './http-subscriptions.ts';
import { HttpProblem } from './problem.ts';
import { type SubscriptionWish, subscriptionWish } from './schemas.ts';
import type { Post } from './webhooks/post.ts';
import { Webhook } from './webhooks/webhook.ts';

export interface SinksMeans extends SettlingMeans {
  readonly config: Config;
  readonly counters: Counters;
  readonly time: Time;
  readonly journal: Journal;
  readonly log: Log;
  readonly post: Post;
  readonly subscriptions: HttpSubscriptions;
}

/** An answer is awaited for less than half of the lease, so that it is still there to be settled. */
const LEASES_A_TIMEOUT = 2;

/**
 * Subscriptions whose events are sent to a URL. They take from a mailbox, of their own name if they name none, so that
 * nothing is lost while the URL is down; and they are stored, so that they go on after a restart.
 */
export class Sinks {
  readonly #means: SinksMeans;
  /** What has to be written; undefined: deleted. */
  #changed = new Map<string, SubscriptionWish | undefined>();
  readonly #kept = new Set<string>();

  constructor(means: SinksMeans) {
    this.#means = means;
    means.journal.addWriter((batch) => this.#write(batch));
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
    const { time, post, config, subscriptions, log, counters } = this.#means;
    const webhook = new Webhook({
      time,
      post,
      url: new URL(sink),
      concurrency,
      restMsMax: config.deliveryLeaseMsTotalMax,
      settle: (settlement, { id, token }, ms) => {
        settle({ settlement, ms, id, token, principal: held.session.id }, this.#means);
      },
      wantsAgain: () => held.readers.pump(),
      gone: () => {
        log.warn('a sink says that it is gone; its subscription ends', { subscription: held.name });
        this.forget(held.name);
        subscriptions.end(held);
      },
      count: (outcome) => {
        counters.sinkPosts[outcome] += 1;
      },
    });
    held.stopSending = () => webhook.stop();
    held.readers.add(webhook);
  }

  /** What was asked for is stored, if it has a sink; what was stored of this name before is not any more. */
  keep(name: string, wish: SubscriptionWish): void {
    if (wish.sink === undefined) {
      this.forget(name);
      return;
    }
    this.#kept.add(name);
    this.#changed.set(name, wish);
    this.#means.journal.touch();
  }

  forget(name: string): void {
    if (!this.#kept.delete(name)) return;
    this.#changed.set(name, undefined);
    this.#means.journal.touch();
  }

  /** Goes on with those that are stored. One that cannot be had any more is logged, and stays stored. */
  restore(): void {
    const { store } = this.#means.journal;
    let after: Uint8Array | undefined;
    for (;;) {
      const records = store.range({ ...textRange('h', after), limit: 1_000 });
      for (const { key, value } of records) {
        after = key;
        this.#restoreOne(new TextDecoder().decode(key.subarray(1)), value);
      }
      if (records.length < 1_000) return;
    }
  }

  #restoreOne(name: string, value: Uint8Array): void {
    const { subscriptions, log } = this.#means;
    this.#kept.add(name);
    try {
      const wish = subscriptionWish.parse(JSON.parse(new TextDecoder().decode(value)));
      const held = subscriptions.make(name, this.check(name, wish));
      subscriptions.serve(held, { retained: false });
      this.begin(held);
    } catch (error) {
      log.error('a subscription with a sink could not be restored', { subscription: name, error });
    }
  }

  #write(batch: Batch): void {
    const changed = this.#changed;
    this.#changed = new Map();
    for (const [name, wish] of changed) {
      const key = textKey('h', name);
      if (wish === undefined) batch.delete(key);
      else batch.put(key, new TextEncoder().encode(JSON.stringify(wish)));
    }
  }
}
