import type { Matcher, Matches } from '../../matcher/index.ts';
import type { Config } from '../config/index.ts';
import type { Time } from '../kernel/time.ts';
import type { Counters } from '../observe/counters.ts';
import type { DurationHistogram } from '../observe/histogram.ts';
import { type Body, ProtocolError, type Receipt } from '../protocol/index.ts';
import { PublishedEvent } from './event.ts';
import type { JsonLimits } from './json.ts';
import type { TokenBucket } from './rate.ts';
import type { RecentEvents } from './recent.ts';

/** Who publishes: a connection, with its own rate. */
export interface Publisher {
  readonly rate: TokenBucket;
}

export interface PublishMeans {
  readonly config: Config;
  readonly time: Time;
  readonly matcher: Matcher;
  readonly recent: RecentEvents;
  readonly counters: Counters;
  readonly matchSeconds: DurationHistogram;
  /** Hands a matched event on. Must not publish in turn before it returns. */
  readonly deliver: (event: PublishedEvent, matches: Matches) => void;
}

/**
 * The way of an event through the broker. It has no `await`: from its seq to its delivery nothing else happens, and that
 * is what keeps the order of each publisher, and of all of them, the same for every subscriber.
 */
export class Publish {
  readonly #means: PublishMeans;
  readonly #jsonLimits: JsonLimits;
  #seq = 0;

  constructor(means: PublishMeans) {
    this.#means = means;
    this.#jsonLimits = { depthMax: means.config.jsonDepthMax, keysMax: means.config.jsonKeysMax };
  }

  /** The last seq given to an event. */
  get lastSeq(): number {
    return this.#seq;
  }

  /**
   * Takes one event. `topic` is checked already; `body` is a view that may die when this returns. Throws
   * ProtocolError `event_too_large` or `rate_limited`, and then nothing happened.
   */
  publish(publisher: Publisher, topic: string, body: Body): Receipt {
    this.#admit(publisher, body);
    const event = this.#sequence(topic, body);
    this.#means.recent.remember(event);
    const matches = this.#match(event);
    this.#means.deliver(event, matches);
    return this.#answer(event, matches.count);
  }

  #admit(publisher: Publisher, body: Body): void {
    const { config, time } = this.#means;
    if (body.bytes.length > config.eventBytesMax) {
      throw new ProtocolError('event_too_large', `${body.bytes.length} bytes; at most ${config.eventBytesMax}`);
    }
    if (config.publishPerSecondMax > 0 && !publisher.rate.take(time.monotonicMs())) {
      throw new ProtocolError('rate_limited', `over ${config.publishPerSecondMax} events a second on one connection`);
    }
  }

  #sequence(topic: string, body: Body): PublishedEvent {
    const { time } = this.#means;
    this.#seq += 1;
    const place = { seq: this.#seq, topic, time: body.time ?? time.wallMs(), arrivedMs: time.monotonicMs() };
    return new PublishedEvent(place, body, this.#jsonLimits);
  }

  #match(event: PublishedEvent): Matches {
    const { time, matcher, matchSeconds } = this.#means;
    const matches = matcher.match(event);
    matchSeconds.record(time.monotonicMs() - event.arrivedMs);
    return matches;
  }

  #answer(event: PublishedEvent, matched: number): Receipt {
    const { counters } = this.#means;
    counters.published += 1;
    if (matched > 0) counters.matched += 1;
    else counters.unmatched += 1;
    if (event.fault !== undefined) counters.unreadable[event.fault] += 1;
    return { seq: event.seq, matched, durable: false, unreadable: event.fault !== undefined };
  }
}
