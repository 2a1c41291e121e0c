import type { Recipient } from '../delivery/delivery.ts';
import { type Entry, NO_LEASE } from '../delivery/entry.ts';
import { type FateAnswer, fateOfGone } from '../delivery/fate.ts';
import type { Fetched } from '../delivery/fetching.ts';
import type { Outbox } from '../delivery/outbox.ts';
import type { Wakeup, Woken } from '../delivery/wakeups.ts';
import { granted } from '../leases/index.ts';
import { ProtocolError } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { Consumer } from './consumer.ts';
import { MailboxEntries, type MailboxMeans } from './mailbox-entries.ts';
import type { MailboxPages } from './mailbox-pages.ts';
import type { MailboxTerms } from './mailbox-terms.ts';
import type { StoredPlace } from './page.ts';

/** When no lease is to be had, ask again so much later. */
const LEASE_RETRY_MS = 100;
/** A notice that comes again after a restart keeps at least 30 s of its retention; a grant may be a tenth shorter than it says. */
const RETENTION_AFTER_RESTART_MS = Math.ceil(30_000 / 0.9);

/**
 * A durable subscription with a name: its events are stored, and handed over, when they are flushed, to those who consume
 * it, each event to one of them, until it is acknowledged.
 */
export class Mailbox extends MailboxEntries implements Recipient, Woken {
  readonly consumers: Consumer[] = [];
  readonly #holders = new Map<Entry<StoredPlace>, Consumer>();
  #paused: boolean;
  /** Whose turn it is. */
  #turn = 0;
  /** Running until former consumers have had time to come back after a restart. */
  #waiting: Wakeup | undefined;
  /** Running while some consumer finds no lease to be had. */
  #leaseRetry: Wakeup | undefined;

  /** `restart`: it was there before; for so long its former consumers may come back before it begins. */
  constructor(
    terms: MailboxTerms,
    pages: MailboxPages,
    means: MailboxMeans,
    restart?: { readonly earlierSeq: number; readonly paused: boolean; readonly quietMs: number },
  ) {
    super(terms, pages, means, restart?.earlierSeq ?? 0);
    this.#paused = restart?.paused ?? false;
    if (restart !== undefined && restart.quietMs > 0) this.#waiting = this.wakeups.after(restart.quietMs, this);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Entries that consumers have or were notified of. */
  get handedOver(): number {
    return this.consumers.reduce((sum, { held }) => sum + held.size, 0);
  }

  join(consumer: Consumer): void {
    this.consumers.push(consumer);
    this.pages.eager = true;
  }

  /** What the consumer has goes back. */
  giveBackFrom(consumer: Consumer): void {
    for (const entry of [...consumer.held.values()]) {
      if (entry.state === 'leased') this.leases.end(entry.deliveryLease, 'owner-closed');
      this.note(entry, 'owner-closed');
      this.#takeFrom(consumer, entry);
      this.makeReady(entry);
      this.#traced(entry);
    }
    this.pump();
  }

  /** It leaves in order: what it has and has not settled was not too much for it, and is no attempt to be held against the event. */
  leave(consumer: Consumer): void {
    this.consumers.splice(this.consumers.indexOf(consumer), 1);
    if (this.consumers.length === 0) this.pages.eager = false;
    for (const { state, event } of consumer.held.values()) if (state === 'leased') this.forgive(event.seq);
    this.giveBackFrom(consumer);
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.pump();
  }

  pump(): void {
    if (this.#paused || this.#waiting !== undefined || this.filling) return;
    for (let consumer = this.#nextReady(); consumer !== undefined; consumer = this.#nextReady()) {
      const outbox = consumer.ready as Outbox;
      if (consumer.dropsTold !== this.drops.count) {
        consumer.dropsTold = this.drops.count;
        this.drops.tellAll(outbox, consumer.subscription);
      }
      const entry = this.nextEntry();
      if (entry === undefined) return;
      // Pumped again when that is flushed.
      if (!this.pages.mayBeHanded(entry.event)) {
        this.backlog.giveBack(entry);
        return;
      }
      if (this.isOver(entry)) continue;
      if (!this.#hand(entry, consumer, outbox)) {
        this.backlog.giveBack(entry);
        // It has as many leases as it may; others may have some left.
        consumer.leaseless = true;
        this.#leaseRetry ??= this.wakeups.after(LEASE_RETRY_MS, { wake: () => this.#retryLeases() });
        continue;
      }
      this.#turn += 1;
    }
  }

  /** The time after a restart is over. */
  wake(): void {
    this.#waiting = undefined;
    this.pump();
  }

  /** For a consumer that was notified of the entry. */
  fetch(entry: Entry<StoredPlace>, consumer: Consumer, leaseMs: number): Fetched {
    const event = this.means.events.read(entry.event);
    if (event === undefined) {
      this.giveUp(entry, 'unreadable', false);
      this.pump();
      throw new ProtocolError('event_gone', `what is stored of event ${entry.event.seq} cannot be read`);
    }
    const lease = granted(this.lease(entry, consumer.owner, leaseMs));
    this.#traced(entry);
    this.counters.fetched += 1;
    return { event, handover: { attempt: entry.attempt, lease } };
  }

  override leaseExpired(entry: Entry<StoredPlace>, leaseId: number): void {
    if (leaseId === entry.retentionLease) {
      // What was fetched is looked at when its delivery ends.
      if (entry.state !== 'notified') return;
      // Or nobody would ever find out that nobody fetches it.
      entry.attempt += 1;
    }
    this.note(entry, 'expired');
    super.leaseExpired(entry, leaseId);
  }

  override released(entry: Entry<StoredPlace>, leaseId: number, delayMs: number): void {
    this.note(entry, 'released');
    if (leaseId === entry.retentionLease && entry.state === 'leased') {
      this.leases.end(entry.deliveryLease, 'released');
    }
    super.released(entry, leaseId, delayMs);
  }

  override revived(entry: Entry<StoredPlace>, leaseId: number): void {
    if (leaseId !== entry.deliveryLease) return;
    super.revived(entry, leaseId);
    const consumer = this.#holders.get(entry);
    if (consumer !== undefined && this.consumers.includes(consumer)) consumer.held.set(entry.event.seq, entry);
  }

  /** It is over: what is in memory of it goes, with its leases. */
  close(): void {
    for (const entry of [...this.entries.values()]) this.remove(entry, 'owner-closed');
    this.backlog.clear();
    for (const wakeup of [this.#waiting, this.#leaseRetry]) if (wakeup !== undefined) this.wakeups.cancel(wakeup);
    this.means.tight(this, false);
  }

  /** What a restart must know of the entries that are notified now. */
  traceNotified(): void {
    for (const entry of this.entries.values()) if (entry.state === 'notified') this.#traced(entry);
  }

  fateOf(seq: number): FateAnswer {
    const entry = this.entries.get(seq);
    if (entry !== undefined) return this.#fateOfEntry(entry);
    if (seq > this.pages.flushedSeq) return { kind: 'waiting', text: 'waiting: it is being written to the store' };
    const place = this.pages.find(seq);
    if (place !== undefined && !place.page.state.isSettled(place.index)) {
      return { kind: 'waiting', text: 'waiting: stored, and not yet its turn' };
    }
    return fateOfGone(this.drops, seq, { kind: 'acknowledged', text: 'delivered and acknowledged' });
  }

  protected override removed(entry: Entry<StoredPlace>): void {
    super.removed(entry);
    this.#holders.get(entry)?.held.delete(entry.event.seq);
    this.#holders.delete(entry);
  }

  protected override rest(entry: Entry<StoredPlace>, ms: number): void {
    const holder = this.#holders.get(entry);
    if (holder !== undefined) this.#takeFrom(holder, entry);
    this.#traced(entry);
    super.rest(entry, ms);
  }

  #retryLeases(): void {
    this.#leaseRetry = undefined;
    for (const consumer of this.consumers) consumer.leaseless = false;
    this.pump();
  }

  /** The consumer whose turn it is among those that may be given something. It stays so until it is given something. */
  #nextReady(): Consumer | undefined {
    for (let i = 0; i < this.consumers.length; i++) {
      const turn = (this.#turn + i) % this.consumers.length;
      const consumer = this.consumers[turn] as Consumer;
      if (consumer.ready === undefined) continue;
      this.#turn = turn;
      return consumer;
    }
    return undefined;
  }

  #hand(entry: Entry<StoredPlace>, consumer: Consumer, outbox: Outbox): boolean {
    const event = this.means.events.read(entry.event);
    if (event === undefined) {
      this.giveUp(entry, 'unreadable', false);
      return true;
    }
    const handed = consumer.terms.mode === 'pull' ? this.#notify : this.#push;
    if (!handed.call(this, entry, event, consumer, outbox)) return false;
    consumer.held.set(entry.event.seq, entry);
    this.#holders.set(entry, consumer);
    this.backlog.handed(entry);
    this.#traced(entry);
    return true;
  }

  #push(entry: Entry<StoredPlace>, event: PublishedEvent, consumer: Consumer, outbox: Outbox): boolean {
    const lease = this.lease(entry, consumer.owner, consumer.terms.deliveryLeaseMs);
    if (!lease.ok) return false;
    if (entry.attempt > 1) this.since.redelivered += 1;
    consumer.credit.spend(entry.event.size);
    this.counters.pushed += 1;
    this.#tellProvenance(event, outbox);
    outbox.event(consumer.subscription, event, { attempt: entry.attempt, lease });
    return true;
  }

  #notify(entry: Entry<StoredPlace>, event: PublishedEvent, consumer: Consumer, outbox: Outbox): boolean {
    const allocated = this.leases.allocate('retention', consumer.owner, entry);
    if (!allocated.ok) return false;
    entry.retentionLease = allocated.id;
    const lease = granted(this.leases.grant(allocated.id, { ttlMs: this.#retentionMs(entry, consumer) }));
    entry.state = 'notified';
    consumer.credit.spend(0);
    consumer.notified(entry);
    this.counters.notices += 1;
    this.#tellProvenance(event, outbox);
    outbox.notice(consumer.subscription, event, { attempt: entry.attempt, lease });
    return true;
  }

  #tellProvenance({ provenance }: PublishedEvent, outbox: Outbox): void {
    if (this.terms.order !== undefined) outbox.provenance?.(provenance);
  }

  /** What the consumer says; or, of a notice that a restart cut short, what was left of it. */
  #retentionMs({ event }: Entry<StoredPlace>, consumer: Consumer): number {
    const leftMs = event.page.state.trace(event.index)?.retentionMs ?? 0;
    if (leftMs === 0) return consumer.terms.retentionMs;
    return Math.min(Math.max(leftMs, RETENTION_AFTER_RESTART_MS), this.means.retentionMsMax);
  }

  /** It does not have the entry any more. */
  #takeFrom(consumer: Consumer, entry: Entry<StoredPlace>): void {
    consumer.held.delete(entry.event.seq);
    if (entry.retentionLease === NO_LEASE) return;
    this.leases.end(entry.retentionLease, 'revoked');
    this.leases.free(entry.retentionLease);
    entry.retentionLease = NO_LEASE;
  }

  #traced(entry: Entry<StoredPlace>): void {
    const retentionMs = entry.state === 'notified' ? this.leases.remainingMs(entry.retentionLease) : 0;
    this.pages.trace(entry.event, entry.attempt, retentionMs);
  }

  #fateOfEntry(entry: Entry<StoredPlace>): FateAnswer {
    const attempts = `attempt ${entry.attempt} of ${this.terms.attemptsMax}`;
    switch (entry.state) {
      case 'leased': {
        const remainingMs = this.leases.remainingMs(entry.deliveryLease);
        return { kind: 'leased', text: `with a consumer for ${remainingMs} ms more, ${attempts}` };
      }
      case 'notified': {
        const remainingMs = this.leases.remainingMs(entry.retentionLease);
        return { kind: 'notified', text: `a consumer was notified; it may be fetched for ${remainingMs} ms more` };
      }
      case 'resting':
        return { kind: 'waiting', text: `rests before it is delivered again, after ${attempts}` };
      default:
        return { kind: 'waiting', text: `waiting: ${this.#whatFor()}` };
    }
  }

  #whatFor(): string {
    if (this.#paused) return 'the mailbox is paused';
    if (this.consumers.length === 0) return 'the mailbox has no consumer';
    if (this.#waiting !== undefined) return 'after the restart, for those who consumed it before';
    if (this.#leaseRetry !== undefined) return 'no lease is to be had';
    return 'no consumer has given credit, or reads';
  }
}
