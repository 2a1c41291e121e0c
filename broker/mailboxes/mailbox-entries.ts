import { Backlog } from '../delivery/backlog.ts';
import { Drops } from '../delivery/drops.ts';
import { Entries, type EntriesMeans } from '../delivery/entries.ts';
import { Entry } from '../delivery/entry.ts';
import { OrderedBacklog } from '../delivery/ordered-backlog.ts';
import type { Time } from '../kernel/time.ts';
import type { EventLog } from '../log/event-log.ts';
import { BROKERS_OWN, type DropReason, ProtocolError, type Provenance, RUN_EVENTS_MAX } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { PublishedRun } from '../publish/published-run.ts';
import { isLetter, type Redriven, redriven } from './dead-letters.ts';
import { History } from './history.ts';
import type { MailboxPages } from './mailbox-pages.ts';
import type { MailboxTerms } from './mailbox-terms.ts';
import type { StoredPlace } from './page.ts';
import type { StoredEvents } from './stored-events.ts';

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
  /** The longest run there may be, but for one that is asked about by itself. */
  readonly runBytesMax: number;
  /** The longest retention there may be. */
  readonly retentionMsMax: number;
  /** Whether anything more may be stored: throws ProtocolError `store_full` or `store_busy`. */
  readonly admit: () => void;
  /** Publishes it, in this turn, so that it is stored with the same commit that takes it out of here. */
  readonly deadLetter: (letter: DeadLetter) => void;
  /** From now on, or not any more, it may be asked whether a publisher has to be refused on its account. */
  readonly tight: (mailbox: MailboxEntries, tight: boolean) => void;
}

/**
 * The entries of a mailbox: how they come into it, within its limits; how those whose turn it is come into memory; and how
 * they are given up, by age, by limits, by too many attempts, or because somebody said so. Handing them over is for who
 * extends this.
 *
 * What is in memory is the window of entries that are being handed over; the rest is in the pages.
 */
export abstract class MailboxEntries extends Entries<StoredPlace> {
  readonly terms: MailboxTerms;
  readonly pages: MailboxPages;
  /** On the wall clock, as the last sweep found it. `undefined`: it is empty. */
  oldestStoredMs: number | undefined;
  /** Since the broker started. */
  readonly since = { redelivered: 0, deadLettered: 0 };
  readonly drops: Drops;
  protected readonly means: MailboxMeans;
  /** Nothing is handed over meanwhile. */
  protected filling = false;
  readonly #histories = new Map<number, History>();
  /**
   * By seq, how many attempts are not held against the event: it was perhaps handed over by an earlier run, which did not
   * get to say so; or a consumer left in order.
   */
  readonly #forgiven = new Map<number, number>();
  /** What an earlier run may have handed over ends here. */
  readonly #earlierSeq: number;
  #lastLoadedSeq = 0;
  /** Entries in memory that will expire by a time of their own. */
  #expiring = 0;
  #tight = false;

  constructor(terms: MailboxTerms, pages: MailboxPages, means: MailboxMeans, earlierSeq: number) {
    const provenanceOf = ({ event }: Entry<StoredPlace>): Provenance =>
      means.events.read(event)?.provenance ?? BROKERS_OWN;
    const { ordered, order = 'fifo' } = terms;
    const max = Number.MAX_SAFE_INTEGER;
    super(means, ordered === true ? new OrderedBacklog(max, order, provenanceOf) : new Backlog(max));
    this.terms = terms;
    this.pages = pages;
    this.means = means;
    this.drops = new Drops(means.counters.drops);
    this.#earlierSeq = earlierSeq;
    this.watchLimits();
  }

  /** Events in it, those included that consumers have. */
  get length(): number {
    return this.pages.counts.entries;
  }

  get resting(): number {
    let resting = 0;
    for (const { state } of this.entries.values()) if (state === 'resting') resting += 1;
    return resting;
  }

  admit(event: PublishedEvent): void {
    this.means.admit();
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
    this.watchLimits();
  }

  /** Where it has room for all of them: then nothing has to give way. */
  takesRun(events: number, bytes: number): boolean {
    return this.hasRoomFor(bytes, events);
  }

  offerRun(run: PublishedRun, from: number, count: number): void {
    this.pages.addRun(run, from, count);
    this.watchLimits();
  }

  /** Whether it may have to refuse one of so many events, if they match. Only one that is tight may. */
  mayRefuse(events: number, bytes: number): boolean {
    return this.filling || !this.hasRoomFor(bytes, events);
  }

  hasRoomFor(bytes: number, events = 1): boolean {
    const { counts } = this.pages;
    return counts.entries + events <= this.terms.events && counts.bytes + bytes <= this.terms.bytes;
  }

  /**
   * Drops what is too old, or has expired: of what is stored, where all of the next page is. To be called now and then; looks
   * at a bounded number of entries, and answers whether there are more.
   */
  sweep(): boolean {
    const nowMs = this.means.time.wallMs();
    const moreKept = this.pages.freeKept(STEP_ENTRIES);
    this.#sweepLoaded(nowMs);
    const more = this.#sweepStored(nowMs);
    // What went may have held others back.
    if (this.terms.ordered === true) this.pump();
    const [first] = this.entries.values();
    this.oldestStoredMs = this.length === 0 ? undefined : (first?.event.page.storedMs ?? this.pages.next()?.storedMs);
    return more || moreKept;
  }

  /** Drops every entry up to a seq that nobody has and that is stored, some of them a step. Answers how many. */
  *purge(upTo: number): Generator<void, number> {
    let purged = 0;
    this.filling = true;
    for (;;) {
      const more = this.#loadSome(upTo);
      for (const entry of this.entries.values()) {
        if (!isWaiting(entry.state) || entry.event.seq > upTo) continue;
        this.giveUp(entry, 'purged', false);
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
      this.watchLimits();
      if (step.done === true) {
        this.pump();
        return step.value;
      }
      yield;
    }
  }

  /** Gives up everything, some of it a step, for it ends; with dead letters if that is its policy. */
  *giveUpAll(): Generator<void, void> {
    this.filling = true;
    for (;;) {
      const more = this.#loadSome(Number.MAX_SAFE_INTEGER);
      for (const entry of this.entries.values()) {
        this.giveUp(entry, 'subscription_ended', this.terms.atEnd === 'dead-letter');
      }
      if (!more) return;
      yield;
    }
  }

  /** Nothing is handed over while what came before is still being found. */
  fill(filling: boolean): void {
    this.filling = filling;
    this.watchLimits();
    if (!filling) this.pump();
  }

  /** What a dead letter that nobody has was before. `undefined`: it is none, or somebody has it. */
  letterAt(place: StoredPlace): Redriven | undefined {
    const entry = this.entries.get(place.seq);
    if (entry !== undefined && !isWaiting(entry.state)) return undefined;
    const event = this.means.events.read(place);
    return event === undefined ? undefined : redriven(event);
  }

  /** It goes elsewhere. */
  takeOut(place: StoredPlace): void {
    const entry = this.entries.get(place.seq);
    this.pages.settle(place);
    if (entry !== undefined) this.remove(entry, 'revoked');
    this.watchLimits();
  }

  stateOf({ seq }: StoredPlace): 'stored' | 'ready' | 'notified' | 'leased' | 'resting' {
    const state = this.entries.get(seq)?.state;
    return state === undefined || state === 'over' ? 'stored' : state;
  }

  attemptOf(place: StoredPlace): number {
    return this.entries.get(place.seq)?.attempt ?? place.page.state.trace(place.index)?.attempt ?? 0;
  }

  protected nextEntry(): Entry<StoredPlace> | undefined {
    for (let entry = this.backlog.next(); entry !== undefined; entry = this.backlog.next()) {
      // What expired in the midst of the others is still among them.
      if (entry.state !== 'over') return entry;
    }
    const mayLoad = !this.backlog.isStuck && this.entries.size < this.means.loadedMax;
    return mayLoad && this.#load() ? this.nextEntry() : undefined;
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
      const first = this.pages.nextFirst();
      if (first !== undefined && first > seq) return false;
      if (first === undefined || !this.#load()) return this.pages.behind;
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
      this.forgive(place.seq);
    }
    if (place.expiresMs !== 0) this.#expiring += 1;
    this.entries.set(place.seq, entry);
    if (place.seq > this.#lastLoadedSeq) this.backlog.add(entry);
    else this.backlog.giveBack(entry);
    this.#lastLoadedSeq = Math.max(this.#lastLoadedSeq, place.seq);
  }

  /** What need not be handed over, or not again, is dealt with. */
  protected isOver(entry: Entry<StoredPlace>): boolean {
    if (this.#isExpired(entry, this.means.time.wallMs())) {
      this.giveUp(entry, 'expired', false);
      return true;
    }
    const attempts = entry.attempt - (this.#forgiven.get(entry.event.seq) ?? 0);
    if (attempts < this.terms.attemptsMax) return false;
    this.giveUp(entry, 'attempts_exhausted', true);
    return true;
  }

  #isExpired({ event }: Entry<StoredPlace>, nowMs: number): boolean {
    return event.page.storedMs + this.terms.ageMs <= nowMs || (event.expiresMs !== 0 && event.expiresMs <= nowMs);
  }

  #sweepLoaded(nowMs: number): void {
    for (const entry of this.entries.values()) {
      if (this.#isExpired(entry, nowMs)) {
        if (isWaiting(entry.state)) this.giveUp(entry, 'expired', false);
      } else if (this.#expiring === 0) return;
    }
  }

  /** False when nothing more that is stored is too old. */
  #sweepStored(nowMs: number): boolean {
    let loaded = 0;
    while (loaded < STEP_ENTRIES && this.entries.size < this.means.loadedMax) {
      const next = this.pages.next();
      if (next === undefined || Math.min(next.storedMs + this.terms.ageMs, next.expiresMs) > nowMs) return false;
      const before = this.entries.size;
      if (!this.#load()) return this.pages.behind;
      loaded += this.entries.size - before;
      this.#sweepLoaded(nowMs);
    }
    // Else what consumers have stands in the way.
    return this.entries.size < this.means.loadedMax;
  }

  /** The oldest that no consumer has, perhaps one that is not flushed yet. False when there is none. */
  #giveUpOldest(): boolean {
    const asDeadLetter = this.terms.overflow === 'dead-letter';
    // Also when as many are in memory as may be: what is loaded here goes at once.
    do {
      const oldest = this.backlog.oldest();
      if (oldest === undefined) continue;
      this.backlog.remove(oldest);
      if (oldest.state === 'over') continue;
      this.giveUp(oldest, 'overflow_oldest', asDeadLetter);
      return true;
    } while (this.backlog.oldest() !== undefined || this.#load() || this.pages.behind);
    const unflushed = this.pages.dropUnflushed();
    if (unflushed === undefined) return false;
    const { first, seq } = unflushed;
    const event = asDeadLetter ? this.means.events.readFrom(first, seq) : undefined;
    this.#gaveUp(seq, event, { reason: 'overflow_oldest', attempts: 0, history: '' });
    return true;
  }

  protected giveUp(entry: Entry<StoredPlace>, reason: DropReason, asDeadLetter: boolean): void {
    const event = asDeadLetter ? this.means.events.read(entry.event) : undefined;
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
    this.watchLimits();
    if (event === undefined || isLetter(event)) return;
    this.since.deadLettered += 1;
    this.means.deadLetter({ ...story, mailbox: this.terms.name, event });
  }

  protected note(entry: Entry<StoredPlace>, end: 'expired' | 'released' | 'owner-closed'): void {
    const { seq } = entry.event;
    let history = this.#histories.get(seq);
    if (history === undefined) {
      history = new History();
      this.#histories.set(seq, history);
    }
    history.add(entry.attempt, end, this.means.time.wallMs());
  }

  protected watchLimits(): void {
    if (this.terms.overflow !== 'reject') return;
    const { events, bytes } = this.terms;
    const { counts } = this.pages;
    // What is still being found takes room without asking.
    const tight =
      this.filling || counts.entries + RUN_EVENTS_MAX > events || counts.bytes + this.means.runBytesMax > bytes;
    if (tight === this.#tight) return;
    this.#tight = tight;
    this.means.tight(this, tight);
  }

  protected forgive(seq: number): void {
    this.#forgiven.set(seq, (this.#forgiven.get(seq) ?? 0) + 1);
  }

  protected override removed({ event: { seq, expiresMs } }: Entry<StoredPlace>): void {
    this.#histories.delete(seq);
    this.#forgiven.delete(seq);
    if (expiresMs !== 0) this.#expiring -= 1;
  }

  protected override done(entry: Entry<StoredPlace>): void {
    this.pages.settle(entry.event);
    super.done(entry);
    this.watchLimits();
  }
}

function isWaiting(state: Entry<StoredPlace>['state']): boolean {
  return state === 'ready' || state === 'resting';
}
