import type { Handover, Outbox, Pumped } from '../../delivery/outbox.ts';
import type { PublishedEvent } from '../../publish/event.ts';
import type { PublishedRun } from '../../publish/published-run.ts';
import type { Subscription } from '../../subscribe/subscription.ts';
import type { WantedFilter } from './filters.ts';
import type { Flight } from './flights.ts';
import type { Qos } from './packets.ts';
import type { SubscriptionRecord } from './session-record.ts';

export interface SubscriptionOptions {
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** The subscription identifier; 0: none. */
  readonly id: number;
}

/** What a subscription needs of its session. */
export interface SubscriptionSession {
  /** Something more may be sent now, with a packet identifier or without. */
  mayWrite(qos: Qos): boolean;
  pumpWhenWritable(delivery: Pumped): void;
  deliver(subscription: MqttSubscription, event: PublishedEvent, handover: Handover | undefined): void;
  disconnectSlow(): void;
}

/**
 * One subscription of a session, and where its events are written. Between connections there is the mailbox alone that keeps
 * them, if there is one; while there is a connection it is a subscription of the broker like any other.
 */
export class MqttSubscription implements Outbox {
  /** Within its session. */
  readonly number: number;
  /** The topic filter as the client wrote it, which is what it is known by. */
  readonly filter: string;
  readonly wanted: WantedFilter;
  options: SubscriptionOptions;
  /** The mailbox that it takes from. Absent: its events are kept by nobody. */
  readonly mailbox: string | undefined;
  /** While the session has a connection. */
  live: Subscription | undefined;
  /** Messages from the mailbox on their way to the client, by seq. */
  readonly flights = new Map<number, Flight>();
  readonly #session: SubscriptionSession;

  constructor(
    session: SubscriptionSession,
    fields: {
      readonly number: number;
      readonly filter: string;
      readonly wanted: WantedFilter;
      readonly options: SubscriptionOptions;
      readonly mailbox: string | undefined;
    },
  ) {
    this.#session = session;
    this.number = fields.number;
    this.filter = fields.filter;
    this.wanted = fields.wanted;
    this.options = fields.options;
    this.mailbox = fields.mailbox;
  }

  get record(): SubscriptionRecord {
    const { number, filter, mailbox, options, wanted } = this;
    return {
      number,
      filter,
      ...options,
      ...(wanted.when !== undefined && { when: wanted.when }),
      ...(wanted.order !== undefined && { order: wanted.order }),
      ...(wanted.ordered === true && { ordered: true }),
      ...(mailbox !== undefined && { mailbox }),
    };
  }

  get writable(): boolean {
    return this.#session.mayWrite(this.options.qos);
  }

  pumpWhenWritable(delivery: Pumped): void {
    this.#session.pumpWhenWritable(delivery);
  }

  /** With QoS 0 nothing but the connection bounds what is sent. */
  get takesRuns(): boolean {
    return this.options.qos === 0;
  }

  events(_subscription: number, run: PublishedRun, from: number, count: number): void {
    for (let i = from; i < from + count; i++) this.#session.deliver(this, run.event(i), undefined);
  }

  event(_subscription: number, event: PublishedEvent, handover?: Handover): void {
    this.#session.deliver(this, event, handover);
  }

  /** Of pull only, which MQTT has not. */
  notice(): void {}

  /** MQTT has no word for it; the drops are counted. */
  gap(): void {}

  disconnectSlow(): void {
    this.#session.disconnectSlow();
  }
}
