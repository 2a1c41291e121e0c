import type { Body, Delivery } from '../broker/protocol/index.ts';
import { ReceivedEvent } from './event.ts';
import { HeldLease, NEVER_FIRES } from './lease.ts';
import { type Arrival, Registration, type RegistrationMeans, type SubscribeFrame } from './registration.ts';
import { isThenable } from './thenable.ts';
import type { ClientTime } from './time.ts';
import type { Work } from './work.ts';

export interface EventContext {
  /** Fires when the lease of the event is lost: another may be given it. Never with `ack: 'none'`. */
  readonly signal: AbortSignal;
}

/**
 * Takes an event. Until the returned promise settles the event counts as being worked on: its lease is renewed, its
 * credit is not given back. When it throws, an event under a lease is released.
 */
export type EventCallback = (event: ReceivedEvent, context: EventContext) => void | PromiseLike<void>;

export interface PushMeans extends RegistrationMeans {
  readonly time: ClientTime;
  readonly work: Work;
}

/** Events are pushed, and go to the callback, or wait to be taken. */
export class PushRegistration extends Registration<ReceivedEvent> {
  readonly #callback: EventCallback | undefined;
  readonly #push: PushMeans;

  constructor(ask: SubscribeFrame, means: PushMeans, callback: EventCallback | undefined) {
    super(ask, means);
    this.#push = means;
    this.#callback = callback;
  }

  override event(topic: string, delivery: Delivery, body: Body): void {
    const { binding } = this;
    if (binding === undefined) return;
    const { settler, time } = this.#push;
    const origin = { kind: 'delivery', fromMs: time.nowMs(), ttlMs: this.deliveryLeaseMs } as const;
    const lease = delivery.lease === undefined ? undefined : new HeldLease(delivery.lease, origin);
    const item = new ReceivedEvent(topic, delivery, body, lease === undefined ? undefined : { lease, settler });
    this.arrive({ item, seq: delivery.seq, creditBytes: body.bytes.length, lease, binding });
  }

  protected override enqueue(arrival: Arrival<ReceivedEvent>): void {
    if (this.#callback === undefined) super.enqueue(arrival);
    else this.#call(this.#callback, arrival);
  }

  /** A callback without a promise is the fast path: nothing is made for it. */
  #call(callback: EventCallback, arrival: Arrival<ReceivedEvent>): void {
    const { item, lease } = arrival;
    let working: void | PromiseLike<void>;
    try {
      working = callback(item, lease ?? NO_LEASE);
    } catch (error) {
      this.#failed(arrival, error);
      return;
    }
    if (isThenable(working)) this.#push.work.track(this.#finish(working, arrival));
    else this.taken(arrival);
  }

  async #finish(working: PromiseLike<void>, arrival: Arrival<ReceivedEvent>): Promise<void> {
    try {
      await working;
      this.taken(arrival);
    } catch (error) {
      this.#failed(arrival, error);
    }
  }

  #failed(arrival: Arrival<ReceivedEvent>, error: unknown): void {
    this.taken(arrival);
    const { lease } = arrival;
    // The broker redelivers by its own clock if the release does not arrive.
    if (lease?.state === 'held') this.#push.settler.release(lease, 0).catch(() => {});
    this.#push.report(error);
  }
}

const NO_LEASE: EventContext = { signal: NEVER_FIRES };
