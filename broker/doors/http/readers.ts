import type { Delivery } from '../../delivery/delivery.ts';
import type { Handover, Outbox, Pumped } from '../../delivery/outbox.ts';
import type { Time } from '../../kernel/time.ts';
import type { DropReason } from '../../protocol/index.ts';
import type { PublishedEvent } from '../../publish/event.ts';
import type { PublishedRun } from '../../publish/published-run.ts';

/** Somebody who takes events of a subscription: a long poll, a stream, or what sends them to a URL. */
export interface Reader {
  /** Whether it takes one more now. */
  readonly wants: boolean;
  event(event: PublishedEvent, handover: Handover | undefined): void;
  /** Pull: an event is there to be fetched. */
  notice(event: PublishedEvent, handover: Handover): void;
  gap(reason: DropReason, count: number, seq: number): void;
  /** The subscription is over, by somebody else's doing. */
  ended(code: string, message: string): void;
}

export interface ReadersMeans {
  readonly time: Time;
  /** The first reader has come, or the last has gone. */
  readonly occupied: (occupied: boolean) => void;
}

/**
 * The place of a connection where there is none: the subscription writes here, and whoever reads it at the moment is given
 * it. Several who read at once share the events, each one going to the first who wants it. While nobody does, the
 * subscription keeps them, as its terms say; credit plays no part, and is given back as it is spent.
 */
export class Readers implements Outbox {
  readonly #means: ReadersMeans;
  readonly #readers = new Set<Reader>();
  readonly #waiting = new Set<Pumped>();
  #delivery: Delivery | undefined;
  #spentEvents = 0;
  #spentBytes = 0;
  #refilling = false;
  /** The last event that was handed over. */
  handedSeq = 0;

  constructor(means: ReadersMeans) {
    this.#means = means;
  }

  /** The delivery begins to write here. */
  serve(delivery: Delivery): void {
    this.#delivery = delivery;
    delivery.attach(this);
  }

  get writable(): boolean {
    return this.#next() !== undefined;
  }

  /** A poll may want one event and no more. */
  readonly takesRuns = false;

  pumpWhenWritable(delivery: Pumped): void {
    this.#waiting.add(delivery);
  }

  get isOccupied(): boolean {
    return this.#readers.size > 0;
  }

  /** It reads from now on; what waits is given to it in this turn. */
  add(reader: Reader): void {
    const first = this.#readers.size === 0;
    this.#readers.add(reader);
    if (first) this.#means.occupied(true);
    this.pump();
  }

  remove(reader: Reader): void {
    if (this.#readers.delete(reader) && this.#readers.size === 0) this.#means.occupied(false);
  }

  /** A reader wants more than before. */
  pump(): void {
    if (!this.writable) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const delivery of waiting) delivery.pump();
  }

  ended(code: string, message: string): void {
    for (const reader of [...this.#readers]) reader.ended(code, message);
  }

  events(subscription: number, run: PublishedRun, from: number, count: number): void {
    for (let i = from; i < from + count; i++) this.event(subscription, run.event(i));
  }

  event(_subscription: number, event: PublishedEvent, handover?: Handover): void {
    this.#spend(event.bytes.length);
    this.handedSeq = Math.max(this.handedSeq, event.seq);
    this.#next()?.event(event, handover);
  }

  notice(_subscription: number, event: PublishedEvent, handover: Handover): void {
    this.#spend(0);
    this.handedSeq = Math.max(this.handedSeq, event.seq);
    this.#next()?.notice(event, handover);
  }

  gap(_subscription: number, reason: DropReason, count: number, seq: number): void {
    this.#next()?.gap(reason, count, seq);
  }

  /** Its queue is full and its policy is to disconnect: whoever reads is too slow, and has to come again. */
  disconnectSlow(): void {
    for (const reader of [...this.#readers]) reader.ended('slow_consumer', 'the events were not read fast enough');
  }

  #next(): Reader | undefined {
    for (const reader of this.#readers) if (reader.wants) return reader;
    return undefined;
  }

  /** At the end of the turn: whoever gives credit is made to deliver at once, and is delivering now. */
  #spend(bytes: number): void {
    this.#spentEvents += 1;
    this.#spentBytes += bytes;
    if (this.#refilling) return;
    this.#refilling = true;
    this.#means.time.afterReads(() => {
      const [events, spentBytes] = [this.#spentEvents, this.#spentBytes];
      this.#refilling = false;
      this.#spentEvents = 0;
      this.#spentBytes = 0;
      this.#delivery?.addCredit(events, spentBytes);
    });
  }
}
