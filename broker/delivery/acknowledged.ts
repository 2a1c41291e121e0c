import type { DropReason } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import { Backlog } from './backlog.ts';
import { Credit, type CreditBounds } from './credit.ts';
import type { Delivery, DeliveryTerms, Recipient } from './delivery.ts';
import { Drops } from './drops.ts';
import { Entries, type EntriesMeans } from './entries.ts';
import { Entry } from './entry.ts';
import { type FateAnswer, fateOfGone, fateOfWaiting } from './fate.ts';
import type { HeldEvents } from './held-events.ts';
import { OrderedBacklog } from './ordered-backlog.ts';
import type { Outbox } from './outbox.ts';
import { isFull, oldestGivesWay } from './overflow.ts';
import type { Wakeup, Woken } from './wakeups.ts';

/** When no lease is to be had, ask again so much later. */
const LEASE_RETRY_MS = 100;

export interface AcknowledgedMeans extends EntriesMeans {
  readonly held: HeldEvents;
  readonly creditMax: CreditBounds;
  readonly wallMs: () => number;
}

/** Whose events these are. */
export interface Addressee {
  readonly subscription: number;
  /** Principal of the leases. */
  readonly owner: string;
}

/**
 * What push with acknowledgement and pull have in common, at least once: the events of one subscription that are kept in
 * memory until it acknowledges them. They differ in how an event that is ready reaches the subscriber: `hand`.
 */
export abstract class Acknowledged extends Entries<PublishedEvent> implements Delivery, Recipient, Woken {
  protected readonly addressee: Addressee;
  protected readonly terms: DeliveryTerms;
  protected readonly credit: Credit;
  readonly #held: HeldEvents;
  readonly #wallMs: () => number;
  readonly #drops: Drops;
  #bytes = 0;
  #outbox: Outbox | undefined;
  /** Running while no lease is to be had. */
  #starved: Wakeup | undefined;

  constructor(addressee: Addressee, terms: DeliveryTerms, means: AcknowledgedMeans) {
    const { queueEvents, ordered, order = 'fifo' } = terms;
    super(
      means,
      ordered === true
        ? new OrderedBacklog(queueEvents, order, ({ event }) => event.provenance)
        : new Backlog(queueEvents),
    );
    this.addressee = addressee;
    this.terms = terms;
    this.credit = new Credit(terms.credit, means.creditMax);
    this.#held = means.held;
    this.#wallMs = means.wallMs;
    this.#drops = new Drops(means.counters.drops);
  }

  /**
   * Passes a ready entry on, spends the credit for it, and gives it its next state. False when no lease is to be had;
   * then nothing is changed.
   */
  protected abstract hand(entry: Entry<PublishedEvent>, outbox: Outbox): boolean;

  offer(event: PublishedEvent): void {
    if (!this.#admit(event)) {
      // Nothing new to send, but a drop to tell of.
      this.pump();
      return;
    }
    const entry = new Entry(event, this);
    this.entries.set(event.seq, entry);
    this.#bytes += event.bytes.length;
    // Before what was published since.
    if (event.retained && this.backlog.freshWait) this.backlog.giveBack(entry);
    else this.backlog.add(entry);
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
      this.#drops.tell(outbox, this.addressee.subscription);
      const entry = this.backlog.next();
      if (entry === undefined) return;
      if (this.#isExpired(entry)) this.drop(entry, 'expired');
      else if (entry.attempt >= this.terms.attemptsMax) this.drop(entry, 'attempts_exhausted');
      else if (!this.hand(entry, outbox)) {
        this.backlog.giveBack(entry);
        this.#starved = this.wakeups.after(LEASE_RETRY_MS, this);
        return;
      } else this.backlog.handed(entry);
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

  retainedFirst(offering: boolean): void {
    this.backlog.freshWait = offering;
    if (!offering) this.pump();
  }

  attach(outbox: Outbox): void {
    this.#outbox = outbox;
    this.#drops.untell();
    this.credit.reset();
    this.pump();
  }

  detach(): void {
    this.#outbox = undefined;
    for (const entry of this.entries.values()) {
      if (entry.state === 'leased') this.leases.end(entry.deliveryLease, 'owner-closed');
      if (entry.state === 'leased' || entry.state === 'notified') this.makeReady(entry);
    }
  }

  end(): void {
    this.#outbox = undefined;
    for (const entry of [...this.entries.values()]) {
      // What was handed over and not acknowledged may have been worked on: it is not known to be lost.
      if (entry.attempt === 0) this.#drops.add('subscription_ended', entry.event.seq);
      this.remove(entry, 'owner-closed');
    }
    this.backlog.clear();
    if (this.#starved !== undefined) this.wakeups.cancel(this.#starved);
  }

  fateOf(seq: number): FateAnswer {
    const entry = this.entries.get(seq);
    if (entry !== undefined) return this.#fateOfEntry(entry);
    return fateOfGone(this.#drops, seq, { kind: 'acknowledged', text: 'delivered and acknowledged' });
  }

  protected entry(seq: number): Entry<PublishedEvent> | undefined {
    return this.entries.get(seq);
  }

  protected drop(entry: Entry<PublishedEvent>, reason: DropReason): void {
    this.#drops.add(reason, entry.event.seq);
    this.remove(entry, 'revoked');
  }

  protected override removed({ event }: Entry<PublishedEvent>): void {
    this.#bytes -= event.bytes.length;
    this.#held.letGo(event);
  }

  #isExpired({ event: { expiresMs } }: Entry<PublishedEvent>): boolean {
    return expiresMs !== 0 && expiresMs <= this.#wallMs();
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
    while (isFull(this.terms, { length: this.entries.size, bytes: this.#bytes }, event.bytes.length)) {
      if (this.terms.overflow === 'disconnect') this.#outbox?.disconnectSlow();
      const oldest = oldestGivesWay(this.terms, event.bytes.length) ? this.backlog.oldest() : undefined;
      if (oldest === undefined) {
        this.#drops.add('overflow_newest', event.seq);
        return false;
      }
      this.drop(oldest, 'overflow_oldest');
    }
    return true;
  }

  #fateOfEntry(entry: Entry<PublishedEvent>): FateAnswer {
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
