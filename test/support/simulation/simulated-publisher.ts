import type { Chance } from '../../../broker/kernel/chance.ts';
import {
  CODES,
  type Code,
  NO_OPTIONS,
  type PublishOptions,
  writeClientRecord,
} from '../../../broker/protocol/index.ts';
import { SimulatedClient } from './simulated-client.ts';

interface Publication {
  readonly n: number;
  readonly topic: string;
  readonly data: Uint8Array;
  readonly id: string | undefined;
  readonly options: PublishOptions;
}

/** How its events are, each a share of all. */
export interface PublisherHabits {
  readonly identified: number;
  readonly durable: number;
  readonly timeToLive: number;
  readonly delayed: number;
  readonly retained: number;
  readonly mandatory: number;
}

const encoder = new TextEncoder();
const TOPICS = ['t/1', 't/2', 't/2/deep'];
const X_MAX = 9;

/**
 * Publishes numbered events, many at once without waiting. What has an id it sends again, in order, after a refusal that
 * may pass and after a lost connection.
 */
export class SimulatedPublisher extends SimulatedClient {
  readonly #publisher: number;
  readonly #chance: Chance;
  readonly #habits: PublisherHabits;
  readonly #nextNumber: () => number;
  /** By ref. */
  readonly #unanswered = new Map<number, Publication>();
  #again: Publication[] = [];

  constructor(options: {
    readonly publisher: number;
    readonly chance: Chance;
    readonly habits: PublisherHabits;
    readonly nextNumber: () => number;
  }) {
    super(`publisher ${options.publisher}`);
    this.#publisher = options.publisher;
    this.#chance = options.chance;
    this.#habits = options.habits;
    this.#nextNumber = options.nextNumber;
  }

  /** Nothing is left to be sent again, or to be answered. */
  get isDone(): boolean {
    return this.#unanswered.size === 0 && this.#again.length === 0;
  }

  publish(events: number): void {
    if (this.up) this.#send(Array.from({ length: events }, () => this.#make()));
  }

  /** Sends again what is to be sent again. */
  retry(): void {
    if (this.up) this.#send(this.#again.splice(0));
  }

  protected welcomed(): void {
    this.retry();
  }

  protected lost(): void {
    const mine = [...this.#unanswered.values()].filter(({ id }) => id !== undefined);
    this.#unanswered.clear();
    this.#again = [...this.#again, ...mine].sort((one, other) => one.n - other.n);
  }

  protected override onReceipt(ref: number): void {
    this.#unanswered.delete(ref);
  }

  protected override onRefused(ref: number, code: Code): void {
    const publication = this.#unanswered.get(ref);
    this.#unanswered.delete(ref);
    // What nobody wants now nobody may ever want.
    if (publication?.id !== undefined && CODES[code].retry && code !== 'no_match') this.#again.push(publication);
  }

  #send(publications: readonly Publication[]): void {
    if (publications.length === 0) return;
    this.send((to) => {
      for (const publication of publications) {
        const { topic, data, id, options } = publication;
        const ref = this.nextRef();
        this.#unanswered.set(ref, publication);
        const alias = TOPICS.indexOf(topic);
        writeClientRecord.topic(to, alias, topic);
        writeClientRecord.publish(to, ref, alias, { data, id, source: id && this.name }, options);
      }
    });
  }

  #make(): Publication {
    const n = this.#nextNumber();
    const { identified, durable, timeToLive, delayed, retained, mandatory } = this.#habits;
    const x = this.#pick(X_MAX + 1);
    const delayMs = this.#happens(delayed) ? 1 + this.#pick(10_000) : undefined;
    return {
      n,
      topic: TOPICS[this.#pick(TOPICS.length)] as string,
      data: encoder.encode(`{"n":${n},"p":${this.#publisher},"x":${x}}`),
      id: this.#happens(identified) ? `event ${n}` : undefined,
      options: {
        ...NO_OPTIONS,
        durable: this.#happens(durable),
        retain: this.#happens(retained),
        // Nobody knows who will want what is delayed: the two do not go together.
        mandatory: delayMs === undefined && this.#happens(mandatory),
        ttlMs: this.#happens(timeToLive) ? 500 + this.#pick(20_000) : undefined,
        delayMs,
      },
    };
  }

  #happens(share: number): boolean {
    return this.#chance.fraction() < share;
  }

  #pick(below: number): number {
    return Math.floor(this.#chance.fraction() * below);
  }
}
