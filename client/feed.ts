import type { DropReason } from '../broker/protocol/index.ts';
import type { Gap } from './drops.ts';
import { Items } from './items.ts';
import type { Cost, MailboxJoined, Registration, Reset } from './registration.ts';
import type { Registry } from './registry.ts';

export interface SignalOption {
  readonly signal?: AbortSignal | undefined;
}

/**
 * What subscriptions and consumers have in common: an asynchronous sequence that stays the same object across
 * connections, and the verbs to change and end it.
 *
 * The sequence ends when it is unsubscribed or the client closes, and throws when the client fails. Leaving a loop with
 * `break` does not unsubscribe: what arrives waits, bounded by the credit, for the next loop. Several loops may run at
 * once; each item goes to one of them.
 */
export class Feed<T> implements AsyncIterable<T> {
  readonly #registration: Registration<T>;
  readonly #registry: Registry;

  constructor(registration: Registration<T>, registry: Registry) {
    this.#registration = registration;
    this.#registry = registry;
  }

  /** The broker's number for it, which changes when it has to be subscribed again. */
  get id(): number {
    return this.#registration.id;
  }

  get topic(): string {
    return this.#registration.topic;
  }

  /**
   * The mailbox that events are taken from, as it was when that began, or began again. `created`: it was made by this;
   * `entries`: what waited in it.
   */
  get mailbox(): MailboxJoined | undefined {
    return this.#registration.mailbox;
  }

  /** The predicate, as the broker has it now, as far as is known: of a mailbox, another consumer may have changed it. */
  get when(): string | undefined {
    return this.#registration.when;
  }

  /** Position of the event from which the present filter holds: the first that can match is the next. */
  get seq(): number {
    return this.#registration.seq;
  }

  /** What the filter costs the broker. */
  get cost(): Cost {
    return this.#registration.cost;
  }

  /** Items that have arrived and wait to be taken. */
  get pending(): number {
    return this.#registration.stream.length;
  }

  /** How many events that matched were not delivered, by reason. */
  get dropped(): Readonly<Partial<Record<DropReason, number>>> {
    return { ...this.#registration.drops.counts };
  }

  /** Tells of each gap as the broker tells of it, which may be before the items around it are taken. */
  onGap(listener: (gap: Gap) => void): () => void {
    return this.#registration.gaps.add(listener);
  }

  /** Tells when a new connection has left a gap of unknown size. Never told where the broker delivers again. */
  onReset(listener: (reset: Reset) => void): () => void {
    return this.#registration.resets.add(listener);
  }

  /**
   * Puts another predicate on it (`null`: none), with no event lost or seen twice in between. Resolves with the position
   * from which it holds. When the answer is lost with the connection, it is asked again on the next; when it is given up
   * (`aborted`, `timeout`), the former predicate is put back. Rejects with TellwhenError: a predicate code with `offset`
   * and `caret`; `connection_lost` when not connected, or when the broker had to make the subscription anew.
   */
  async replace({ when, signal }: { readonly when: string | null } & SignalOption): Promise<number> {
    return await this.#registry.replace(this.#registration, when, signal);
  }

  /** Sets how long it outlives the connection. Resolves with what remains. */
  async renew({ leaseMs, signal }: { readonly leaseMs: number } & SignalOption): Promise<number> {
    return await this.#registry.renew(this.#registration, leaseMs, signal);
  }

  /**
   * Ends it at once: what has arrived and was not taken is discarded. A mailbox stays, for others and for later.
   * Idempotent.
   */
  async unsubscribe(): Promise<void> {
    await this.#registry.unsubscribe(this.#registration);
  }

  /**
   * The sequence, until `signal` fires: then it is done, as by a `break`, also for a loop that waits.
   *
   *     for await (const event of subscription.items({ signal: AbortSignal.timeout(5_000) })) …
   */
  items({ signal }: SignalOption = {}): AsyncIterableIterator<T, undefined> {
    return new Items(this.#registration, signal);
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return this.items();
  }
}
