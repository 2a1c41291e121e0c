import type { Config } from '../config/index.ts';
import { granted, type LeaseGrant, type LeaseTable } from '../leases/index.ts';
import { ProtocolError } from '../protocol/index.ts';
import type { HeldMailbox } from './held-mailbox.ts';

/** After a restart a mailbox lasts at least so long without a consumer. */
const LEFT_AFTER_RESTART_MS = 5 * 60_000;

/** How long mailboxes outlive their last consumer. Their time stands still while they have one. */
export class MailboxLeases {
  readonly #leases: LeaseTable;
  readonly #config: Config;
  readonly #lapsed: (held: HeldMailbox) => void;

  /** `lapsed`: the time of a mailbox is over, and its lease is gone. */
  constructor(leases: LeaseTable, config: Config, lapsed: (held: HeldMailbox) => void) {
    this.#leases = leases;
    this.#config = config;
    this.#lapsed = lapsed;
  }

  /** Of a mailbox that is made: its time does not run yet. Throws ProtocolError, and then it has none. */
  begin(held: HeldMailbox): void {
    this.#grant(held, held.record.terms.leaseMs);
  }

  /** Of one that was there before: its time runs on. Throws ProtocolError. */
  restore(held: HeldMailbox): void {
    const id = this.#grant(held, this.#withinBounds(Math.max(held.record.leftMs, LEFT_AFTER_RESTART_MS)));
    this.#leases.resume(id);
  }

  /** There is a consumer: its time stands still, and will be all it can have when there is none. */
  stop(held: HeldMailbox): void {
    const { leaseId, record } = held;
    if (leaseId === undefined) return;
    this.#leases.pause(leaseId);
    const current = this.#leases.current(leaseId);
    if (current === undefined) return;
    const leaseMs = this.#withinBounds(record.terms.leaseMs);
    granted(this.#leases.extend({ ...current, principal: principalOf(held) }, leaseMs));
  }

  /** There is no consumer any more. */
  run({ leaseId }: HeldMailbox): void {
    if (leaseId !== undefined) this.#leases.resume(leaseId);
  }

  /** Throws ProtocolError. */
  renew(held: HeldMailbox, leaseMs: number): LeaseGrant {
    const current = held.leaseId === undefined ? undefined : this.#leases.current(held.leaseId);
    if (current === undefined) throw new ProtocolError('subscription_mode', 'this mailbox never ends');
    return granted(this.#leases.extend({ ...current, principal: principalOf(held) }, leaseMs));
  }

  /** `undefined`: it never ends. */
  leftMs({ leaseId }: HeldMailbox): number | undefined {
    return leaseId === undefined ? undefined : this.#leases.remainingMs(leaseId);
  }

  /** The mailbox is over. */
  end(held: HeldMailbox): void {
    if (held.leaseId === undefined) return;
    this.#leases.end(held.leaseId, 'owner-closed');
    this.#free(held, held.leaseId);
  }

  #grant(held: HeldMailbox, ttlMs: number): number {
    const principal = principalOf(held);
    const { id } = granted(
      this.#leases.allocate('subscription', principal, { leaseExpired: () => this.#expired(held, id) }),
    );
    held.leaseId = id;
    try {
      const grant = granted(this.#leases.grant(id, { ttlMs }));
      // A grant is spread; what a mailbox has left is what it was told.
      granted(this.#leases.extend({ ...grant, principal }, ttlMs));
    } catch (error) {
      this.#leases.end(id, 'revoked');
      this.#free(held, id);
      throw error;
    }
    this.#leases.pause(id);
    return id;
  }

  #expired(held: HeldMailbox, id: number): void {
    if (held.busy) {
      // What is done for it would go on in what is left of it: it lives for as little more as may be.
      granted(this.#leases.grant(id, { ttlMs: this.#config.subscriptionLeaseMsMin }));
      return;
    }
    this.#free(held, id);
    this.#lapsed(held);
  }

  #free(held: HeldMailbox, id: number): void {
    this.#leases.free(id);
    held.leaseId = undefined;
  }

  /** The bounds may have been others when the mailbox was made. */
  #withinBounds(leaseMs: number): number {
    const { subscriptionLeaseMsMin, subscriptionLeaseMsMax } = this.#config;
    return Math.min(Math.max(leaseMs, subscriptionLeaseMsMin), subscriptionLeaseMsMax);
  }
}

function principalOf({ number }: HeldMailbox): string {
  return `mailbox ${number}`;
}
