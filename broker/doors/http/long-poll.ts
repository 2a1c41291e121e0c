import type { Handover } from '../../delivery/outbox.ts';
import type { Time } from '../../kernel/time.ts';
import type { DropReason } from '../../protocol/index.ts';
import type { PublishedEvent } from '../../publish/event.ts';
import type { EventTexts } from './event-texts.ts';
import type { Reader } from './readers.ts';
import type { Format } from './schemas.ts';

/** What a poll came to: events as JSON texts, and what the subscriber is told besides. */
export interface Polled {
  readonly events: readonly string[];
  /** Notified, to be fetched. */
  readonly notices: readonly number[];
  readonly gaps: readonly { readonly reason: string; readonly count: number; readonly seq: number }[];
  readonly leases: readonly { readonly id: number; readonly token: number }[];
  /** Why there will be no more. */
  readonly end?: { readonly code: string; readonly message: string };
}

export interface LongPollMeans {
  readonly time: Time;
  readonly texts: EventTexts;
  readonly format: Format;
  readonly eventsMax: number;
  /** With so many it takes no more. */
  readonly bytesMax: number;
  /** Called once, when it has something, or has waited long enough. It is not among the readers any more then. */
  readonly done: (polled: Polled) => void;
}

const TICK_MS_MIN = 1;

/** Waits for the first events, takes those that are there in the same turn, and is done. */
export class LongPoll implements Reader {
  readonly #means: LongPollMeans;
  readonly #events: string[] = [];
  readonly #notices: number[] = [];
  readonly #gaps: { reason: string; count: number; seq: number }[] = [];
  readonly #leases: { id: number; token: number }[] = [];
  #end: { readonly code: string; readonly message: string } | undefined;
  #characters = 0;
  #isOver = false;
  #finishing = false;
  readonly #stopWaiting: () => void;

  /** Nothing is done in the constructor but to start the clock: `waitMs` 0 takes what there is now. */
  constructor(means: LongPollMeans, waitMs: number) {
    this.#means = means;
    this.#stopWaiting = means.time.every(Math.max(TICK_MS_MIN, waitMs), () => this.#finish());
    if (waitMs === 0) this.#finishSoon();
  }

  get wants(): boolean {
    const taken = this.#events.length + this.#notices.length;
    return !this.#isOver && taken < this.#means.eventsMax && this.#characters < this.#means.bytesMax;
  }

  event(event: PublishedEvent, handover: Handover | undefined): void {
    const text = this.#means.texts.text(event, this.#means.format, handover);
    this.#events.push(text);
    this.#characters += text.length;
    if (handover !== undefined) this.#leases.push(handover.lease);
    this.#finishSoon();
  }

  notice({ seq }: PublishedEvent): void {
    this.#notices.push(seq);
    this.#finishSoon();
  }

  gap(reason: DropReason, count: number, seq: number): void {
    this.#gaps.push({ reason, count, seq });
    this.#finishSoon();
  }

  ended(code: string, message: string): void {
    this.#end = { code, message };
    this.#finishSoon();
  }

  /** Whoever asked has gone. Answers what it had taken already; undefined when it was done before. */
  abandon(): Polled | undefined {
    if (this.#isOver) return undefined;
    this.#isOver = true;
    this.#stopWaiting();
    return this.#polled();
  }

  #finishSoon(): void {
    if (this.#finishing) return;
    this.#finishing = true;
    this.#means.time.afterReads(() => this.#finish());
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopWaiting();
    this.#means.done(this.#polled());
  }

  #polled(): Polled {
    const end = this.#end;
    const [events, notices, gaps, leases] = [this.#events, this.#notices, this.#gaps, this.#leases];
    return { events, notices, gaps, leases, ...(end !== undefined && { end }) };
  }
}
