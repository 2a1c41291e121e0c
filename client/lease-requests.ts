import type { Body, Delivery, Settlement } from '../broker/protocol/index.ts';
import type { TellwhenError } from './errors.ts';
import type { Outbox } from './outbox.ts';
import { Request } from './request.ts';

export interface SettleRequestOptions {
  readonly settlement: Settlement;
  /** Delay of a release, new time of an extend, 0 for an ack. */
  readonly ms: number;
  readonly lease: { readonly id: number; readonly token: number };
  /** `sentMs`: when the record left, from where the client counts what remains. */
  readonly settled: (remainingMs: number, sentMs: number) => void;
  readonly failed: (error: TellwhenError) => void;
}

/** Ack, release or extend. Never repeated: on the next connection the lease is another, or nobody's. */
export class SettleRequest extends Request {
  readonly #options: SettleRequestOptions;

  constructor(options: SettleRequestOptions) {
    super();
    this.#options = options;
  }

  override write(outbox: Outbox): void {
    const { settlement, ms, lease } = this.#options;
    outbox.settle(this.ref, settlement, ms, lease);
  }

  override settled(remainingMs: number): boolean {
    if (this.sentMs === undefined) return false;
    this.#options.settled(remainingMs, this.sentMs);
    return true;
  }

  override fail(error: TellwhenError): void {
    this.#options.failed(error);
  }
}

export interface FetchRequestOptions {
  readonly subscription: number;
  readonly seq: number;
  /** 0: as the subscription says. */
  readonly leaseMs: number;
  readonly fetched: (topic: string, delivery: Delivery, body: Body, sentMs: number) => void;
  readonly failed: (error: TellwhenError) => void;
}

/** Asks for the body of a notified event, under a delivery lease. */
export class FetchRequest extends Request {
  readonly #options: FetchRequestOptions;

  constructor(options: FetchRequestOptions) {
    super();
    this.#options = options;
  }

  override get windowed(): boolean {
    return true;
  }

  override write(outbox: Outbox): void {
    const { subscription, seq, leaseMs } = this.#options;
    outbox.fetch(this.ref, subscription, seq, leaseMs);
  }

  override fetched(topic: string, delivery: Delivery, body: Body): boolean {
    if (this.sentMs === undefined) return false;
    this.#options.fetched(topic, delivery, body, this.sentMs);
    return true;
  }

  override fail(error: TellwhenError): void {
    this.#options.failed(error);
  }
}
