import { type HeapItem, NOT_IN_HEAP } from '../kernel/heap.ts';
import type { LeaseHolder } from '../leases/index.ts';
import type { Wakeup, Woken } from './wakeups.ts';

/**
 *     ready ──push──────────────────▶ leased ──ack──▶ over
 *       │ ▲                           ▲ │
 *       │ └──────── resting ◀─release, expiry
 *       └─notify─▶ notified ──fetch──▶┘
 *
 * Anything goes to `over` when it is dropped, or when its subscription ends. A closed connection takes `leased` and
 * `notified` back to `ready`.
 */
export type EntryState = 'ready' | 'notified' | 'leased' | 'resting' | 'over';

/** No lease id. */
export const NO_LEASE = 0;

/** What an entry is for: an event, or the place where one is stored. */
export interface Sequenced {
  readonly seq: number;
}

/** Decides what follows when something happens to an entry. */
export interface EntryKeeper<E extends Sequenced> {
  leaseExpired(entry: Entry<E>, leaseId: number): void;
  acknowledged(entry: Entry<E>, leaseId: number): void;
  released(entry: Entry<E>, leaseId: number, delayMs: number): void;
  revived(entry: Entry<E>, leaseId: number): void;
  rested(entry: Entry<E>): void;
}

/** One event on its way to somebody who will acknowledge it. The resource behind its leases. */
export class Entry<E extends Sequenced> implements LeaseHolder, HeapItem, Woken {
  readonly event: E;
  readonly #keeper: EntryKeeper<E>;
  state: EntryState = 'ready';
  /** How often it was handed over. */
  attempt = 0;
  /** Nobody else gets the event. One id for all attempts. */
  deliveryLease = NO_LEASE;
  /** The body stays fetchable. Pull only. */
  retentionLease = NO_LEASE;
  /** The end of its rest, while it rests. */
  rest: Wakeup | undefined;
  /** Its place among those that came back to be ready. */
  heapAt = NOT_IN_HEAP;

  constructor(event: E, keeper: EntryKeeper<E>) {
    this.event = event;
    this.#keeper = keeper;
  }

  leaseExpired(leaseId: number): void {
    this.#keeper.leaseExpired(this, leaseId);
  }

  /** The owner settled the lease. */
  acknowledged(leaseId: number): void {
    this.#keeper.acknowledged(this, leaseId);
  }

  /** The owner gave the lease back, the event to rest for `delayMs`. */
  released(leaseId: number, delayMs: number): void {
    this.#keeper.released(this, leaseId, delayMs);
  }

  /** The owner extended the lease within its grace, after `leaseExpired`. */
  revived(leaseId: number): void {
    this.#keeper.revived(this, leaseId);
  }

  /** Its rest is over. */
  wake(): void {
    this.rest = undefined;
    this.#keeper.rested(this);
  }
}
