import { checkTopic, FilterError, type Matcher, type Matches } from '../../matcher/index.ts';
import type { Config } from '../config/index.ts';
import type { Recipient } from '../delivery/delivery.ts';
import type { Time } from '../kernel/time.ts';
import type { EventLog } from '../log/event-log.ts';
import type { Counters } from '../observe/counters.ts';
import type { DurationHistogram } from '../observe/histogram.ts';
import {
  type Body,
  type BodyRun,
  BROKERS_OWN,
  ByteReader,
  CODES,
  NO_OPTIONS,
  ProtocolError,
  type Provenance,
  type PublishOptions,
  type Receipt,
  readBody,
} from '../protocol/index.ts';
import type { Batch, Journal } from '../store/journal.ts';
import type { Delayed } from './delayed.ts';
import { PublishedEvent } from './event.ts';
import type { JsonLimits } from './json.ts';
import type { KnownIds } from './known-ids.ts';
import { PublishedRun } from './published-run.ts';
import type { TokenBucket } from './rate.ts';
import type { RecentEvents } from './recent.ts';
import type { Retained } from './retained.ts';
import { RunMatching } from './run-matching.ts';
import { RunReceipts } from './run-receipts.ts';

/** Who publishes: a connection, with its own rate. */
export interface Publisher {
  readonly rate: TokenBucket;
  /** Of an event that it does not count. Absent: the broker itself. */
  readonly provenance?: Provenance;
}

/** Who waits for a receipt. */
export interface ReceiptTaker {
  /** Of `count` publishes, the refs and seqs of which rise by one. */
  receipts(firstRef: number, count: number, first: Receipt): void;
}

/** The topic is checked; `body` is a view that may die when the call returns. */
export interface Publication {
  readonly topic: string;
  readonly body: Body;
  readonly options: PublishOptions;
}

/** One whose publisher is known. */
export interface Proven extends Publication {
  readonly provenance: Provenance;
}

/** Several in a row, with the same options. */
export interface RunPublication {
  readonly topic: string;
  readonly bodies: BodyRun;
  readonly options: PublishOptions;
}

export interface PublishMeans {
  readonly config: Config;
  readonly time: Time;
  readonly matcher: Matcher;
  readonly recent: RecentEvents;
  readonly journal: Journal;
  readonly log: EventLog;
  readonly known: KnownIds;
  readonly retained: Retained;
  readonly delayed: Delayed;
  readonly counters: Counters;
  readonly matchSeconds: DurationHistogram;
  /** A seq is about to be used: more of them are reserved in time. */
  readonly reserve: (seq: number) => void;
  readonly firstSeq: number;
  /** Whether some of those whom so many events of so many bytes match may have to refuse one. */
  readonly mustAsk: (events: number, bytes: number) => boolean;
  /** Whether anything more may be stored: throws ProtocolError `store_full` or `store_busy`. */
  readonly admit: () => void;
  /** Asks them: throws ProtocolError, and then the event is refused. */
  readonly ask: (event: PublishedEvent, matches: Matches) => void;
  /** Hands a matched event on. */
  readonly deliver: (event: PublishedEvent, matches: Matches) => void;
  /**
   * Hands on `count` events of a run, from its `from`-th, that matched the same. False, and nothing is done, where somebody
   * looks at each by itself.
   */
  readonly deliverRun: (run: PublishedRun, from: number, count: number, matches: Matches) => boolean;
}

/** A receipt that has to wait for the disk. */
interface WaitingReceipt {
  readonly to: ReceiptTaker;
  readonly firstRef: number;
  readonly count: number;
  readonly first: Receipt;
}

/**
 * The way of an event through the broker. It has no `await`: from its seq to its delivery nothing else happens, and that
 * is what keeps the order of each publisher, and of all of them, the same for every subscriber. Only the receipt of what
 * is stored comes later, when it is flushed.
 */
export class Publish {
  readonly #means: PublishMeans;
  readonly #jsonLimits: JsonLimits;
  readonly #runMatching: RunMatching;
  #seq: number;
  #waiting: WaitingReceipt[] = [];
  /** Events of the broker's own that came up while another was being delivered. `undefined`: none is. */
  #derived: (() => void)[] | undefined;

  constructor(means: PublishMeans) {
    this.#means = means;
    this.#seq = means.firstSeq - 1;
    this.#jsonLimits = { depthMax: means.config.jsonDepthMax, keysMax: means.config.jsonKeysMax };
    this.#runMatching = new RunMatching({
      ...means,
      isDurable: means.journal.store.durability === 'flushed',
      unmatched: (topic, bytesOf) => this.#unmatched(topic, bytesOf),
    });
    means.journal.addWriter((batch) => this.#write(batch));
  }

  /** The last seq given to an event. */
  get lastSeq(): number {
    return this.#seq;
  }

  /**
   * Takes one event. The receipt goes to `to`, in this turn or when it is flushed; with `ref` 0 nobody wants it. Throws
   * ProtocolError (`event_too_large`, `rate_limited`, `topic_invalid`, `frame_malformed`, `not_durable`, `no_match`,
   * `store_full`, `store_busy`, `mailbox_full`, `retained_limit`, `delayed_limit`), and then nothing happened.
   */
  publish(publisher: Publisher, publication: Publication, to: ReceiptTaker, ref: number): void {
    const { body, options } = publication;
    this.#admit(publisher, publication);
    const { known } = this.#means;
    const before = known.find(body.source, body.id);
    if (before !== undefined) {
      this.#means.counters.repeated += 1;
      this.#answer({ ...before.receipt, repeated: true }, 1, to, ref, !before.flushed);
      return;
    }
    const proven = { topic: publication.topic, body, options, provenance: provenanceOf(publisher, options) };
    const receipt = options.delayMs === undefined ? this.#enter(proven, true) : this.#delay(proven);
    known.add(body.source, body.id, receipt);
    this.#answer(receipt, 1, to, ref, receipt.durable || receipt.delayed);
  }

  /**
   * Takes events that were published in a row: what `publish` does for each, but with one look at what is the same for all.
   * Receipts as there. False, and nothing is done, when they have to be taken one by one, because one of them may have to be
   * refused, or they ask for more than this way can carry.
   */
  publishRun(publisher: Publisher, publication: RunPublication, to: ReceiptTaker, firstRef: number): boolean {
    if (!this.#isSmooth(publication)) return false;
    const { topic, bodies, options } = publication;
    const { time, recent, reserve } = this.#means;
    const provenance = provenanceOf(publisher, options);
    const place = { topic, firstSeq: this.#seq + 1, time: time.wallMs(), arrivedMs: time.monotonicMs(), provenance };
    const run = new PublishedRun(place, bodies, this.#jsonLimits);
    this.#seq += bodies.count;
    reserve(this.#seq);
    recent.rememberRun(run);
    const receipts = new RunReceipts(run.firstSeq, firstRef, (ref, count, first) =>
      this.#answer(first, count, to, ref, first.durable),
    );
    this.#withDerived(() => this.#runMatching.match(run, receipts));
    run.published();
    receipts.end();
    return true;
  }

  /** Whether none of them can be refused, nor asks for anything. */
  #isSmooth({ topic, bodies, options }: RunPublication): boolean {
    const { config, mustAsk } = this.#means;
    if (options !== NO_OPTIONS && !this.#asksNothing(options)) return false;
    if (!bodies.plain || config.publishPerSecondMax > 0 || isOwnTopic(topic)) return false;
    if (mustAsk(bodies.count, bodies.bytes.length)) return false;
    // Most runs are shorter than one event may be.
    if (bodies.bytes.length <= config.eventBytesMax) return true;
    for (let i = 0; i < bodies.count; i++) if (bodies.length(i) > config.eventBytesMax) return false;
    return true;
  }

  /** What is stored is durable wherever that can be asked for, asked or not. */
  #asksNothing({ durable, mandatory, retain, ttlMs, delayMs }: PublishOptions): boolean {
    if (durable && this.#means.journal.store.durability !== 'flushed') return false;
    return !mandatory && !retain && ttlMs === undefined && delayMs === undefined;
  }

  #count(matched: number, events: number): void {
    const { counters } = this.#means;
    counters.published += events;
    if (matched > 0) counters.matched += events;
    else counters.unmatched += events;
  }

  /**
   * An event of the broker's own, which nobody may refuse: a dead letter. It follows the one that is being published, if one
   * is.
   */
  derive(topic: string, body: Body): void {
    this.#afterThis(() => void this.#enter({ topic, body, options: NO_OPTIONS, provenance: BROKERS_OWN }, false));
  }

  /** The same, for one recipient only. */
  hand(topic: string, body: Body, recipient: Recipient, ttlMs?: number): void {
    this.#afterThis(() => {
      const event = this.#place({ topic, body, options: { ...NO_OPTIONS, ttlMs }, provenance: BROKERS_OWN });
      this.#sequence(event);
      recipient.offer(event);
    });
  }

  /** An event whose time has come. False when somebody who wants it has no room for it now. */
  release(publication: Proven): boolean {
    try {
      this.#enter(publication, true);
      return true;
    } catch (error) {
      if (error instanceof ProtocolError && CODES[error.code].retry) return false;
      throw error;
    }
  }

  #admit(publisher: Publisher, { body, options, topic }: Publication): void {
    const { config, time, journal } = this.#means;
    if (body.bytes.length > config.eventBytesMax) {
      throw new ProtocolError('event_too_large', `${body.bytes.length} bytes; at most ${config.eventBytesMax}`);
    }
    if (config.publishPerSecondMax > 0 && !publisher.rate.take(time.monotonicMs())) {
      throw new ProtocolError('rate_limited', `over ${config.publishPerSecondMax} events a second on one connection`);
    }
    if (isOwnTopic(topic)) {
      throw new ProtocolError(
        'topic_invalid',
        `topics that begin with ${OWN_TOPICS.join(' or ')} are the broker's own`,
      );
    }
    if (options.durable && journal.store.durability !== 'flushed') {
      throw new ProtocolError('not_durable', 'this broker keeps everything in memory; start it without --memory');
    }
    if (options.ttlMs !== undefined && options.ttlMs > TTL_MS_MAX) {
      throw new ProtocolError('frame_malformed', `a time to live of ${options.ttlMs} ms; at most ${TTL_MS_MAX}`);
    }
    if (options.mandatory && options.delayMs !== undefined) {
      throw new ProtocolError(
        'frame_malformed',
        'whether somebody will want a delayed event is not known: not mandatory',
      );
    }
  }

  /**
   * The steps that an event takes once it is known not to be another's repetition. `unmatchedToo`: it is published once
   * more where nobody wants it.
   */
  #enter(publication: Proven, refusable: boolean, unmatchedToo = refusable): Receipt {
    const { recent, deliver, retained } = this.#means;
    const event = this.#place(publication);
    const matches = this.#match(event);
    if (refusable) this.#ask(event, matches, publication.options);
    this.#sequence(event);
    recent.remember(event);
    return this.#withDerived(() => {
      deliver(event, matches);
      if (publication.options.retain) retained.keep(event);
      if (matches.count === 0 && unmatchedToo) this.#unmatched(event.topic, () => event.bytes);
      return this.#receipt(event, matches.count, publication.options);
    });
  }

  /** Events of the broker's own that come up meanwhile follow. */
  #withDerived<T>(work: () => T): T {
    const outermost = this.#derived === undefined;
    this.#derived ??= [];
    try {
      return work();
    } finally {
      if (outermost) this.#runDerived();
    }
  }

  /** The place that the event will have, if nobody refuses it. */
  #place({ topic, body, options, provenance }: Proven): PublishedEvent {
    const { time } = this.#means;
    const wallMs = time.wallMs();
    const expiresMs = options.ttlMs === undefined ? 0 : wallMs + options.ttlMs;
    const arrivedMs = time.monotonicMs();
    const place = { seq: this.#seq + 1, topic, time: body.time ?? wallMs, arrivedMs, expiresMs, provenance };
    return new PublishedEvent(place, body, this.#jsonLimits);
  }

  #sequence(event: PublishedEvent): void {
    this.#seq = event.seq;
    this.#means.reserve(event.seq);
  }

  #match(event: PublishedEvent): Matches {
    const { time, matcher, matchSeconds } = this.#means;
    const matches = matcher.match(event);
    matchSeconds.record(time.monotonicMs() - event.arrivedMs);
    return matches;
  }

  #ask(event: PublishedEvent, matches: Matches, { mandatory, retain }: PublishOptions): void {
    const { mustAsk, ask, retained, admit } = this.#means;
    if (mandatory && matches.count === 0) throw new ProtocolError('no_match', 'nobody subscribes to it');
    if (mustAsk(1, event.bytes.length)) ask(event, matches);
    if (retain) admit();
    if (retain && event.size > 0) retained.admit(event.topic, event.bytes.length);
  }

  #receipt(event: PublishedEvent, matched: number, { retain }: PublishOptions): Receipt {
    const { counters, log, journal } = this.#means;
    this.#count(matched, 1);
    if (event.fault !== undefined) counters.unreadable[event.fault] += 1;
    const stored = retain || log.lastSeq === event.seq;
    if (stored) counters.stored += 1;
    return {
      seq: event.seq,
      matched,
      durable: stored && journal.store.durability === 'flushed',
      unreadable: event.fault !== undefined,
      repeated: false,
      delayed: false,
    };
  }

  #delay(publication: Proven): Receipt {
    this.#means.admit();
    this.#means.delayed.add(publication);
    const durable = this.#means.journal.store.durability === 'flushed';
    return { seq: 0, matched: 0, durable, unreadable: false, repeated: false, delayed: true };
  }

  #answer(first: Receipt, count: number, to: ReceiptTaker, firstRef: number, waits: boolean): void {
    if (firstRef === 0) return;
    if (waits) {
      this.#waiting.push({ to, firstRef, count, first });
      this.#means.journal.touch();
    } else to.receipts(firstRef, count, first);
  }

  #unmatched(topic: string, bytesOf: () => Uint8Array): void {
    const { unmatchedTopic } = this.#means.config;
    if (unmatchedTopic === '') return;
    const below = `${unmatchedTopic}/${topic}`;
    if (!isTopic(below)) return;
    const publication = { topic: below, body: copyOfBody(bytesOf()), options: NO_OPTIONS, provenance: BROKERS_OWN };
    this.#afterThis(() => {
      try {
        this.#enter(publication, true, false);
      } catch (error) {
        // Its publisher has a receipt already, for an event that nobody wants.
        if (!(error instanceof ProtocolError)) throw error;
        this.#means.counters.eventsRefused[error.code] += 1;
      }
    });
  }

  #afterThis(work: () => void): void {
    if (this.#derived === undefined) work();
    else this.#derived.push(work);
  }

  #runDerived(): void {
    const derived = this.#derived ?? [];
    // More come up on the way. Nothing is taken off: a run of many that nobody wants is moved by each.
    for (let i = 0; i < derived.length; i++) derived[i]?.();
    this.#derived = undefined;
  }

  #write(batch: Batch): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    batch.flushed(() => {
      for (const { to, firstRef, count, first } of waiting) to.receipts(firstRef, count, first);
    });
  }
}

/** A hundred years. Instants that are much later than that have no room in what is stored. */
const TTL_MS_MAX = 100 * 365 * 86_400_000;

/** Where the broker publishes what became of events. */
const OWN_TOPICS = ['$dead/', '$space/'];

function isOwnTopic(topic: string): boolean {
  return topic.startsWith('$') && OWN_TOPICS.some((own) => topic.startsWith(own));
}

/** It may have become too long. */
function isTopic(text: string): boolean {
  try {
    checkTopic(text);
    return true;
  } catch (error) {
    if (error instanceof FilterError) return false;
    throw error;
  }
}

/** Most say nothing more of any: then all of its events have one and the same. */
function provenanceOf({ provenance = BROKERS_OWN }: Publisher, { order }: PublishOptions): Provenance {
  if (order === undefined) return provenance;
  return { publisher: provenance.publisher, number: order.number, past: order.past };
}

function copyOfBody(bytes: Uint8Array): Body {
  return readBody(new ByteReader(bytes.slice()));
}
