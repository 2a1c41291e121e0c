import type { Ack, Mode, Order, Overflow } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { PublishedRun } from '../publish/published-run.ts';
import type { CreditBounds } from './credit.ts';
import type { FateAnswer } from './fate.ts';
import type { Outbox } from './outbox.ts';

/** How a subscription wants its events, every default filled in and every bound checked. */
export interface DeliveryTerms {
  readonly mode: Mode;
  readonly ack: Ack;
  readonly credit: CreditBounds;
  readonly queueEvents: number;
  readonly queueBytes: number;
  readonly overflow: Overflow;
  readonly deliveryLeaseMs: number;
  readonly retentionMs: number;
  readonly attemptsMax: number;
  /** Absent: `fifo`, and the subscriber is not told of what the order is made of. */
  readonly order?: Order | undefined;
  /** What follows waits until what came before it is settled. Absent: it does not. */
  readonly ordered?: boolean | undefined;
}

/** Who is offered the events that a filter matches. */
export interface Recipient {
  /**
   * Whether a matching event may be offered: throws ProtocolError where its publisher has to be refused. Absent: always.
   */
  admit?(event: PublishedEvent): void;
  /**
   * A matching event, once, in order of `seq`. Never throws, never blocks: what has no room is dropped by policy. What
   * becomes of it is at any later time one of: given to a subscriber, waiting within bounds, or dropped for a counted reason.
   */
  offer(event: PublishedEvent): void;
  /**
   * Whether it may be offered so many events of so many bytes as a run, or wants to look at each. Absent: it may.
   */
  takesRun?(events: number, bytes: number): boolean;
  /**
   * As `offer`, for `count` events of a run from its `from`-th on. Absent where each event is looked at by itself.
   */
  offerRun?(run: PublishedRun, from: number, count: number): void;
  /** What became of a matching event. */
  fateOf(seq: number): FateAnswer;
}

/** How events reach one subscription, over the connection of its owner. */
export interface Delivery {
  /** Sends what credit and connection allow. */
  pump(): void;
  /** Throws ProtocolError `credit_limit`. */
  addCredit(events: number, bytes: number): void;
  /**
   * Last values are being offered: what is published meanwhile waits until they have gone. And they are no more. Where it is
   * asked of a delivery that has no order to keep, nothing waits.
   */
  retainedFirst?(offering: boolean): void;
  /** The owner is connected (again). What an earlier connection was given and did not acknowledge is given again. */
  attach(outbox: Outbox): void;
  /** The owner's connection is gone. */
  detach(): void;
  /** The subscription is over: what waits is dropped, what is leased is ended. */
  end(): void;
}
