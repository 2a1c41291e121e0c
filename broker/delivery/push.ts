import { Ring } from '../kernel/ring.ts';
import type { Counters } from '../observe/counters.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { PublishedRun } from '../publish/published-run.ts';
import { Credit, type CreditBounds } from './credit.ts';
import type { Delivery, DeliveryTerms, Recipient } from './delivery.ts';
import { Drops } from './drops.ts';
import { type FateAnswer, fateOfGone, fateOfWaiting } from './fate.ts';
import type { HeldEvents } from './held-events.ts';
import type { Outbox } from './outbox.ts';
import { isFull, oldestGivesWay } from './overflow.ts';

export interface PushMeans {
  readonly held: HeldEvents;
  readonly counters: Counters;
  readonly creditMax: CreditBounds;
  readonly wallMs: () => number;
}

/**
 * Push with `ack: none`, at most once: an event is handed over while the subscriber has credit, waits in a bounded queue
 * while it has none, and is forgotten once written. The promise is in the drops: each is counted and told.
 */
export class Push implements Delivery, Recipient {
  readonly #subscription: number;
  readonly #terms: DeliveryTerms;
  readonly #held: HeldEvents;
  readonly #counters: Counters;
  readonly #wallMs: () => number;
  readonly #credit: Credit;
  readonly #drops: Drops;
  readonly #queue: Ring<PublishedEvent>;
  #queueBytes = 0;
  #outbox: Outbox | undefined;

  constructor(subscription: number, terms: DeliveryTerms, { held, counters, creditMax, wallMs }: PushMeans) {
    this.#subscription = subscription;
    this.#terms = terms;
    this.#held = held;
    this.#counters = counters;
    this.#wallMs = wallMs;
    this.#credit = new Credit(terms.credit, creditMax);
    this.#drops = new Drops(counters.drops);
    this.#queue = new Ring(terms.queueEvents);
  }

  offer(event: PublishedEvent): void {
    const outbox = this.#outbox;
    if (outbox?.writable && this.#credit.some && this.#queue.length === 0) {
      this.#send(outbox, event);
      return;
    }
    if (outbox !== undefined && !this.#credit.some) this.#counters.creditStalls += 1;
    if (!this.#admit(event)) {
      // Nothing new to send, but a drop to tell of.
      this.pump();
      return;
    }
    this.#queue.push(event);
    this.#queueBytes += event.bytes.length;
    this.pump();
  }

  /** The short way of what can leave at once: no event is made of it. */
  offerRun(run: PublishedRun, from: number, count: number): void {
    const outbox = this.#outbox;
    let sent = 0;
    if (outbox?.writable && outbox.takesRuns && this.#queue.length === 0) {
      sent = this.#credit.spendRun(run.bodies.starts, from, count);
      if (sent > 0) {
        this.#drops.tell(outbox, this.#subscription);
        this.#counters.pushed += sent;
        outbox.events(this.#subscription, run, from, sent);
      }
    }
    for (let i = sent; i < count; i++) this.offer(run.event(from + i));
  }

  pump(): void {
    const outbox = this.#outbox;
    if (outbox === undefined) return;
    while (this.#credit.some) {
      if (!outbox.writable) {
        outbox.pumpWhenWritable(this);
        return;
      }
      const event = this.#takeOldest();
      if (event === undefined) {
        this.#drops.tell(outbox, this.#subscription);
        return;
      }
      if (event.expiresMs !== 0 && event.expiresMs <= this.#wallMs()) this.#drops.add('expired', event.seq);
      else this.#send(outbox, event);
    }
  }

  addCredit(events: number, bytes: number): void {
    this.#credit.add(events, bytes);
    this.pump();
  }

  attach(outbox: Outbox): void {
    this.#outbox = outbox;
    this.#drops.untell();
    this.#credit.reset();
    this.pump();
  }

  detach(): void {
    this.#outbox = undefined;
  }

  end(): void {
    for (let event = this.#takeOldest(); event !== undefined; event = this.#takeOldest()) {
      this.#drops.add('subscription_ended', event.seq);
    }
    this.#outbox = undefined;
  }

  fateOf(seq: number): FateAnswer {
    for (const event of this.#queue) {
      if (event.seq !== seq) continue;
      return fateOfWaiting({ connected: this.#outbox !== undefined, credit: this.#credit.some, lease: true });
    }
    return fateOfGone(this.#drops, seq, {
      kind: 'delivered',
      text: 'handed to the connection; nobody was asked to acknowledge it',
    });
  }

  #send(outbox: Outbox, event: PublishedEvent): void {
    this.#drops.tell(outbox, this.#subscription);
    this.#credit.spend(event.bytes.length);
    this.#counters.pushed += 1;
    outbox.event(this.#subscription, event);
  }

  #takeOldest(): PublishedEvent | undefined {
    const event = this.#queue.shift();
    if (event === undefined) return undefined;
    this.#queueBytes -= event.bytes.length;
    this.#held.letGo(event);
    return event;
  }

  /** Holds the event. False when it has to go instead, for a reason that is noted. */
  #admit(event: PublishedEvent): boolean {
    if (!this.#makeRoom(event)) return false;
    if (this.#held.hold(event)) return true;
    this.#drops.add('broker_memory', event.seq);
    return false;
  }

  /** False when the event itself is what has to go. */
  #makeRoom(event: PublishedEvent): boolean {
    while (isFull(this.#terms, { events: this.#queue.length, bytes: this.#queueBytes }, event)) {
      if (this.#terms.overflow === 'disconnect') this.#outbox?.disconnectSlow();
      const oldest = oldestGivesWay(this.#terms, event) ? this.#takeOldest() : undefined;
      if (oldest === undefined) {
        this.#drops.add('overflow_newest', event.seq);
        return false;
      }
      this.#drops.add('overflow_oldest', oldest.seq);
    }
    return true;
  }
}
