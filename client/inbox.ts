import type {
  Body,
  BodyRun,
  BrokerRecordHandler,
  Code,
  Delivery,
  DropReason,
  FirstOfRun,
  LeaseGrant,
  Notice as NoticeRecord,
  Provenance,
  Receipt,
  ReplyHandler,
} from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import type { Request } from './request.ts';
import type { SpaceLine } from './spaces/space-line.ts';
import type { IncomingTopics } from './topics.ts';

/** What the broker sends unasked. */
export interface Deliveries {
  /** `provenance`: of the first, where the subscription named an order. `run` is valid until it returns; its `bytes` stay. */
  events(
    subscription: number,
    topic: string,
    first: FirstOfRun,
    run: BodyRun,
    provenance: Provenance | undefined,
  ): void;
  event(subscription: number, topic: string, delivery: Delivery, body: Body, provenance: Provenance | undefined): void;
  notice(subscription: number, topic: string, notice: NoticeRecord, provenance: Provenance | undefined): void;
  gap(subscription: number, reason: DropReason, total: number, seq: number): void;
  /** A fetched event whose fetch was given up: its lease should go back. */
  unclaimed(lease: LeaseGrant): void;
}

export interface InboxMeans {
  readonly topics: IncomingTopics;
  /** Removes and returns the request that waits under a ref. */
  readonly take: (ref: number) => Request | undefined;
  /** Gives receipts to those who wait for them. Returns who had asked for something else. */
  readonly receipts: (firstRef: number, count: number, first: Receipt) => Request | undefined;
  readonly refused: (ref: number, code: Code, message: string) => void;
  readonly deliveries: Deliveries;
  /** What concerns requests; topics of calls by their alias. */
  readonly requests: ReplyHandler;
  readonly spaces: SpaceLine;
  /** A refusal of something that asked for no answer. */
  readonly refusedUnasked: (error: TellwhenError) => void;
}

/**
 * Takes the records of one connection: answers go to their requests, the rest to the subscriptions. The answer to a
 * request that was given up meanwhile finds nobody, and that is no fault.
 */
export class Inbox implements BrokerRecordHandler {
  readonly #means: InboxMeans;
  /** Of the next record. */
  #provenance: Provenance | undefined;

  constructor(means: InboxMeans) {
    this.#means = means;
  }

  get requests(): ReplyHandler {
    return this.#means.requests;
  }

  get spaces(): SpaceLine {
    return this.#means.spaces;
  }

  topic(alias: number, text: string): void {
    this.#means.topics.define(alias, text);
  }

  provenance(provenance: Provenance): void {
    this.#provenance = provenance;
  }

  receipts(firstRef: number, count: number, first: Receipt): void {
    const mistaken = this.#means.receipts(firstRef, count, first);
    if (mistaken !== undefined) throw mismatch(mistaken, 'a receipt');
  }

  settled(ref: number, remainingMs: number): void {
    if (this.#means.spaces.settled(ref, remainingMs)) return;
    const request = this.#means.take(ref);
    if (request !== undefined && !request.settled(remainingMs)) throw mismatch(request, 'a settlement');
  }

  fetched(ref: number, delivery: Delivery, body: Body): void {
    const request = this.#means.take(ref);
    if (request === undefined) {
      if (delivery.lease !== undefined) this.#means.deliveries.unclaimed(delivery.lease);
      return;
    }
    const topic = this.#means.topics.topic(delivery.alias);
    if (!request.fetched(topic, delivery, body)) throw mismatch(request, 'an event');
  }

  refused(ref: number, code: Code, message: string): void {
    if (ref === 0) this.#means.refusedUnasked(new TellwhenError(code, message));
    else if (!this.#means.spaces.refused(ref, code, message)) this.#means.refused(ref, code, message);
  }

  events(subscription: number, first: FirstOfRun, run: BodyRun): void {
    this.#means.deliveries.events(subscription, this.#means.topics.topic(first.alias), first, run, this.#taken());
  }

  event(subscription: number, delivery: Delivery, body: Body): void {
    const topic = this.#means.topics.topic(delivery.alias);
    this.#means.deliveries.event(subscription, topic, delivery, body, this.#taken());
  }

  notice(subscription: number, notice: NoticeRecord): void {
    const topic = this.#means.topics.topic(notice.alias);
    this.#means.deliveries.notice(subscription, topic, notice, this.#taken());
  }

  /** The provenance of the present record. */
  #taken(): Provenance | undefined {
    const provenance = this.#provenance;
    if (provenance !== undefined) this.#provenance = undefined;
    return provenance;
  }

  gap(subscription: number, reason: DropReason, total: number, seq: number): void {
    this.#means.deliveries.gap(subscription, reason, total, seq);
  }
}

/** Fails the request as well: it is out of the table, and nobody else would. */
export function mismatch(request: Request, answer: string): TellwhenError {
  const error = new TellwhenError('broker_unreadable', `the broker answered with ${answer}, which was not asked for`);
  request.fail(error);
  return error;
}
