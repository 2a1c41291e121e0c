import type { Ack, AtEnd, From, Order, Overflow, Retained } from '../broker/protocol/index.ts';
import { invalid } from './arguments.ts';
import type { ReceivedEvent } from './event.ts';
import { Feed } from './feed.ts';
import type { SubscribeFrame } from './registration.ts';

/** What subscriptions and consumers can both say. Absent: the broker's default; of a mailbox that exists, as it is. */
export interface FilterOptions extends MailboxOptions {
  /** Topic filter, as `sensors/+/temp` or `sensors/#`. Needed, but for a mailbox that exists. */
  readonly topic?: string | undefined;
  /** Predicate over the content, as `temperature > 30 AND humidity < 50`. */
  readonly when?: string | undefined;
  /** What may wait at the broker for credit, acknowledgement or fetching; all that a mailbox holds. */
  readonly queueEvents?: number | undefined;
  readonly queueBytes?: number | undefined;
  /** What becomes of events that a full queue has no room for. `reject` and `dead-letter`: of a mailbox only. */
  readonly overflow?: Overflow | undefined;
  readonly deliveryLeaseMs?: number | undefined;
  /** Deliveries of one event before it is given up; of a mailbox, as a dead letter. */
  readonly attemptsMax?: number | undefined;
  /**
   * In which order events come; README "In which order". Absent: `fifo`. Named, each event has its `provenance`. `causal` and
   * `total` with acknowledgement need `ordered`.
   */
  readonly order?: Order | undefined;
  /**
   * Where events are acknowledged: what follows is handed over when what came before it is settled, as far as the order goes: of
   * one publisher (`fifo`), of all (`total`), or of what the publisher knew (`causal`). Of a mailbox, when it is made. Default: false,
   * and what is delivered again comes after what followed it.
   */
  readonly ordered?: boolean | undefined;
  /** How long it outlives the connection, or a mailbox its last consumer. Absent: it ends with the connection, and is made anew on the next. */
  readonly leaseMs?: number | undefined;
  /** `send`, the default: first the last values that were retained for topics it matches. Not for a mailbox. */
  readonly retained?: Retained | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What can only be said where events are taken from a mailbox: a queue with a name that outlives clients and brokers. */
export interface MailboxOptions {
  /**
   * The mailbox to take events from. It is made if it does not exist; else what is said of it has to be as it is. Others
   * may take from it at the same time: each event goes to one. When the connection is lost, or the broker starts again, the
   * client comes back to it, and what was not acknowledged is delivered again, to whoever is there.
   */
  readonly mailbox?: string | undefined;
  /** When it is made: the first of the events still stored that it begins with. Default `'now'`. */
  readonly from?: From | undefined;
  /** Entries that are older are dropped. */
  readonly ageMs?: number | undefined;
  /** So long what was settled can be replayed. */
  readonly keepMs?: number | undefined;
  /** What becomes of its entries when it has been without a consumer for `leaseMs`. */
  readonly atEnd?: AtEnd | undefined;
}

export interface SubscribeOptions extends FilterOptions {
  /** `none`, the default: at most once. `explicit`, as always from a mailbox: at least once, settled by `event.ack()`. */
  readonly ack?: Ack | undefined;
  /** Events sent ahead of being taken. A slow consumer slows the broker by this, and holds so many here at most. */
  readonly creditEvents?: number | undefined;
  readonly creditBytes?: number | undefined;
}

export function subscribeFrame(options: SubscribeOptions): SubscribeFrame {
  checkFilter(options);
  const asked = options.signal === undefined ? options : withoutSignal(options);
  if (options.mailbox === undefined) return { ...asked, kind: 'subscribe', mode: 'push' };
  if (options.ack === 'none') throw invalid('events from a mailbox are always acknowledged: leave ack out');
  return { ...asked, kind: 'subscribe', mode: 'push', ack: 'explicit' };
}

function withoutSignal({ signal: _signal, ...asked }: SubscribeOptions): Omit<SubscribeOptions, 'signal'> {
  return asked;
}

/** Throws TellwhenError `invalid_argument` where it is not said what is wanted. The rest is the broker's to check. */
export function checkFilter({ topic, mailbox }: FilterOptions): void {
  if (topic === undefined && mailbox === undefined) throw invalid('neither a topic nor a mailbox to subscribe to');
}

/** Events pushed as they match. While one with a lease waits here, its lease is renewed; once taken, it is yours. */
export class Subscription extends Feed<ReceivedEvent> {}
