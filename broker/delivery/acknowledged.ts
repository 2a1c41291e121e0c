import type { LeaseGrant, LeaseRefusal, LeaseTable } from '../leases/index.ts';
import type { Counters } from '../observe/counters.ts';
import type { DropReason } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import { Backlog } from './backlog.ts';
import { Credit, type CreditBounds } from './credit.ts';
import type { Delivery, DeliveryTerms } from './delivery.ts';
import { Drops } from './drops.ts';
import { Entry, type EntryKeeper, NO_LEASE } from './entry.ts';
import { type FateAnswer, fateOfGone, fateOfWaiting } from './fate.ts';
import type { HeldEvents } from './held-events.ts';
import type { Outbox } from './outbox.ts';
import { isFull, oldestGivesWay } from './overflow.ts';
import type { Wakeup, Wakeups, Woken } from './wakeups.ts';

/** How long an event rests after its first, second, … unacknowledged delivery. The last one goes for all that follow. */
const BACK_OFF_MS = [1_000, 5_000, 30_000, 120_000];
/** When no lease is to be had, ask again so much later. */
const LEASE_RETRY_MS = 100;

export interface AcknowledgedMeans {
  readonly leases: LeaseTable;
  readonly held: HeldEvents;
  readonly wakeups: Wakeups;
  readonly counters: Counters;
  readonly creditMax: CreditBounds;
}

/** Whose events these are. */
export interface Recipient {
  readonly subscription: number;
  /** Principal of the leases. */
  readonly owner: string;
}

/**
 * What push with acknowledgement and pull have in common, at least once: an event is kept until it is acknowledged, and
 * handed over again when its lease ends without; entry.ts draws its states. They differ in how an event that is ready
 * reaches the subscriber: `hand`.
 */
export abstract class Acknowledged implements Delivery, EntryKeeper, Woken {
  protected readonly recipient: Recipient;
  protected readonly terms: DeliveryTerms;
  protected readonly leases: LeaseTable;
  protected readonly counters: Counters;
  protected readonly credit: Credit;
  readonly #held: HeldEvents;
  readonly #wakeups: Wakeups;
  readonly #drops: Drops;
  readonly #backlog: Backlog;
  /** By seq; in order of arrival, which is the order of seq. */
  readonly #entries = new Map<number, Entry>();
  #bytes = 0;
  #outbox: Outbox | undefined;
  /** Running while no lease is to be had. */
  #starved: Wakeup | undefined;

  constructor(recipient: Recipient, terms: DeliveryTerms, means: AcknowledgedMeans) {
    this.recipient = recipient;
    this.terms = terms;
    this.leases = means.leases;
    this.counters = means.counters;
    this.credit = new Credit(terms.credit, means.creditMax);
    this.#held = means.held;
    this.#wakeups = means.wakeups;
    this.#drops = new Drops(means.counters.drops);
    this.#backlog = new Backlog(terms.queueEvents);
  }

  /**
   * Passes a ready entry on, spends the credit for it, and gives it its next state. False when no lease is to be had;
   * then nothing is changed.
   */
  protected abstract hand(entry: Entry, outbox: Outbox): boolean;

  offer(event: PublishedEvent): void {
    if (!this.#admit(event)) {
      // Nothing new to send, but a drop to tell of.
      this.pump();
      return;
    }
    const entry = new Entry(event, this);
    this.#entries.set(event.seq, entry);
    this.#bytes += event.bytes.length;
    this.#backlog.add(entry);
    if (this.#outbox !== undefined && !this.credit.some) this.counters.creditStalls += 1;
    this.pump();
  }

  pump(): void {
    const outbox = this.#outbox;
    if (outbox === undefined || this.#starved !== undefined) return;
    while (this.credit.some) {
      if (!outbox.writable) {
        outbox.pumpWhenWritable(this);
        return;
      }
      this.#drops.tell(outbox, this.recipient.subscription);
      const entry = this.#backlog.next();
      if (entry === undefined) return;
      if (entry.attempt >= this.terms.attemptsMax) this.drop(entry, 'attempts_exhausted');
      else if (!this.hand(entry, outbox)) {
        this.#backlog.giveBack(entry);
        this.#starved = this.#wakeups.after(LEASE_RETRY_MS, this);
        return;
      }
    }
  }

  /** Leases may be had again. */
  wake(): void {
    this.#starved = undefined;
    this.pump();
  }

  addCredit(events: number, bytes: number): void {
    this.credit.add(events, bytes);
    this.pump();
  }

  attach(outbox: Outbox): void {
    this.#outbox = outbox;
    this.#drops.untell();
    this.credit.reset();
    this.pump();
  }

  detach(): void {
    this.#outbox = undefined;
    for (const entry of this.#entries.values()) {
      if (entry.state === 'leased') this.leases.end(entry.deliveryLease, 'owner-closed');
      if (entry.state === 'leased' || entry.state === 'notified') this.#makeReady(entry);
    }
  }

  end(): void {
    this.#outbox = undefined;
    for (const entry of [...this.#entries.values()]) {
      // What was handed over and not acknowledged may have been worked on: it is not known to be lost.
      if (entry.attempt === 0) this.#drops.add('subscription_ended', entry.event.seq);
      this.#remove(entry, 'owner-closed');
    }
    this.#backlog.clear();
    if (this.#starved !== undefined) this.#wakeups.cancel(this.#starved);
  }

  leaseExpired(entry: Entry, _leaseId: number): void {
    const backOffMs = BACK_OFF_MS[Math.min(entry.attempt, BACK_OFF_MS.length) - 1] ?? 0;
    this.rest(entry, backOffMs);
  }

  acknowledged(entry: Entry, leaseId: number): void {
    // The table has freed the id.
    if (leaseId === entry.deliveryLease) entry.deliveryLease = NO_LEASE;
    else entry.retentionLease = NO_LEASE;
    this.counters.acknowledged += 1;
    this.done(entry);
  }

  released(entry: Entry, _leaseId: number, delayMs: number): void {
    this.rest(entry, delayMs);
    this.pump();
  }

  revived(entry: Entry, _leaseId: number): void {
    this.#unplace(entry);
    entry.state = 'leased';
  }

  rested(entry: Entry): void {
    this.#makeReady(entry);
    this.pump();
  }

  fateOf(seq: number): FateAnswer {
    const entry = this.#entries.get(seq);
    if (entry !== undefined) return this.#fateOfEntry(entry);
    return fateOfGone(this.#drops, seq, { kind: 'acknowledged', text: 'delivered and acknowledged' });
  }

  protected entry(seq: number): Entry | undefined {
    return this.#entries.get(seq);
  }

  /** Starts a delivery lease on the entry, its next attempt. Refused as the lease table refuses. */
  protected lease(entry: Entry, ttlMs: number): LeaseGrant | LeaseRefusal {
    if (entry.deliveryLease === NO_LEASE) {
      const allocated = this.leases.allocate('delivery', this.recipient.owner, entry);
      if (!allocated.ok) return allocated;
      entry.deliveryLease = allocated.id;
    }
    const grant = this.leases.grant(entry.deliveryLease, { ttlMs });
    if (!grant.ok) return grant;
    entry.state = 'leased';
    entry.attempt += 1;
    if (entry.attempt > 1) this.counters.redeliveries += 1;
    return grant;
  }

  protected drop(entry: Entry, reason: DropReason): void {
    this.#drops.add(reason, entry.event.seq);
    this.#remove(entry, 'revoked');
  }

  /** The subscriber wants no more of it. */
  protected done(entry: Entry): void {
    this.#remove(entry, 'acked');
    this.pump();
  }

  /** Whether an event that comes back may be delivered again. */
  protected mayComeAgain(_entry: Entry): boolean {
    return true;
  }

  protected rest(entry: Entry, ms: number): void {
    this.#unplace(entry);
    if (ms === 0) {
      this.#makeReady(entry);
      return;
    }
    entry.state = 'resting';
    entry.rest = this.#wakeups.after(ms, entry);
  }

  #makeReady(entry: Entry): void {
    if (!this.mayComeAgain(entry)) {
      this.drop(entry, 'retention_ended');
      return;
    }
    entry.state = 'ready';
    this.#backlog.giveBack(entry);
  }

  /** Takes it from where it waits, if it waits. */
  #unplace(entry: Entry): void {
    if (entry.rest !== undefined) this.#wakeups.cancel(entry.rest);
    entry.rest = undefined;
    if (entry.state === 'ready') this.#backlog.remove(entry);
  }

  #remove(entry: Entry, cause: 'acked' | 'revoked' | 'owner-closed'): void {
    for (const id of [entry.deliveryLease, entry.retentionLease]) {
      if (id === NO_LEASE) continue;
      this.leases.end(id, cause);
      this.leases.free(id);
    }
    entry.deliveryLease = NO_LEASE;
    entry.retentionLease = NO_LEASE;
    this.#unplace(entry);
    entry.state = 'over';
    this.#entries.delete(entry.event.seq);
    this.#bytes -= entry.event.bytes.length;
    this.#held.letGo(entry.event);
  }

  /** Holds the event. False when it has to go instead, for a reason that is noted. */
  #admit(event: PublishedEvent): boolean {
    if (!this.#makeRoom(event)) return false;
    if (this.#held.hold(event)) return true;
    this.#drops.add('broker_memory', event.seq);
    return false;
  }

  /**
   * False when the event itself is what has to go. Only what is ready gives way: what the subscriber has, was promised,
   * or gave back a moment ago stays.
   */
  #makeRoom(event: PublishedEvent): boolean {
    while (isFull(this.terms, { events: this.#entries.size, bytes: this.#bytes }, event)) {
      if (this.terms.overflow === 'disconnect') this.#outbox?.disconnectSlow();
      const oldest = oldestGivesWay(this.terms, event) ? this.#backlog.peek() : undefined;
      if (oldest === undefined) {
        this.#drops.add('overflow_newest', event.seq);
        return false;
      }
      this.drop(oldest, 'overflow_oldest');
    }
    return true;
  }

  #fateOfEntry(entry: Entry): FateAnswer {
    const attempts = `attempt ${entry.attempt} of ${this.terms.attemptsMax}`;
    switch (entry.state) {
      case 'leased': {
        const remainingMs = this.leases.remainingMs(entry.deliveryLease);
        return { kind: 'leased', text: `with the subscriber for ${remainingMs} ms more, ${attempts}` };
      }
      case 'notified': {
        const remainingMs = this.leases.remainingMs(entry.retentionLease);
        return { kind: 'notified', text: `notified; may be fetched for ${remainingMs} ms more` };
      }
      case 'resting':
        return { kind: 'waiting', text: `rests before it is delivered again, after ${attempts}` };
      default:
        return fateOfWaiting({
          connected: this.#outbox !== undefined,
          credit: this.credit.some,
          lease: this.#starved === undefined,
        });
    }
  }
}
