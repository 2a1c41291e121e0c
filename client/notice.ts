import type { Notice as NoticeRecord, Provenance } from '../broker/protocol/index.ts';
import type { ReceivedEvent } from './event.ts';
import type { HeldLease } from './lease.ts';
import type { Settler } from './settler.ts';

export interface FetchOptions {
  /** How long the fetched event is ours. Default: as the consumer says. */
  readonly leaseMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface NoticeMeans {
  readonly retention: HeldLease;
  readonly settler: Settler;
  readonly provenance: Provenance | undefined;
  readonly fetch: (seq: number, options: FetchOptions) => Promise<ReceivedEvent>;
}

/** "There is an event for you": all but the body, which stays with the broker until it is fetched. */
export class Notice {
  readonly topic: string;
  readonly #record: NoticeRecord;
  readonly #means: NoticeMeans;

  /** Made by the library only. */
  constructor(topic: string, record: NoticeRecord, means: NoticeMeans) {
    this.topic = topic;
    this.#record = record;
    this.#means = means;
  }

  get seq(): number {
    return this.#record.seq;
  }

  /** Bytes of the data. */
  get size(): number {
    return this.#record.size;
  }

  /** Deliveries so far: 0 before the first fetch, more when it was fetched and came back. */
  get attempt(): number {
    return this.#record.attempt;
  }

  /** As of the event. */
  get provenance(): Provenance | undefined {
    return this.#means.provenance;
  }

  /** How long the body stayed fetchable when the notice was sent. */
  get retentionMs(): number {
    return this.#record.retention.remainingMs;
  }

  /**
   * Fires, with a TellwhenError as its reason, when the retention is over as far as the clock tells. Not when the event
   * was settled.
   */
  get leaseSignal(): AbortSignal {
    return this.#means.settler.signalOf(this.#means.retention);
  }

  /**
   * The event, under a delivery lease: settle it. Rejects with TellwhenError: `event_gone` when its retention is over
   * or it is settled, `event_leased` when it is fetched already.
   */
  async fetch(options: FetchOptions = {}): Promise<ReceivedEvent> {
    return await this.#means.fetch(this.seq, options);
  }

  /** Done without looking: as fetching and acknowledging. */
  async dismiss(): Promise<void> {
    await this.#means.settler.ack(this.#means.retention);
  }

  /** The body stays fetchable for `ms` more, counted from now. Resolves with what remains. */
  async extendRetention(ms: number): Promise<number> {
    return await this.#means.settler.extend(this.#means.retention, ms);
  }
}
