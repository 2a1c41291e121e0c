import type { Session } from '../../session/session.ts';
import type { Subscription } from '../../subscribe/subscription.ts';
import type { Readers } from './readers.ts';
import type { SubscriptionWish } from './schemas.ts';
import type { Consent } from './webhooks/consent.ts';

export interface Sending {
  /** What the URL has said; undefined: not yet. */
  readonly consent: Consent | undefined;
  stop(): void;
}

/** A subscription as a resource: it has a name instead of a connection, and lives by its lease while nobody reads. */
export interface HttpSubscription {
  readonly name: string;
  /** As it was asked for. */
  wish: SubscriptionWish;
  readonly session: Session;
  /** Another one after a rest. */
  subscription: Subscription;
  /** It has left its mailbox, since nobody asked for so long, and joins it again for the next who does. */
  rests: boolean;
  readonly readers: Readers;
  /** The mailbox that it takes from was made by it. */
  readonly created: boolean;
  /** For ETag: another one after each change. */
  version: number;
  /** When somebody last had to do with it, on the monotonic clock. For those that take from a mailbox, whose lease is not theirs. */
  usedMs: number;
  /** What sends its events to a URL, if something does. */
  sending: Sending | undefined;
}
