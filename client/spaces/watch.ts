import { SPACE_TOPICS } from '../../broker/protocol/index.ts';
import type { Consumer, PullOptions } from '../consumer.ts';
import type { Gap } from '../drops.ts';
import type { ReceivedEvent } from '../event.ts';
import type { SignalOption } from '../feed.ts';
import type { Notice } from '../notice.ts';
import type { Reset } from '../registration.ts';
import type { Subscription } from '../subscription.ts';
import { fits, narrowing } from './fits.ts';
import { ANY, type Template, type Tuple, type TupleOf } from './tuple.ts';

export interface WatchOptions extends SignalOption {
  /** A predicate that has to be true besides: see `FitOptions`. */
  readonly when?: string | undefined;
}

/** A tuple as it came to be visible. It may have been taken since. */
export interface Seen<T> {
  readonly tuple: T;
  /** Of the tuple in its space. */
  readonly number: number;
}

/** Takes a tuple that was seen. Until a promise it returns settles, it counts as being worked on, and slows the broker. */
export type SeenCallback<T> = (seen: Seen<T>) => void | PromiseLike<void>;

/** What to subscribe to, in order to see the tuples that fit, and some more. */
export function watchFilter(
  space: string,
  template: Template,
  when: string | undefined,
): PullOptions & { topic: string } {
  const kind = template === ANY ? '+' : Array.isArray(template) ? String(template.length) : 'object';
  const narrow = narrowing(template);
  const both = when === undefined ? narrow : narrow === undefined ? when : `(${when}) AND ${narrow}`;
  return { topic: `${SPACE_TOPICS}/${space}/${kind}`, when: both };
}

/** The tuple that an event tells of, if it fits. */
export function seenIn<T extends Template>(event: ReceivedEvent, template: T): Seen<TupleOf<T>> | undefined {
  const tuple = event.json<Tuple>();
  if (!fits(template, tuple)) return undefined;
  return { tuple: tuple as TupleOf<T>, number: Number(event.attributes['tuple'] ?? 0) };
}

/**
 * Every tuple that comes to be visible and fits, once: when it is put, when a transaction with it commits, when a take is
 * undone. A sequence, unless a callback takes them; who is slow misses some, and is told so.
 */
export class Watch<T extends Template> implements AsyncIterable<Seen<TupleOf<T>>> {
  readonly #subscription: Subscription;
  readonly #template: T;

  /** Made by the library only. */
  constructor(subscription: Subscription, template: T) {
    this.#subscription = subscription;
    this.#template = template;
  }

  /** Tells of tuples that were missed. */
  onGap(listener: (gap: Gap) => void): () => void {
    return this.#subscription.onGap(listener);
  }

  /** Tells when a new connection has left a gap of unknown size. */
  onReset(listener: (reset: Reset) => void): () => void {
    return this.#subscription.onReset(listener);
  }

  /** The sequence, until `signal` fires or the watch is stopped. */
  async *seen({ signal }: SignalOption = {}): AsyncGenerator<Seen<TupleOf<T>>, void> {
    for await (const event of this.#subscription.items({ signal })) {
      const seen = seenIn(event, this.#template);
      if (seen !== undefined) yield seen;
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Seen<TupleOf<T>>, void> {
    return this.seen();
  }

  async stop(): Promise<void> {
    await this.#subscription.unsubscribe();
  }
}

/** "A tuple has come that may fit": it is read when it is wanted, and no sooner. */
export class TupleNotice<T extends Template> {
  readonly #notice: Notice;
  readonly #template: T;

  constructor(notice: Notice, template: T) {
    this.#notice = notice;
    this.#template = template;
  }

  /** Bytes of the tuple. */
  get size(): number {
    return this.#notice.size;
  }

  /**
   * The tuple as it came, whether or not it has been taken since; `undefined` where it does not fit. Rejects with
   * TellwhenError `event_gone` where it was kept for long enough.
   */
  async read(): Promise<Seen<TupleOf<T>> | undefined> {
    const event = await this.#notice.fetch();
    await event.ack();
    return seenIn(event, this.#template);
  }

  /** It is not wanted. */
  async dismiss(): Promise<void> {
    await this.#notice.dismiss();
  }
}

/** The same as `Watch` by notices: little is sent for what is not wanted. */
export class NoticeWatch<T extends Template> implements AsyncIterable<TupleNotice<T>> {
  readonly #consumer: Consumer;
  readonly #template: T;

  /** Made by the library only. */
  constructor(consumer: Consumer, template: T) {
    this.#consumer = consumer;
    this.#template = template;
  }

  /** The sequence, until `signal` fires or the watch is stopped. */
  async *notices({ signal }: SignalOption = {}): AsyncGenerator<TupleNotice<T>, void> {
    for await (const notice of this.#consumer.items({ signal })) yield new TupleNotice(notice, this.#template);
  }

  [Symbol.asyncIterator](): AsyncIterator<TupleNotice<T>, void> {
    return this.notices();
  }

  async stop(): Promise<void> {
    await this.#consumer.unsubscribe();
  }
}
