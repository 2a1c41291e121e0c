import type { Body, BodyRun, Delivery, FirstOfRun, Provenance } from '../broker/protocol/index.ts';
import { eventOf, type Origin, ReceivedEvent } from './event.ts';
import { HeldLease, NEVER_FIRES } from './lease.ts';
import {
  type Arrival,
  type Binding,
  Registration,
  type RegistrationMeans,
  type SubscribeFrame,
} from './registration.ts';
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

  override events(topic: string, { seq, time }: FirstOfRun, run: BodyRun, provenance: Provenance | undefined): void {
    const { binding } = this;
    if (binding === undefined) return;
    const { bytes, starts, count } = run;
    const origin = { topic, bytes, seq, time, attempt: 0, retained: false, inHand: undefined, provenance };
    if (this.#callback !== undefined) {
      this.#callForAll(this.#callback, origin, run, binding);
      return;
    }
    for (let i = 0; i < count; i++) {
      const start = starts[i] as number;
      const end = starts[i + 1] as number;
      const item = new ReceivedEvent(origin, i, start, end);
      this.arrive({ item, seq: seq + i, creditBytes: end - start, lease: undefined, binding });
    }
  }

  override event(topic: string, delivery: Delivery, body: Body, provenance: Provenance | undefined): void {
    const { binding } = this;
    if (binding === undefined) return;
    const { settler, time } = this.#push;
    const origin = { kind: 'delivery', fromMs: time.nowMs(), ttlMs: this.deliveryLeaseMs } as const;
    const lease = delivery.lease === undefined ? undefined : new HeldLease(delivery.lease, origin);
    const inHand = lease === undefined ? undefined : { lease, settler };
    const item = eventOf(topic, delivery, body, { inHand, provenance });
    this.arrive({ item, seq: delivery.seq, creditBytes: body.bytes.length, lease, binding });
  }

  protected override enqueue(arrival: Arrival<ReceivedEvent>): void {
    if (this.#callback === undefined) super.enqueue(arrival);
    else this.#call(this.#callback, arrival);
  }

  /**
   * A callback without a promise is the fast path: of each event nothing is made but the event, and credit goes back for
   * all together. Whatever a callback does to the subscription or the connection ends it.
   */
  #callForAll(callback: EventCallback, origin: Origin, { starts, count }: BodyRun, binding: Binding): void {
    let takenEvents = 0;
    let takenBytes = 0;
    for (let i = 0; i < count && this.binding === binding; i++) {
      const start = starts[i] as number;
      const end = starts[i + 1] as number;
      const seq = origin.seq + i;
      const item = new ReceivedEvent(origin, i, start, end);
      this.arrived(seq);
      let working: void | PromiseLike<void>;
      try {
        working = callback(item, NO_LEASE);
      } catch (error) {
        working = undefined;
        this.#push.report(error);
      }
      if (isThenable(working)) {
        const arrival = { item, seq, creditBytes: end - start, lease: undefined, binding };
        this.#push.work.track(this.#finish(working, arrival));
      } else {
        takenEvents += 1;
        takenBytes += end - start;
      }
    }
    this.freeCreditOf(binding, takenEvents, takenBytes);
  }

  /** The same for one that may be under a lease. */
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
