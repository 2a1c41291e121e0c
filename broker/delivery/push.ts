import type { Counters } from '../observe/counters.ts';
import { type DropReason, provenanceAfter } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { PublishedRun } from '../publish/published-run.ts';
import { Credit, type CreditBounds } from './credit.ts';
import type { Delivery, DeliveryTerms, Recipient } from './delivery.ts';
import { Drops } from './drops.ts';
import { type FateAnswer, fateOfGone, fateOfWaiting } from './fate.ts';
import type { HeldEvents } from './held-events.ts';
import type { Outbox } from './outbox.ts';
import { isFull, oldestGivesWay } from './overflow.ts';
import { PushQueue } from './push-queue.ts';

export interface PushMeans {
  readonly held: HeldEvents;
  readonly counters: Counters;
  readonly creditMax: CreditBounds;
  readonly wallMs: () => number;
}

/** Of a run of which less than one in so many would wait, each is kept by itself: who keeps one keeps all of its bytes. */
const SPARSE = 4;

/**
 * So much of a run goes to a connection before it is asked whether it takes more. What is unsent may grow by so much too
 * much, and by one event: a frame of a megabyte at once would make any connection too slow.
 */
const PIECE_BYTES = 65_536;

/**
 * Push with `ack: none`, at most once: an event is handed over while the subscriber has credit, waits in a bounded queue
 * while it has none, and is forgotten once written. The promise is in the drops: each is counted and told.
 */
export class Push implements Delivery, Recipient {
  readonly #subscription: number;
  readonly #terms: DeliveryTerms;
  readonly #means: PushMeans;
  readonly #credit: Credit;
  /** Made with the first drop, and the queue with the first event that waits: most subscriptions never have either. */
  #drops: Drops | undefined;
  #queue: PushQueue | undefined;
  /** Last values that wait, before all else, where the order is to be kept; there while they are being offered, too. */
  #past: PushQueue | undefined;
  #offersPast = false;
  #outbox: Outbox | undefined;

  constructor(subscription: number, terms: DeliveryTerms, means: PushMeans) {
    this.#subscription = subscription;
    this.#terms = terms;
    this.#means = means;
    this.#credit = new Credit(terms.credit, means.creditMax);
  }

  offer(event: PublishedEvent): void {
    const outbox = this.#outbox;
    if (outbox?.writable && this.#credit.some && this.#isQueueEmpty) {
      this.#send(outbox, event);
      return;
    }
    if (outbox !== undefined && !this.#credit.some) this.#means.counters.creditStalls += 1;
    const queue = (event.retained ? this.#past : undefined) ?? this.#waiting;
    if (this.#makeRoom(event.seq, event.bytes.length) && !queue.add(event)) {
      this.#drop('broker_memory', event.seq);
    }
    // Where there is nothing new to send there is a drop to tell of.
    this.pump();
  }

  /** What can leave at once leaves as one, and what cannot waits as one: no event is made of it. */
  offerRun(run: PublishedRun, from: number, count: number): void {
    const outbox = this.#outbox;
    let sent = 0;
    while (outbox?.writable && this.#credit.some && this.#isQueueEmpty) {
      sent += this.#sendOf(outbox, run, from + sent, count - sent);
      if (sent === count) return;
    }
    if ((count - sent) * SPARSE < run.count) {
      for (let i = from + sent; i < from + count; i++) this.offer(run.event(i));
      return;
    }
    if (outbox !== undefined && !this.#credit.some) this.#means.counters.creditStalls += 1;
    for (let i = from + sent; i < from + count; i++) {
      const seq = run.firstSeq + i;
      if (this.#makeRoom(seq, run.bodies.length(i)) && !this.#waiting.addOf(run, i)) {
        this.#drop('broker_memory', seq);
      }
    }
    this.pump();
  }

  pump(): void {
    const outbox = this.#outbox;
    if (outbox === undefined) return;
    while (this.#credit.some) {
      if (!outbox.writable) {
        outbox.pumpWhenWritable(this);
        return;
      }
      const queue = this.#first;
      const stretch = queue?.peek();
      if (queue === undefined || stretch === undefined) {
        this.#drops?.tell(outbox, this.#subscription);
        return;
      }
      if (stretch.run !== undefined) {
        queue.drop(this.#sendOf(outbox, stretch.run, stretch.from, stretch.count));
      } else {
        const { event } = stretch;
        if (event.expiresMs !== 0 && event.expiresMs <= this.#means.wallMs()) this.#drop('expired', event.seq);
        else this.#send(outbox, event);
        queue.drop(1);
      }
    }
  }

  retainedFirst(offering: boolean): void {
    this.#offersPast = offering;
    if (offering) this.#past ??= new PushQueue(this.#means.held, this.#terms.queueEvents);
    else this.pump();
  }

  addCredit(events: number, bytes: number): void {
    this.#credit.add(events, bytes);
    this.pump();
  }

  attach(outbox: Outbox): void {
    this.#outbox = outbox;
    this.#drops?.untell();
    this.#credit.reset();
    this.pump();
  }

  detach(): void {
    this.#outbox = undefined;
  }

  end(): void {
    this.#offersPast = false;
    for (let queue = this.#first; queue !== undefined && queue.length > 0; queue = this.#first) {
      const seq = queue.dropOldest();
      if (seq !== undefined) this.#drop('subscription_ended', seq);
    }
    this.#outbox = undefined;
  }

  fateOf(seq: number): FateAnswer {
    if (this.#queue?.has(seq) || this.#past?.has(seq)) {
      return fateOfWaiting({ connected: this.#outbox !== undefined, credit: this.#credit.some, lease: true });
    }
    return fateOfGone(this.#drops ?? new Drops(this.#means.counters.drops), seq, {
      kind: 'delivered',
      text: 'handed to the connection; nobody was asked to acknowledge it',
    });
  }

  get #isQueueEmpty(): boolean {
    return this.#past === undefined && (this.#queue === undefined || this.#queue.length === 0);
  }

  /** Whose turn it is of the two queues. */
  get #first(): PushQueue | undefined {
    if (this.#past !== undefined && this.#past.length === 0 && !this.#offersPast) this.#past = undefined;
    return this.#past ?? this.#queue;
  }

  get #waiting(): PushQueue {
    this.#queue ??= new PushQueue(this.#means.held, this.#terms.queueEvents);
    return this.#queue;
  }

  get #allWaiting(): { readonly length: number; readonly bytes: number } {
    const live = this.#waiting;
    const past = this.#past;
    if (past === undefined) return live;
    return { length: live.length + past.length, bytes: live.bytes + past.bytes };
  }

  #drop(reason: DropReason, seq: number): void {
    this.#drops ??= new Drops(this.#means.counters.drops);
    this.#drops.add(reason, seq);
  }

  #send(outbox: Outbox, event: PublishedEvent): void {
    this.#drops?.tell(outbox, this.#subscription);
    this.#credit.spend(event.bytes.length);
    this.#means.counters.pushed += 1;
    if (this.#terms.order !== undefined) outbox.provenance?.(event.provenance);
    outbox.event(this.#subscription, event);
  }

  /** As many of `count`, from the `from`-th on, as may go at once: at least one, where there is credit. Returns how many. */
  #sendOf(outbox: Outbox, run: PublishedRun, from: number, count: number): number {
    const most = outbox.takesRuns ? count : 1;
    const sent = this.#credit.spendRun(run.bodies.starts, from, most, PIECE_BYTES);
    this.#drops?.tell(outbox, this.#subscription);
    this.#means.counters.pushed += sent;
    if (this.#terms.order !== undefined) outbox.provenance?.(provenanceAfter(run.provenance, from));
    outbox.events(this.#subscription, run, from, sent);
    return sent;
  }

  /** False when the event itself is what has to go; that is noted. */
  #makeRoom(seq: number, bytes: number): boolean {
    const { overflow } = this.#terms;
    while (isFull(this.#terms, this.#allWaiting, bytes)) {
      if (overflow === 'disconnect') this.#outbox?.disconnectSlow();
      const queue = this.#past !== undefined && this.#past.length > 0 ? this.#past : this.#waiting;
      const oldest = oldestGivesWay(this.#terms, bytes) ? queue.dropOldest() : undefined;
      if (oldest === undefined) {
        this.#drop('overflow_newest', seq);
        return false;
      }
      this.#drop('overflow_oldest', oldest);
    }
    return true;
  }
}
