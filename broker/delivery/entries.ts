import type { LeaseGrant, LeaseRefusal, LeaseTable } from '../leases/index.ts';
import type { Counters } from '../observe/counters.ts';
import type { Backlog } from './backlog.ts';
import { type Entry, type EntryKeeper, NO_LEASE, type Sequenced } from './entry.ts';
import type { Wakeups } from './wakeups.ts';

/** How long an event rests after its first, second, … unacknowledged delivery. The last one goes for all that follow. */
const BACK_OFF_MS = [1_000, 5_000, 30_000, 120_000];

export interface EntriesMeans {
  readonly leases: LeaseTable;
  readonly wakeups: Wakeups;
  readonly counters: Counters;
}

/**
 * Events that are kept until they are acknowledged, and handed over again when their lease ends without; entry.ts draws
 * their states. Whose they are, where they are kept and how they are handed over is for those who extend this.
 */
export abstract class Entries<E extends Sequenced> implements EntryKeeper<E> {
  protected readonly leases: LeaseTable;
  protected readonly counters: Counters;
  protected readonly wakeups: Wakeups;
  protected readonly backlog: Backlog<E>;
  /** By seq. */
  protected readonly entries = new Map<number, Entry<E>>();

  constructor({ leases, wakeups, counters }: EntriesMeans, backlog: Backlog<E>) {
    this.leases = leases;
    this.counters = counters;
    this.wakeups = wakeups;
    this.backlog = backlog;
  }

  /** Hands over what may be. */
  abstract pump(): void;

  /** The entry is out of all tables, its leases are ended: lets go of what it stood for. */
  protected abstract removed(entry: Entry<E>): void;

  /** An event that came back, and is about to be ready. False: it was dealt with otherwise. */
  protected mayComeAgain(_entry: Entry<E>): boolean {
    return true;
  }

  leaseExpired(entry: Entry<E>, _leaseId: number): void {
    const backOffMs = BACK_OFF_MS[Math.min(entry.attempt, BACK_OFF_MS.length) - 1] ?? 0;
    this.rest(entry, backOffMs);
  }

  acknowledged(entry: Entry<E>, leaseId: number): void {
    // The table has freed the id.
    if (leaseId === entry.deliveryLease) entry.deliveryLease = NO_LEASE;
    else entry.retentionLease = NO_LEASE;
    this.counters.acknowledged += 1;
    this.done(entry);
  }

  released(entry: Entry<E>, _leaseId: number, delayMs: number): void {
    this.rest(entry, delayMs);
    this.pump();
  }

  revived(entry: Entry<E>, _leaseId: number): void {
    this.unplace(entry);
    entry.state = 'leased';
  }

  rested(entry: Entry<E>): void {
    this.makeReady(entry);
    this.pump();
  }

  /** Nobody wants it any more. */
  protected done(entry: Entry<E>): void {
    this.remove(entry, 'acked');
    this.pump();
  }

  /** Starts a delivery lease on the entry, its next attempt. Refused as the lease table refuses. */
  protected lease(entry: Entry<E>, owner: string, ttlMs: number): LeaseGrant | LeaseRefusal {
    if (entry.deliveryLease === NO_LEASE) {
      const allocated = this.leases.allocate('delivery', owner, entry);
      if (!allocated.ok) return allocated;
      entry.deliveryLease = allocated.id;
    }
    const grant = this.leases.grant(entry.deliveryLease, { ttlMs, owner });
    if (!grant.ok) return grant;
    entry.state = 'leased';
    entry.attempt += 1;
    if (entry.attempt > 1) this.counters.redeliveries += 1;
    return grant;
  }

  protected rest(entry: Entry<E>, ms: number): void {
    this.unplace(entry);
    if (ms === 0) {
      this.makeReady(entry);
      return;
    }
    entry.state = 'resting';
    entry.rest = this.wakeups.after(ms, entry);
  }

  protected makeReady(entry: Entry<E>): void {
    if (!this.mayComeAgain(entry)) return;
    entry.state = 'ready';
    this.backlog.giveBack(entry);
  }

  /** Takes it from where it waits, if it waits. */
  protected unplace(entry: Entry<E>): void {
    if (entry.rest !== undefined) this.wakeups.cancel(entry.rest);
    entry.rest = undefined;
    if (entry.state === 'ready') this.backlog.remove(entry);
  }

  protected remove(entry: Entry<E>, cause: 'acked' | 'revoked' | 'owner-closed'): void {
    for (const id of [entry.deliveryLease, entry.retentionLease]) {
      if (id === NO_LEASE) continue;
      this.leases.end(id, cause);
      this.leases.free(id);
    }
    entry.deliveryLease = NO_LEASE;
    entry.retentionLease = NO_LEASE;
    this.unplace(entry);
    entry.state = 'over';
    this.entries.delete(entry.event.seq);
    this.removed(entry);
    this.backlog.over(entry);
  }
}
