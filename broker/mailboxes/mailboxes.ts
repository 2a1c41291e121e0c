import type { Filter } from '../../matcher/index.ts';
import type { Config } from '../config/index.ts';
import type { DeliveryTerms, Recipient } from '../delivery/delivery.ts';
import type { EntriesMeans } from '../delivery/entries.ts';
import type { Chore } from '../kernel/chores.ts';
import type { Time } from '../kernel/time.ts';
import type { LeaseGrant } from '../leases/index.ts';
import type { EventLog } from '../log/event-log.ts';
import type { MailboxTotals } from '../observe/durable-series.ts';
import { type Body, type ClientControl, type ControlOf, type From, ProtocolError } from '../protocol/index.ts';
import type { Journal } from '../store/journal.ts';
import { numberIn, rangeOf } from '../store/keys.ts';
import { filterOf, type Registrations } from '../subscribe/registrations.ts';
import { Subscription, type SubscriptionKeeper } from '../subscribe/subscription.ts';
import { deliveryTerms } from '../subscribe/terms.ts';
import { Consumer } from './consumer.ts';
import { DEAD_LETTERS, redrive } from './dead-letters.ts';
import type { HeldMailbox } from './held-mailbox.ts';
import { Mailbox } from './mailbox.ts';
import { MailboxChores } from './mailbox-chores.ts';
import type { DeadLetter, MailboxEntries } from './mailbox-entries.ts';
import { MailboxLeases } from './mailbox-leases.ts';
import { MailboxPages } from './mailbox-pages.ts';
import { decodeMailboxRecord, type MailboxRecord } from './mailbox-record.ts';
import { checkAgreement, checkMailboxName, isOwnName, type MailboxTerms, mailboxTerms } from './mailbox-terms.ts';
import { MailboxWriter } from './mailbox-writer.ts';
import type { StoredEvents } from './stored-events.ts';

const SWEEP_MS = 1_000;
/** How often what is left of leases is written down while they run. */
const LEFT_MS = 60_000;
/** After a restart consumers may come back for so long before what they had is handed over again. */
const QUIET_AFTER_RESTART_MS = 5_000;
/** So many mailboxes are asked at most, for one run, whether it fits: more would cost as much as going event by event. */
const TIGHT_ASKED_MAX = 16;

export interface MailboxesMeans extends EntriesMeans {
  readonly config: Config;
  readonly time: Time;
  readonly journal: Journal;
  readonly log: EventLog;
  readonly events: StoredEvents;
  readonly registrations: Registrations;
  readonly lastSeq: () => number;
  /** Whether anything more may be stored: throws ProtocolError `store_full` or `store_busy`. */
  readonly admit: () => void;
  /** The same, for the broker's own. */
  readonly mayStore: () => boolean;
  /** Publishes a dead letter in this turn. */
  readonly deadLetter: (letter: DeadLetter) => void;
  /** A consumer's subscription ended because its mailbox did. */
  readonly ended: (subscription: Subscription, mailbox: string) => void;
}

/** Every mailbox of the broker: made by its first consumer, found by name, and over when its lease is or it is removed. */
export class Mailboxes implements SubscriptionKeeper {
  readonly isDurable = true;
  readonly #means: MailboxesMeans;
  readonly #byName = new Map<string, HeldMailbox>();
  readonly #bySubscription = new Map<Subscription, HeldMailbox>();
  readonly #chores: MailboxChores;
  readonly #writer: MailboxWriter;
  readonly #leases: MailboxLeases;
  /** Mailboxes that a run of events may fill, and that refuse a publisher then. */
  readonly #tight = new Set<MailboxEntries>();
  /** Of mailboxes that are over. */
  readonly #past = { entered: 0, settled: 0, deadLettered: 0 };
  #nextNumber = 1;
  #stops: (() => void)[] = [];

  constructor(means: MailboxesMeans) {
    this.#means = means;
    this.#writer = new MailboxWriter(means.journal);
    this.#chores = new MailboxChores(means, this.#writer);
    this.#leases = new MailboxLeases(means.leases, means.config, (held) => this.#end(held));
  }

  get count(): number {
    return this.#byName.size;
  }

  /**
   * Whether some mailbox may have to refuse one of so many events, which together have so many bytes: then each has to be
   * asked about (`admit`). Says so too where finding out would cost as much.
   */
  mayRefuse(events: number, bytes: number): boolean {
    if (this.#tight.size === 0) return false;
    if (this.#tight.size > TIGHT_ASKED_MAX || bytes > this.#means.config.dataFrameBytesMax) return true;
    for (const mailbox of this.#tight) if (mailbox.mayRefuse(events, bytes)) return true;
    return false;
  }

  totals(): MailboxTotals {
    const totals = { ...this.#past, count: this.#byName.size, consumers: 0, entries: 0, bytes: 0, oldestMs: 0 };
    const nowMs = this.#means.time.wallMs();
    for (const { mailbox } of this.#byName.values()) {
      const { counts } = mailbox.pages;
      totals.consumers += mailbox.consumers.length;
      totals.entries += counts.entries;
      totals.bytes += counts.bytes;
      totals.entered += counts.entered;
      totals.settled += counts.settled;
      totals.deadLettered += mailbox.since.deadLettered;
      totals.oldestMs = Math.max(totals.oldestMs, nowMs - (mailbox.oldestStoredMs ?? nowMs));
    }
    return totals;
  }

  /** In the order in which they were made. */
  all(): IterableIterator<HeldMailbox> {
    return this.#byName.values();
  }

  /**
   * Goes on with the mailboxes that are stored. Before anything else is done. Throws Error when there is one that the
   * configuration does not allow any more, as when it has fewer leases, or shorter predicates.
   */
  restore(): void {
    const { store } = this.#means.journal;
    for (let from = 0; ; ) {
      const records = store.range({ ...rangeOf('m', [], { from }), limit: 1_000 });
      for (const { key, value } of records) {
        const number = numberIn(key, 0);
        from = number + 1;
        const record = decodeMailboxRecord(value);
        try {
          this.#restoreOne(number, record);
        } catch (cause) {
          const why = cause instanceof Error ? cause.message : String(cause);
          throw new Error(`mailbox ${record.terms.name} does not fit the configuration: ${why}`, { cause });
        }
      }
      if (records.length < 1_000) break;
    }
    // The number of one whose own record is damaged is not given to another, who would find its pages.
    for (const kind of ['p', 'c'] as const) {
      const [last] = store.range({ ...rangeOf(kind), limit: 1, reverse: true });
      if (last !== undefined) this.#nextNumber = Math.max(this.#nextNumber, numberIn(last.key, 0) + 1);
    }
  }

  /** Makes the mailbox for dead letters, if there is none yet. */
  expectDeadLetters(): void {
    if (!this.#byName.has(DEAD_LETTERS)) this.#makeForDeadLetters();
  }

  start(): void {
    const { time } = this.#means;
    this.#stops = [time.every(SWEEP_MS, () => this.#sweep()), time.every(LEFT_MS, () => this.#noteWhatIsLeft())];
  }

  /** What is left of every lease is written down; the journal has still to flush it. */
  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#noteWhatIsLeft();
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Throws ProtocolError `mailbox_unknown`. */
  get(name: string): HeldMailbox {
    return this.#get(name);
  }

  /**
   * A consumer of a mailbox, which is made if there is none of that name. Throws FilterError, or ProtocolError
   * `mailbox_unknown`, `mailbox_differs`, `mailbox_name_invalid`, `mailbox_limit`, `subscription_limit`, `lease_limit`, or
   * what `deliveryTerms` throws.
   */
  attach(
    owner: string,
    name: string,
    request: ControlOf<ClientControl, 'subscribe'>,
  ): { readonly subscription: Subscription; readonly created: boolean } {
    const terms = consumerTerms(request, this.#means.config);
    if (name === DEAD_LETTERS) this.expectDeadLetters();
    const known = this.#byName.get(name);
    if (known === undefined && request.topic === undefined) throw unknown(name);
    const created = known === undefined;
    const held = known ?? this.#make(name, request.topic as string, request);
    const { record } = held;
    if (!created) checkAgreement(record, request);
    this.#checkConsumers(held);
    return { subscription: this.#join(held, owner, terms), created };
  }

  /**
   * Makes one for another door, under a name of the broker's own: it has no lease, and lasts until `end`. Throws FilterError, or
   * ProtocolError `mailbox_limit`, `subscription_limit`, `store_full` or `store_busy`.
   */
  provide({ topic, when }: Filter, terms: MailboxTerms): void {
    this.#means.admit();
    this.#checkRoom();
    const held = this.#hold(this.#nextNumber, {
      topic,
      ...(when !== undefined && { when }),
      terms,
      sinceSeq: this.#means.lastSeq(),
      paused: false,
      leftMs: terms.leaseMs,
      ending: false,
    });
    this.#nextNumber += 1;
    this.#writer.setRecord(held, held.record);
  }

  /** A consumer of one that is there. Throws ProtocolError `mailbox_unknown` or `subscription_limit`. */
  join(owner: string, name: string, terms: DeliveryTerms): Subscription {
    const held = this.#get(name);
    this.#checkConsumers(held);
    return this.#join(held, owner, terms);
  }

  replace(subscription: Subscription, when: string | null): number {
    const held = this.#heldBy(subscription);
    const seq = this.#means.registrations.replace(held.registration, when ?? undefined);
    const { when: _, ...record } = held.record;
    this.#writer.setRecord(held, when === null ? record : { ...record, when });
    return seq;
  }

  renew(subscription: Subscription, leaseMs: number): LeaseGrant {
    const held = this.#heldBy(subscription);
    const grant = this.#leases.renew(held, leaseMs);
    this.#writer.setRecord(held, { ...held.record, terms: { ...held.record.terms, leaseMs }, leftMs: leaseMs });
    return grant;
  }

  leaseMs(subscription: Subscription): number | undefined {
    return this.#leases.leftMs(this.#heldBy(subscription));
  }

  /** The consumer leaves; the mailbox stays, and its time begins to run when nobody is left. */
  remove(subscription: Subscription): number {
    const held = this.#bySubscription.get(subscription);
    if (held !== undefined) {
      this.#leave(held, subscription);
      if (held.mailbox.consumers.length === 0) {
        this.#leases.run(held);
        this.#writer.setRecord(held, { ...held.record, leftMs: held.record.terms.leaseMs });
      }
    }
    return this.#means.lastSeq();
  }

  pause(name: string, paused: boolean): void {
    const held = this.#get(name);
    held.mailbox.pause(paused);
    this.#writer.setRecord(held, { ...held.record, paused });
  }

  /** `done` is told how many entries were dropped. Throws ProtocolError `mailbox_unknown` or `mailbox_busy`. */
  purge(name: string, done: (entries: number) => void): void {
    // What comes from now on stays, though the first step is taken later.
    this.#chores.purge(this.#get(name), this.#means.lastSeq(), done);
  }

  /** `done` is told how many entries are handed over again. Throws ProtocolError `mailbox_unknown` or `mailbox_busy`. */
  replay(name: string, from: From, done: (entries: number) => void): void {
    this.#chores.replay(this.#get(name), beginningOf(from, this.#means.lastSeq()), done);
  }

  /**
   * Ends it at once: nothing matches it any more, its consumers have left. Its entries go in the course of time. Answers
   * how many there were. Throws ProtocolError `mailbox_unknown`, `mailbox_busy`, or
   * `subscription_mode` for the one of dead letters.
   */
  end(name: string): number {
    if (name === DEAD_LETTERS)
      throw new ProtocolError('subscription_mode', `${DEAD_LETTERS} cannot be removed; purge it`);
    const held = this.#get(name);
    this.#chores.checkIdle(held);
    const entries = held.mailbox.length;
    this.#leases.end(held);
    this.#end(held);
    return entries;
  }

  /**
   * Puts dead letters back where they came from; see dead-letters.ts. `hand` publishes an event for one recipient only. As
   * far as the store and their mailbox have room.
   */
  redrive(
    wish: { readonly from: string | undefined; readonly limit: number },
    hand: (topic: string, body: Body, to: Recipient) => void,
  ): Chore<{ readonly entries: number; readonly left: number }> {
    return redrive(this.#get(DEAD_LETTERS).mailbox, wish, ({ mailbox: name, topic, body }) => {
      const held = this.#byName.get(name);
      if (held === undefined || !held.mailbox.hasRoomFor(body.bytes.length) || !this.#means.mayStore()) return false;
      hand(topic, body, held.mailbox);
      return true;
    });
  }

  #make(name: string, topic: string, request: ControlOf<ClientControl, 'subscribe'>): HeldMailbox {
    checkMailboxName(name);
    const { config, lastSeq, log } = this.#means;
    this.#means.admit();
    this.#checkRoom();
    const terms = mailboxTerms(name, request, config);
    const held = this.#hold(this.#nextNumber, {
      topic,
      ...(request.when !== undefined && { when: request.when }),
      terms,
      sinceSeq: lastSeq(),
      paused: false,
      leftMs: terms.leaseMs,
      ending: false,
    });
    this.#nextNumber += 1;
    this.#orUndo(held, () => this.#leases.begin(held));
    const from = request.from ?? 'now';
    if (from !== 'now') {
      // What is in the log by now and what comes are never in one block, nor in one page.
      log.cut();
      const { seq, timeMs } = beginningOf(from, lastSeq());
      const filling = { from: seq, upTo: lastSeq(), timeMs };
      this.#fill(held, filling);
    }
    this.#writer.setRecord(held, held.record);
    return held;
  }

  #checkRoom(): void {
    if (this.#byName.size < this.#means.config.mailboxesMax) return;
    throw new ProtocolError('mailbox_limit', `the broker holds ${this.#byName.size} mailboxes, as many as it may`);
  }

  #checkConsumers({ mailbox }: HeldMailbox): void {
    const { mailboxConsumersMax } = this.#means.config;
    if (mailbox.consumers.length < mailboxConsumersMax) return;
    const { name } = mailbox.terms;
    throw new ProtocolError(
      'subscription_limit',
      `mailbox ${name} has ${mailboxConsumersMax} consumers, as many as it may`,
    );
  }

  #makeForDeadLetters(): void {
    const { config, lastSeq } = this.#means;
    const terms: MailboxTerms = {
      name: DEAD_LETTERS,
      events: config.mailboxEventsDefault,
      bytes: config.mailboxBytesDefault,
      ageMs: config.mailboxAgeMsMax,
      keepMs: 0,
      overflow: 'drop-oldest',
      atEnd: 'drop',
      // There is nowhere else to put them.
      attemptsMax: Number.MAX_SAFE_INTEGER,
      leaseMs: config.subscriptionLeaseMsMax,
    };
    const topic = `${DEAD_LETTERS}/#`;
    const record = { topic, terms, sinceSeq: lastSeq(), paused: false, leftMs: terms.leaseMs, ending: false };
    const held = this.#hold(this.#nextNumber, record);
    this.#writer.setRecord(held, record);
    this.#nextNumber += 1;
  }

  #restoreOne(number: number, record: MailboxRecord): void {
    this.#nextNumber = Math.max(this.#nextNumber, number + 1);
    const { name } = record.terms;
    const own = isOwnName(name);
    // Of one that another door asked for nobody else takes events: there is nobody to wait for.
    const held = this.#hold(number, record, own && name !== DEAD_LETTERS ? 0 : QUIET_AFTER_RESTART_MS);
    if (record.ending) {
      this.#end(held);
      return;
    }
    if (!own) this.#orUndo(held, () => this.#leases.restore(held));
    if (record.filling !== undefined) {
      this.#fill(held, record.filling);
    }
  }

  /** `quietMs`: it comes out of the store, and begins so much later. */
  #hold(number: number, record: MailboxRecord, quietMs?: number): HeldMailbox {
    const { terms } = record;
    const { journal, log, time } = this.#means;
    const pages = new MailboxPages(number, terms.keepMs, {
      journal,
      log,
      wallMs: () => time.wallMs(),
      touched: () => this.#writer.touchPages(held),
    });
    let restart: { earlierSeq: number; paused: boolean; quietMs: number } | undefined;
    if (quietMs !== undefined) {
      pages.restore();
      const { handedSeq } = pages.counts;
      restart = { earlierSeq: handedSeq, paused: record.paused, quietMs: handedSeq > 0 ? quietMs : 0 };
    }
    const mailbox = new Mailbox(terms, pages, this.#mailboxMeans(), restart);
    const filter = filterOf(record.topic, record.when);
    const registration = this.#means.registrations.add(filter, () => mailbox, record.sinceSeq);
    const held: HeldMailbox = {
      number,
      mailbox,
      registration,
      record,
      leaseId: undefined,
      subscriptions: new Map(),
      busy: false,
    };
    this.#byName.set(terms.name, held);
    return held;
  }

  #mailboxMeans() {
    const { config } = this.#means;
    return {
      ...this.#means,
      loadedMax: config.mailboxLoadedMax,
      runBytesMax: config.dataFrameBytesMax,
      retentionMsMax: config.retentionMsMax,
      tight: (mailbox: MailboxEntries, tight: boolean) => {
        if (tight) this.#tight.add(mailbox);
        else this.#tight.delete(mailbox);
      },
    };
  }

  #join(held: HeldMailbox, owner: string, terms: DeliveryTerms): Subscription {
    const { registrations, counters, config } = this.#means;
    const { mailbox, registration } = held;
    const id = registrations.alias(registration);
    const creditMax = { events: config.creditEventsMax, bytes: config.creditBytesMax };
    const consumer = new Consumer({ subscription: id, owner, terms, creditMax }, mailbox);
    const subscription = new Subscription({
      id,
      owner,
      terms,
      delivery: consumer,
      registration,
      keeper: this,
      // The lease is the mailbox's.
      expired: () => {},
    });
    this.#leases.stop(held);
    mailbox.join(consumer);
    held.subscriptions.set(consumer, subscription);
    this.#bySubscription.set(subscription, held);
    counters[terms.mode === 'pull' ? 'subscriptionsPull' : 'subscriptionsPush'] += 1;
    return subscription;
  }

  /** Where that fails, the mailbox is none. */
  /** With what the log has of it already. */
  #fill(held: HeldMailbox, filling: NonNullable<MailboxRecord['filling']>): void {
    const filter = this.#means.registrations.compile(held.registration.filters.present);
    this.#chores.fill(held, filter, filling);
  }

  #orUndo({ record, registration, mailbox }: HeldMailbox, then: () => void): void {
    try {
      then();
    } catch (error) {
      this.#byName.delete(record.terms.name);
      this.#means.registrations.remove(registration);
      mailbox.close();
      throw error;
    }
  }

  #leave(held: HeldMailbox, subscription: Subscription): void {
    const { registrations, counters } = this.#means;
    subscription.delivery.end();
    registrations.removeAlias(subscription.id);
    held.subscriptions.delete(subscription.delivery as Consumer);
    this.#bySubscription.delete(subscription);
    counters[subscription.terms.mode === 'pull' ? 'subscriptionsPull' : 'subscriptionsPush'] -= 1;
  }

  #end(held: HeldMailbox): void {
    const { mailbox, registration, record } = held;
    const { name } = record.terms;
    for (const subscription of [...held.subscriptions.values()]) {
      this.#leave(held, subscription);
      this.#means.ended(subscription, name);
    }
    this.#byName.delete(name);
    this.#means.registrations.remove(registration);
    this.#writer.setRecord(held, { ...record, ending: true });
    this.#chores.empty(held, () => {
      // What is counted only rises.
      this.#past.entered += mailbox.pages.counts.entered;
      this.#past.settled += mailbox.pages.counts.settled;
      this.#past.deadLettered += mailbox.since.deadLettered;
    });
  }

  #sweep(): void {
    for (const held of this.#byName.values()) this.#chores.sweep(held);
  }

  #noteWhatIsLeft(): void {
    for (const held of this.#byName.values()) {
      held.mailbox.traceNotified();
      const leftMs = this.#leases.leftMs(held);
      if (leftMs === undefined || held.mailbox.consumers.length > 0) continue;
      this.#writer.setRecord(held, { ...held.record, leftMs });
    }
  }

  #get(name: string): HeldMailbox {
    if (name === DEAD_LETTERS) this.expectDeadLetters();
    const held = this.#byName.get(name);
    if (held === undefined) throw unknown(name);
    return held;
  }

  #heldBy(subscription: Subscription): HeldMailbox {
    const held = this.#bySubscription.get(subscription);
    if (held === undefined)
      throw new ProtocolError('subscription_unknown', `subscription ${subscription.id} has ended`);
    return held;
  }
}

function unknown(name: string): ProtocolError {
  return new ProtocolError('mailbox_unknown', `there is no mailbox ${name}; name a topic to make one`);
}

/** Terms of a consumer: always with acknowledgement. */
function consumerTerms(request: ControlOf<ClientControl, 'subscribe'>, config: Config): DeliveryTerms {
  if (request.ack === 'none') {
    throw new ProtocolError('subscription_mode', 'what comes from a mailbox is acknowledged; leave ack out');
  }
  // What concerns the mailbox is not the consumer's.
  const { queueEvents: _, queueBytes: __, overflow: ___, ...own } = request;
  return deliveryTerms({ ...own, ack: 'explicit' }, config);
}

function beginningOf(from: From, lastSeq: number): { readonly seq: number; readonly timeMs: number } {
  if (from === 'beginning') return { seq: 0, timeMs: 0 };
  if (from === 'now') return { seq: lastSeq + 1, timeMs: 0 };
  return 'seq' in from ? { seq: from.seq, timeMs: 0 } : { seq: 0, timeMs: from.time };
}
