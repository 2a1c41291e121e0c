import { timingSafeEqual } from 'node:crypto';
import type { Chance } from '../kernel/chance.ts';
import type { LeaseTable } from '../leases/index.ts';
import type { Counters } from '../observe/counters.ts';
import { ProtocolError } from '../protocol/index.ts';
import type { Subscription } from '../subscribe/subscription.ts';
import { Session, type SessionLink } from './session.ts';

export interface SessionsMeans {
  readonly chance: Chance;
  readonly counters: Counters;
  readonly leases: LeaseTable;
  readonly sessionsMax: number;
}

/** Every session: connected, or waiting for its client to come back while a lease of its subscriptions runs. */
export class Sessions {
  readonly #means: SessionsMeans;
  readonly #byId = new Map<string, Session>();

  constructor(means: SessionsMeans) {
    this.#means = means;
  }

  /** A new session. Throws ProtocolError `session_limit`. */
  open(client: string, link: SessionLink): Session {
    const { chance, counters, sessionsMax } = this.#means;
    if (this.#byId.size >= sessionsMax) {
      throw new ProtocolError('session_limit', `the broker holds ${sessionsMax} sessions, as many as it may`);
    }
    const session = new Session({ id: chance.secret(), key: chance.secret(), client });
    session.link = link;
    this.#byId.set(session.id, session);
    counters.sessionsAttached += 1;
    return session;
  }

  /**
   * The session a client had before, now on this connection; its clocks stop. `undefined` when it is over, or the key is
   * wrong: the same answer, because which of the two is nobody else's business. A connection it still has gives it up.
   */
  resume(claim: { readonly id: string; readonly key: string }, link: SessionLink): Session | undefined {
    this.#find(claim)?.link?.giveUp();
    // Giving up ends a session that has nothing to keep.
    const session = this.#find(claim);
    if (session === undefined) return undefined;
    const { counters, leases } = this.#means;
    counters.sessionsDetached -= 1;
    counters.sessionsAttached += 1;
    session.link = link;
    for (const { leaseId } of session.subscriptions.values()) if (leaseId !== undefined) leases.pause(leaseId);
    return session;
  }

  /** Its connection is gone: what has no lease ends, the clocks of the rest run. With nothing left it ends. */
  detach(session: Session): void {
    const { counters, leases } = this.#means;
    session.link = undefined;
    counters.sessionsAttached -= 1;
    counters.sessionsDetached += 1;
    for (const subscription of [...session.subscriptions.values()]) {
      subscription.delivery.detach();
      if (subscription.leaseId !== undefined) leases.resume(subscription.leaseId);
      else {
        session.subscriptions.delete(subscription.id);
        subscription.keeper.remove(subscription);
      }
    }
    this.#endIfEmpty(session);
  }

  /** Ends all it owns. It is still attached; `detach` follows. */
  close(session: Session): void {
    for (const subscription of [...session.subscriptions.values()]) {
      session.subscriptions.delete(subscription.id);
      subscription.keeper.remove(subscription);
    }
  }

  /** A subscription ended by its lease. */
  lapsed(subscription: Subscription): void {
    const session = this.#byId.get(subscription.owner);
    if (session === undefined) return;
    session.subscriptions.delete(subscription.id);
    if (session.link === undefined) this.#endIfEmpty(session);
  }

  /** A mailbox is over, and so is its consumer's subscription, which has left it already. */
  mailboxEnded(subscription: Subscription): void {
    const session = this.#byId.get(subscription.owner);
    session?.link?.outbound.control({
      kind: 'ended',
      subscription: subscription.id,
      code: 'mailbox_unknown',
      message: 'the mailbox was removed, or its lease ended',
    });
    this.lapsed(subscription);
  }

  #find({ id, key }: { readonly id: string; readonly key: string }): Session | undefined {
    const session = this.#byId.get(id);
    return session !== undefined && sameSecret(session.key, key) ? session : undefined;
  }

  #endIfEmpty(session: Session): void {
    if (session.subscriptions.size > 0) return;
    this.#byId.delete(session.id);
    this.#means.counters.sessionsDetached -= 1;
  }
}

function sameSecret(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
