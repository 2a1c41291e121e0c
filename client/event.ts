import {
  type Attributes,
  type Body,
  ByteReader,
  type Delivery,
  dataOfBody,
  JSON_CONTENT_TYPE,
  type Provenance,
  provenanceAfter,
  readBody,
} from '../broker/protocol/index.ts';
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

/** What the events have in common that came in one record. */
export interface Origin {
  readonly topic: string;
  /** Their bodies, one after another. */
  readonly bytes: Uint8Array;
  /** Of the first. */
  readonly seq: number;
  /** Where a body has none of its own. */
  readonly time: number;
  readonly attempt: number;
  readonly retained: boolean;
  readonly inHand: LeaseInHand | undefined;
  /** Of the first, where the subscription named an order. */
  readonly provenance: Provenance | undefined;
}

const NO_ATTRIBUTES: Attributes = Object.freeze(Object.create(null));
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * An event as it was delivered. `data` is a view into what was read from the network with it, up to some 64 KiB or its
 * frame, which stays in memory as long as the event or its data does: who keeps few of many should copy them.
 */
export class ReceivedEvent {
  readonly #origin: Origin;
  readonly #index: number;
  /** Where in the origin's bytes its body stands. Nothing of it is read before somebody asks. */
  readonly #start: number;
  readonly #end: number;
  #body: Body | undefined = undefined;

  /** Made by the library only: the `index`-th of its origin. */
  constructor(origin: Origin, index: number, start: number, end: number) {
    this.#origin = origin;
    this.#index = index;
    this.#start = start;
    this.#end = end;
  }

  get topic(): string {
    return this.#origin.topic;
  }

  /** The broker's position of the event; strictly rising. */
  get seq(): number {
    return this.#origin.seq + this.#index;
  }

  /** Milliseconds since 1970: the publisher's time if given, else the broker's at arrival. */
  get time(): number {
    return this.#read().time ?? this.#origin.time;
  }

  /** 1 at first, more when it is delivered again; 0 when nobody asked for acknowledgement. */
  get attempt(): number {
    return this.#origin.attempt;
  }

  /** It is the last value of its topic, published before the subscription was made. */
  get retained(): boolean {
    return this.#origin.retained;
  }

  /**
   * Who published it, which of the publisher's events it is, and what the publisher had been delivered: of what its order is
   * made. `undefined` where the subscription named no `order`.
   */
  get provenance(): Provenance | undefined {
    const { provenance } = this.#origin;
    return provenance === undefined ? undefined : provenanceAfter(provenance, this.#index);
  }

  get data(): Uint8Array {
    return dataOfBody(this.#origin.bytes, this.#start, this.#end);
  }

  get contentType(): string {
    return this.#read().contentType ?? JSON_CONTENT_TYPE;
  }

  get id(): string | undefined {
    return this.#read().id;
  }

  get source(): string | undefined {
    return this.#read().source;
  }

  get attributes(): Attributes {
    return this.#read().attributes ?? NO_ATTRIBUTES;
  }

  /**
   * Fires, with a TellwhenError as its reason, when the lease of the event is lost, which is before the broker gives the
   * event to another: stop working on it. Not when it is settled; never with `ack: 'none'`. Nothing renews the lease of
   * an event taken by a loop: `extend` it where the work is long.
   */
  get leaseSignal(): AbortSignal {
    const { inHand } = this.#origin;
    if (inHand === undefined) return NEVER_FIRES;
    const { lease, settler } = inHand;
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

  #read(): Body {
    this.#body ??= readBody(new ByteReader(this.#origin.bytes.subarray(this.#start, this.#end)));
    return this.#body;
  }

  get #leaseInHand(): LeaseInHand {
    const { inHand } = this.#origin;
    if (inHand !== undefined) return inHand;
    throw new TellwhenError('not_leased', 'the subscription asked for no acknowledgement');
  }
}

/** One that came in a record of its own. */
export function eventOf(
  topic: string,
  delivery: Delivery,
  body: Body,
  { inHand, provenance }: Pick<Origin, 'inHand' | 'provenance'>,
): ReceivedEvent {
  const { seq, time, attempt, retained } = delivery;
  const { bytes } = body;
  return new ReceivedEvent({ topic, bytes, seq, time, attempt, retained, inHand, provenance }, 0, 0, bytes.length);
}
