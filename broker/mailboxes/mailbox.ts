import { Backlog } from '../delivery/backlog.ts';
import type { Recipient } from '../delivery/delivery.ts';
import { Drops } from '../delivery/drops.ts';
import { Entries, type EntriesMeans } from '../delivery/entries.ts';
import { Entry, NO_LEASE } from '../delivery/entry.ts';
import { type FateAnswer, fateOfGone } from '../delivery/fate.ts';
import type { Fetched } from '../delivery/fetching.ts';
import type { Outbox } from '../delivery/outbox.ts';
import type { Wakeup, Woken } from '../delivery/wakeups.ts';
import type { Time } from '../kernel/time.ts';
import { granted } from '../leases/index.ts';
import type { EventLog } from '../log/event-log.ts';
import { type DropReason, ProtocolError } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { Consumer } from './consumer.ts';
import { type Redriven, redriven } from './dead-letters.ts';
import { History } from './history.ts';
import type { MailboxPages } from './mailbox-pages.ts';
import type { MailboxTerms } from './mailbox-terms.ts';
import type { StoredPlace } from './page.ts';
import type { StoredEvents } from './stored-events.ts';

/** When no lease is to be had, ask again so much later. */
const LEASE_RETRY_MS = 100;
/** A notice that comes again after a restart keeps at least 30 s of its retention; a grant may be a tenth shorter than it says. */
const RETENTION_AFTER_RESTART_MS = Math.ceil(30_000 / 0.9);
/** What is settled in one go when many entries are. */
const STEP_ENTRIES = 1_000;

/** An event that a mailbox gave up. */
export interface DeadLetter {
  readonly mailbox: string;
  readonly reason: DropReason;
  readonly attempts: number;
  /** What became of each attempt, as far as this run of the broker knows. */
  readonly history: string;
  readonly event: PublishedEvent;
}

export interface MailboxMeans extends EntriesMeans {
  readonly time: Time;
  readonly log: EventLog;
  readonly events: StoredEvents;
  /** Entries that consumers have, or that rest, or wait in memory to be handed over. */
  readonly loadedMax: number;
  /** The largest event there may be. */
  readonly eventBytesMax: number;
  /** The longest retention there may be. */
  readonly retentionMsMax: number;
  /** Whether anything more may be stored: throws ProtocolError `store_full` or `store_busy`. */
  readonly admit: () => void;
  /** Publishes it, in this turn, so that it is stored with the same commit that takes it out of here. */
  readonly deadLetter: (letter: DeadLetter) => void;
  /** From now on, or not any more, a publisher may have to be refused on its account. */
  readonly tight: (mailbox: Mailbox, tight: boolean) => void;
}

/**
 * A durable subscription with a name: its events are stored, and handed over, when they are flushed, to those who consume
 * it, each event to one of them, until it is acknowledged.
 *
 * What is in memory is the window of entries that are being handed over; the rest is in its pages.
 */
export class Mailbox extends Entries<StoredPlace> implements Recipient, Woken {
  readonly terms: MailboxTerms;
  readonly pages: MailboxPages;
  /** On the wall clock, as the last sweep found it. `undefined`: it is empty. */
  oldestStoredMs: number | undefined;
  /** Since the broker started. */
  readonly since = { redelivered: 0, deadLettered: 0 };
  readonly drops: Drops;
  readonly consumers: Consumer[] = [];
  readonly #means: MailboxMeans;
  readonly #holders = new Map<Entry<StoredPlace>, Consumer>();
  readonly #histories = new Map<number, History>();
  /**
   * By seq, how many attempts are not held against the event: it was perhaps handed over by an earlier run, which did not
   * get to say so; or a consumer left in order.
   */
  readonly #forgiven = new Map<number, number>();
  /** What an earlier run may have handed over ends here. */
  readonly #earlierSeq: number;
  #paused: boolean;
  /** Whose turn it is. */
  #turn = 0;
  #lastLoadedSeq = 0;
  /** Entries in memory that will expire by a time of their own. */
  #expiring = 0;
  #tight = false;
  /** Running until former consumers have had time to come back after a restart. */
  #waiting: Wakeup | undefined;
  /** Running while some consumer finds no lease to be had. */
  #leaseRetry: Wakeup | undefined;
  #filling = false;

  /** `restart`: it was there before; for so long its former consumers may come back before it begins. */
  constructor(
    terms: MailboxTerms,
    pages: MailboxPages,
    means: MailboxMeans,
    restart?: { readonly earlierSeq: number; readonly paused: boolean; readonly quietMs: number },
  ) {
    super(means, new Backlog(Number.MAX_SAFE_INTEGER));
    this.terms = terms;
    this.pages = pages;
    this.#means = means;
    this.drops = new Drops(means.counters.drops);
    this.#earlierSeq = restart?.earlierSeq ?? 0;
    this.#paused = restart?.paused ?? false;
    if (restart !== undefined && restart.quietMs > 0) this.#waiting = this.wakeups.after(restart.quietMs, this);
    this.#watchLimits();
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Events in it, those included that consumers have. */
  get length(): number {
    return this.pages.counts.entries;
  }

  /** Entries that consumers have or were notified of. */
  get handedOver(): number {
    return this.consumers.reduce((sum, { held }) => sum + held.size, 0);
  }

  get resting(): number {
    let resting = 0;
    for (const { state } of this.entries.values()) if (state === 'resting') resting += 1;
    return resting;
  }

  admit(event: PublishedEvent): void {
    this.#means.admit();
    if (this.terms.overflow !== 'reject' || this.hasRoomFor(event.bytes.length)) return;
    throw new ProtocolError(
      'mailbox_full',
      `mailbox ${this.terms.name} holds ${this.length} events, as many as it may`,
    );
  }

  offer(event: PublishedEvent): void {
    while (!this.hasRoomFor(event.bytes.length)) {
      const mayGiveWay = this.terms.overflow !== 'reject' && event.bytes.length <= this.terms.bytes;
      if (mayGiveWay && this.#giveUpOldest()) continue;
      this.drops.add('overflow_newest', event.seq);
      return;
    }
    this.pages.add(event);
    this.#watchLimits();
  }

  hasRoomFor(bytes: number): boolean {
    const { counts } = this.pages;
    return counts.entries < this.terms.events && counts.bytes + bytes <= this.terms.bytes;
  }

  join(consumer: Consumer): void {
    this.consumers.push(consumer);
    this.pages.eager = true;
  }

  /** What the consumer has goes back. */
  giveBackFrom(consumer: Consumer): void {
    for (const entry of [...consumer.held.values()]) {
      if (entry.state === 'leased') this.leases.end(entry.deliveryLease, 'owner-closed');
      this.#note(entry, 'owner-closed');
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
    for (const { state, event } of consumer.held.values()) if (state === 'leased') this.#forgive(event.seq);
    this.giveBackFrom(consumer);
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.pump();
  }

  pump(): void {
    if (this.#paused || this.#waiting !== undefined || this.#filling) return;
    for (let consumer = this.#nextReady(); consumer !== undefined; consumer = this.#nextReady()) {
      const outbox = consumer.ready as Outbox;
      if (consumer.dropsTold !== this.drops.count) {
        consumer.dropsTold = this.drops.count;
        this.drops.tellAll(outbox, consumer.subscription);
      }
      const entry = this.#next();
      if (entry === undefined) return;
      // Pumped again when that is flushed.
      if (!this.pages.mayBeHanded(entry.event)) {
        this.backlog.giveBack(entry);
        return;
      }
      if (this.#isOver(entry)) continue;
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
    const event = this.#means.events.read(entry.event);
    if (event === undefined) {
      this.#giveUp(entry, 'unreadable', false);
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
    this.#note(entry, 'expired');
    super.leaseExpired(entry, leaseId);
  }

  override released(entry: Entry<StoredPlace>, leaseId: number, delayMs: number): void {
    this.#note(entry, 'released');
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

  /**
   * Drops what is too old, or has expired: of what is stored, where all of the next page is. To be called now and then; looks
   * at a bounded number of entries, and answers whether there are more.
   */
  sweep(): boolean {
    const nowMs = this.#means.time.wallMs();
    this.pages.freeKept(STEP_ENTRIES);
    this.#sweepLoaded(nowMs);
    const more = this.#sweepStored(nowMs);
    const [first] = this.entries.values();
    this.oldestStoredMs = this.length === 0 ? undefined : (first?.event.page.storedMs ?? this.pages.next()?.storedMs);
    return more;
  }

  /** Drops every entry up to a seq that nobody has and that is stored, some of them a step. Answers how many. */
  *purge(upTo: number): Generator<void, number> {
    let purged = 0;
    this.#filling = true;
    for (;;) {
      const more = this.#loadSome(upTo);
      for (const entry of this.entries.values()) {
        if (!isWaiting(entry.state) || entry.event.seq > upTo) continue;
        this.#giveUp(entry, 'purged', false);
        purged += 1;
      }
      if (!more) break;
      yield;
    }
    this.fill(false);
    return purged;
  }

  /** Makes ready again what was settled and is kept; see MailboxPages.replay. */
  *replay(seq: number, timeMs: number): Generator<void, number> {
    const steps = this.pages.replay(seq, timeMs);
    for (;;) {
      const step = steps.next();
      // What comes back takes room: publishers may have to be refused from now on.
      this.#watchLimits();
      if (step.done === true) {
        this.pump();
        return step.value;
      }
      yield;
    }
  }

  /** Gives up everything, some of it a step, for it ends; with dead letters if that is its policy. */
  *giveUpAll(): Generator<void, void> {
    this.#filling = true;
    for (;;) {
      const more = this.#loadSome(Number.MAX_SAFE_INTEGER);
      for (const entry of this.entries.values()) {
        this.#giveUp(entry, 'subscription_ended', this.terms.atEnd === 'dead-letter');
      }
      if (!more) return;
      yield;
    }
  }

  /** Nothing is handed over while what came before is still being found. */
  fill(filling: boolean): void {
    this.#filling = filling;
    this.#watchLimits();
    if (!filling) this.pump();
  }

  /** It is over: what is in memory of it goes, with its leases. */
  close(): void {
    for (const entry of [...this.entries.values()]) this.remove(entry, 'owner-closed');
    this.backlog.clear();
    for (const wakeup of [this.#waiting, this.#leaseRetry]) if (wakeup !== undefined) this.wakeups.cancel(wakeup);
    this.#means.tight(this, false);
  }

  /** What a dead letter that nobody has was before. `undefined`: it is none, or somebody has it. */
  letterAt(place: StoredPlace): Redriven | undefined {
    const entry = this.entries.get(place.seq);
    if (entry !== undefined && !isWaiting(entry.state)) return undefined;
    const event = this.#means.events.read(place);
    return event === undefined ? undefined : redriven(event);
  }

  /** It goes elsewhere. */
  takeOut(place: StoredPlace): void {
    const entry = this.entries.get(place.seq);
    this.pages.settle(place);
    if (entry !== undefined) this.remove(entry, 'revoked');
    this.#watchLimits();
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

  stateOf({ seq }: StoredPlace): 'stored' | 'ready' | 'notified' | 'leased' | 'resting' {
    const state = this.entries.get(seq)?.state;
    return state === undefined || state === 'over' ? 'stored' : state;
  }

  attemptOf(place: StoredPlace): number {
    return this.entries.get(place.seq)?.attempt ?? place.page.state.trace(place.index)?.attempt ?? 0;
  }

  protected override removed(entry: Entry<StoredPlace>): void {
    const { seq, expiresMs } = entry.event;
    const holder = this.#holders.get(entry);
    holder?.held.delete(seq);
    this.#holders.delete(entry);
    this.#histories.delete(seq);
    this.#forgiven.delete(seq);
    if (expiresMs !== 0) this.#expiring -= 1;
  }

  protected override done(entry: Entry<StoredPlace>): void {
    this.pages.settle(entry.event);
    super.done(entry);
    this.#watchLimits();
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

  #next(): Entry<StoredPlace> | undefined {
    for (let entry = this.backlog.next(); entry !== undefined; entry = this.backlog.next()) {
      // What expired in the midst of the others is still among them.
      if (entry.state !== 'over') return entry;
    }
    return this.entries.size < this.#means.loadedMax && this.#load() ? this.#next() : undefined;
  }

  /** The entries of the next page. False when there is none. */
  #load(): boolean {
    for (let page = this.pages.take(); page !== undefined; page = this.pages.take()) {
      const before = this.entries.size;
      for (const place of page.places) {
        // After a replay some may be here already.
        if (!page.state.isSettled(place.index) && !this.entries.has(place.seq)) this.#enter(place);
      }
      if (this.entries.size > before) return true;
    }
    return false;
  }

  /** Of what is stored up to `seq` about as much as a step is to deal with. False when that was all. */
  #loadSome(seq: number): boolean {
    const enough = this.entries.size + STEP_ENTRIES;
    while (this.entries.size < enough) {
      if ((this.pages.nextFirst() ?? Number.POSITIVE_INFINITY) > seq || !this.#load()) return false;
    }
    return true;
  }

  #enter(place: StoredPlace): void {
    const entry = new Entry(place, this);
    const attempt = place.page.state.trace(place.index)?.attempt ?? 0;
    // One that was notified may have been fetched, which was not written down yet.
    if (attempt > 0) entry.attempt = attempt;
    else if (place.seq <= this.#earlierSeq) {
      entry.attempt = 1;
      this.#forgive(place.seq);
    }
    if (place.expiresMs !== 0) this.#expiring += 1;
    this.entries.set(place.seq, entry);
    if (place.seq > this.#lastLoadedSeq) this.backlog.add(entry);
    else this.backlog.giveBack(entry);
    this.#lastLoadedSeq = Math.max(this.#lastLoadedSeq, place.seq);
  }

  #hand(entry: Entry<StoredPlace>, consumer: Consumer, outbox: Outbox): boolean {
    const event = this.#means.events.read(entry.event);
    if (event === undefined) {
      this.#giveUp(entry, 'unreadable', false);
      return true;
    }
    const handed = consumer.terms.mode === 'pull' ? this.#notify : this.#push;
    if (!handed.call(this, entry, event, consumer, outbox)) return false;
    consumer.held.set(entry.event.seq, entry);
    this.#holders.set(entry, consumer);
    this.#traced(entry);
    return true;
  }

  #push(entry: Entry<StoredPlace>, event: PublishedEvent, consumer: Consumer, outbox: Outbox): boolean {
    const lease = this.lease(entry, consumer.owner, consumer.terms.deliveryLeaseMs);
    if (!lease.ok) return false;
    if (entry.attempt > 1) this.since.redelivered += 1;
    consumer.credit.spend(entry.event.size);
    this.counters.pushed += 1;
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
    outbox.notice(consumer.subscription, event, { attempt: entry.attempt, lease });
    return true;
  }

  /** What the consumer says; or, of a notice that a restart cut short, what was left of it. */
  #retentionMs({ event }: Entry<StoredPlace>, consumer: Consumer): number {
    const leftMs = event.page.state.trace(event.index)?.retentionMs ?? 0;
    if (leftMs === 0) return consumer.terms.retentionMs;
    return Math.min(Math.max(leftMs, RETENTION_AFTER_RESTART_MS), this.#means.retentionMsMax);
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

  /** What need not be handed over, or not again, is dealt with. */
  #isOver(entry: Entry<StoredPlace>): boolean {
    if (this.#isExpired(entry, this.#means.time.wallMs())) {
      this.#giveUp(entry, 'expired', false);
      return true;
    }
    const attempts = entry.attempt - (this.#forgiven.get(entry.event.seq) ?? 0);
    if (attempts < this.terms.attemptsMax) return false;
    this.#giveUp(entry, 'attempts_exhausted', true);
    return true;
  }

  #isExpired({ event }: Entry<StoredPlace>, nowMs: number): boolean {
    return event.page.storedMs + this.terms.ageMs <= nowMs || (event.expiresMs !== 0 && event.expiresMs <= nowMs);
  }

  #sweepLoaded(nowMs: number): void {
    for (const entry of this.entries.values()) {
      if (this.#isExpired(entry, nowMs)) {
        if (isWaiting(entry.state)) this.#giveUp(entry, 'expired', false);
      } else if (this.#expiring === 0) return;
    }
  }

  /** False when nothing more that is stored is too old. */
  #sweepStored(nowMs: number): boolean {
    let loaded = 0;
    while (loaded < STEP_ENTRIES && this.entries.size < this.#means.loadedMax) {
      const next = this.pages.next();
      if (next === undefined || Math.min(next.storedMs + this.terms.ageMs, next.expiresMs) > nowMs) return false;
      const before = this.entries.size;
      if (!this.#load()) return false;
      loaded += this.entries.size - before;
      this.#sweepLoaded(nowMs);
    }
    // Else what consumers have stands in the way.
    return this.entries.size < this.#means.loadedMax;
  }

  /** The oldest that no consumer has, perhaps one that is not flushed yet. False when there is none. */
  #giveUpOldest(): boolean {
    const asDeadLetter = this.terms.overflow === 'dead-letter';
    // Also when as many are in memory as may be: what is loaded here goes at once.
    do {
      const oldest = this.backlog.next();
      if (oldest === undefined || oldest.state === 'over') continue;
      this.#giveUp(oldest, 'overflow_oldest', asDeadLetter);
      return true;
    } while (this.backlog.peek() !== undefined || this.#load());
    const unflushed = this.pages.dropUnflushed();
    if (unflushed === undefined) return false;
    const { first, seq } = unflushed;
    const event = asDeadLetter ? this.#means.events.readFrom(first, seq) : undefined;
    this.#gaveUp(seq, event, { reason: 'overflow_oldest', attempts: 0, history: '' });
    return true;
  }

  #giveUp(entry: Entry<StoredPlace>, reason: DropReason, asDeadLetter: boolean): void {
    const event = asDeadLetter ? this.#means.events.read(entry.event) : undefined;
    const { seq } = entry.event;
    const history = this.#histories.get(seq)?.text ?? '';
    this.pages.settle(entry.event);
    this.remove(entry, 'revoked');
    this.#gaveUp(seq, event, { reason, attempts: entry.attempt, history });
  }

  /** `event` is given where it is to be a dead letter, and can be read. */
  #gaveUp(
    seq: number,
    event: PublishedEvent | undefined,
    story: Pick<DeadLetter, 'reason' | 'attempts' | 'history'>,
  ): void {
    this.drops.add(story.reason, seq);
    this.#watchLimits();
    if (event === undefined) return;
    this.since.deadLettered += 1;
    this.#means.deadLetter({ ...story, mailbox: this.terms.name, event });
  }

  #note(entry: Entry<StoredPlace>, end: 'expired' | 'released' | 'owner-closed'): void {
    const { seq } = entry.event;
    let history = this.#histories.get(seq);
    if (history === undefined) {
      history = new History();
      this.#histories.set(seq, history);
    }
    history.add(entry.attempt, end, this.#means.time.wallMs());
  }

  #watchLimits(): void {
    if (this.terms.overflow !== 'reject') return;
    const { events, bytes } = this.terms;
    const { counts } = this.pages;
    // What is still being found takes room without asking.
    const tight = this.#filling || counts.entries >= events || counts.bytes + this.#means.eventBytesMax > bytes;
    if (tight === this.#tight) return;
    this.#tight = tight;
    this.#means.tight(this, tight);
  }

  #forgive(seq: number): void {
    this.#forgiven.set(seq, (this.#forgiven.get(seq) ?? 0) + 1);
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

function isWaiting(state: Entry<StoredPlace>['state']): boolean {
  return state === 'ready' || state === 'resting';
}
