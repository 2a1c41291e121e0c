import type { Ack, Overflow } from '../broker/protocol/index.ts';
import type { ReceivedEvent } from './event.ts';
import { Feed } from './feed.ts';
import type { SubscribeFrame } from './registration.ts';

/** What subscriptions and consumers can both say. Absent: the broker's default. */
export interface FilterOptions {
  /** Topic filter, as `sensors/+/temp` or `sensors/#`. */
  readonly topic: string;
  /** Predicate over the content, as `temperature > 30 AND humidity < 50`. */
  readonly when?: string | undefined;
  /** What may wait at the broker for credit, acknowledgement or fetching. */
  readonly queueEvents?: number | undefined;
  readonly queueBytes?: number | undefined;
  /** What becomes of events that a full queue has no room for. */
  readonly overflow?: Overflow | undefined;
  readonly deliveryLeaseMs?: number | undefined;
  /** Deliveries of one event before it is given up. */
  readonly attemptsMax?: number | undefined;
  /** How long it outlives the connection. Absent: it ends with it, and is made anew on the next. */
  readonly leaseMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SubscribeOptions extends FilterOptions {
  /** `none`, the default: at most once. `explicit`: at least once, settled by `event.ack()`. */
  readonly ack?: Ack | undefined;
  /** Events sent ahead of being taken. A slow consumer slows the broker by this, and holds so many here at most. */
  readonly creditEvents?: number | undefined;
  readonly creditBytes?: number | undefined;
}

export function subscribeFrame(options: SubscribeOptions): SubscribeFrame {
  const { signal: _signal, ...asked } = options;
  return { kind: 'subscribe', mode: 'push', ...asked };
}

/** Events pushed as they match. While one with a lease waits here, its lease is renewed; once taken, it is yours. */
export class Subscription extends Feed<ReceivedEvent> {}
