import type { Party } from '../requests/party.ts';
import type { Subscription } from '../subscribe/subscription.ts';
import type { Outbound } from './outbound.ts';

/** What a session needs of its connection. */
export interface SessionLink {
  readonly outbound: Pick<Outbound, 'control'>;
  /** Another connection goes on with the session: gives it up, and closes. */
  giveUp(): void;
}

/**
 * A client across its connections. It owns subscriptions; between two connections those that have a lease stay, and
 * wait.
 */
export class Session {
  readonly id: string;
  /** Proof that a later connection is the same client. */
  readonly key: string;
  /** What the client calls itself, for people. */
  readonly client: string;
  readonly subscriptions = new Map<number, Subscription>();
  /** What its connection asks and serves, if it does. */
  party: Party | undefined;
  /** The connection, while there is one. */
  link: SessionLink | undefined;

  constructor(fields: { readonly id: string; readonly key: string; readonly client: string }) {
    this.id = fields.id;
    this.key = fields.key;
    this.client = fields.client;
  }
}
