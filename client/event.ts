import { type Attributes, type Body, type Delivery, JSON_CONTENT_TYPE } from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import { type HeldLease, NEVER_FIRES } from './lease.ts';
import type { Settler } from './settler.ts';

/** The lease of one event, and who settles it. */
export interface LeaseInHand {
  readonly lease: HeldLease;
  readonly settler: Settler;
}

export interface ReleaseOptions {
  /** How long it rests before it is delivered again. Default 0: at once. */
  readonly delayMs?: number | undefined;
}

const NO_ATTRIBUTES: Attributes = Object.freeze(Object.create(null));
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * An event as it was delivered. `data` is a view into the frame it came in, which stays in memory as long as the event
 * does.
 */
export class ReceivedEvent {
  readonly topic: string;
  readonly #delivery: Delivery;
  readonly #body: Body;
  readonly #inHand: LeaseInHand | undefined;

  /** Made by the library only. */
  constructor(topic: string, delivery: Delivery, body: Body, inHand: LeaseInHand | undefined) {
    this.topic = topic;
    this.#delivery = delivery;
    this.#body = body;
    this.#inHand = inHand;
  }

  /** The broker's position of the event; strictly rising. */
  get seq(): number {
    return this.#delivery.seq;
  }

  /** Milliseconds since 1970: the publisher's time if given, else the broker's at arrival. */
  get time(): number {
    return this.#delivery.time;
  }

  /** 1 at first, more when it is delivered again; 0 when nobody asked for acknowledgement. */
  get attempt(): number {
    return this.#delivery.attempt;
  }

  /** It is the last value of its topic, published before the subscription was made. */
  get retained(): boolean {
    return this.#delivery.retained;
  }

  get data(): Uint8Array {
    return this.#body.data;
  }

  get contentType(): string {
    return this.#body.contentType ?? JSON_CONTENT_TYPE;
  }

  get id(): string | undefined {
    return this.#body.id;
  }

  get source(): string | undefined {
    return this.#body.source;
  }

  get attributes(): Attributes {
    return this.#body.attributes ?? NO_ATTRIBUTES;
  }

  /**
   * Fires, with a TellwhenError as its reason, when the lease of the event is lost, which is before the broker gives the
   * event to another: stop working on it. Not when it is settled; never with `ack: 'none'`. Nothing renews the lease of
   * an event taken by a loop: `extend` it where the work is long.
   */
  get leaseSignal(): AbortSignal {
    if (this.#inHand === undefined) return NEVER_FIRES;
    const { lease, settler } = this.#inHand;
    return settler.signalOf(lease);
  }

  /** Decodes the data at each call. Throws TellwhenError `data_not_json`. `T` is the caller's belief, not checked. */
  json<T = unknown>(): T {
    try {
      return JSON.parse(decoder.decode(this.data)) as T;
    } catch (cause) {
      throw new TellwhenError('data_not_json', `the data of event ${this.seq} is not JSON`, { cause });
    }
  }

  /** The data as UTF-8, faults replaced. Decodes at each call. */
  text(): string {
    return new TextDecoder().decode(this.data);
  }

  /**
   * Done. Resolves when the broker has noted it. Rejects with TellwhenError: `lease_expired`, `lease_superseded` or
   * `lease_settled` when it was too late; `connection_lost` when the connection ended meanwhile, and the lease with it;
   * `not_leased` when the subscription has `ack: 'none'`.
   */
  async ack(): Promise<void> {
    const { lease, settler } = this.#leaseInHand;
    await settler.ack(lease);
  }

  /** Not done: to be delivered again, to whoever is next. Rejects as `ack` does. */
  async release({ delayMs = 0 }: ReleaseOptions = {}): Promise<void> {
    const { lease, settler } = this.#leaseInHand;
    await settler.release(lease, delayMs);
  }

  /** Ours for `ms` more, counted from now. Resolves with what remains. Rejects as `ack` does. */
  async extend(ms: number): Promise<number> {
    const { lease, settler } = this.#leaseInHand;
    return await settler.extend(lease, ms);
  }

  get #leaseInHand(): LeaseInHand {
    if (this.#inHand !== undefined) return this.#inHand;
    throw new TellwhenError('not_leased', 'the subscription asked for no acknowledgement');
  }
}
