import type { PubSubClient, PubSubEvents, Taken, Wanted } from '../pubsub-peer.ts';
import { SiteTopics, TestedHere } from '../site-topics.ts';
import type { TopicWire } from './topic-wire.ts';

/** A client of a broker that tests no predicates, over its own protocol. */
export class WireClient implements PubSubClient {
  readonly #wire: TopicWire;
  readonly #topics: SiteTopics;
  readonly #tested: TestedHere;
  readonly consume?: (topic: string, taken: Taken) => Promise<void>;
  readonly #closing: () => Promise<void>;
  /** The data of one event, and whose that is. */
  #data = new Uint8Array(0);
  #load: PubSubEvents | undefined;

  constructor({ wire, separator, consume, closing = async () => {} }: WireClientOptions) {
    this.#wire = wire;
    this.#closing = closing;
    this.#topics = new SiteTopics(separator);
    this.#tested = new TestedHere(this.#topics, (topic, taken) => wire.subscribe(topic, taken));
    if (consume !== undefined) this.consume = consume;
  }

  subscribe(wanted: Wanted, taken: Taken): Promise<void> {
    return this.#tested.subscribe(wanted, taken);
  }

  publish(events: PubSubEvents, first: number, count: number): number {
    if (this.#load !== events) {
      this.#load = events;
      this.#data = new Uint8Array(events.bytes);
      events.write(first, this.#data, 0);
    }
    for (let n = first; n < first + count; n += 1) {
      if (this.#wire.full) return n - first;
      events.rewrite(n, this.#data, 0);
      const topic = this.#topics.of(events, n);
      if (events.kept && this.#wire.keep !== undefined) this.#wire.keep(topic, this.#data);
      else this.#wire.publish(topic, this.#data);
    }
    return count;
  }

  writable(): Promise<void> {
    return this.#wire.drained();
  }

  async close(): Promise<void> {
    await this.#closing();
    await this.#wire.close();
  }
}

export interface WireClientOptions {
  readonly wire: TopicWire;
  /** Between the levels of its topics. */
  readonly separator: string;
  readonly consume?: (topic: string, taken: Taken) => Promise<void>;
  /** Ends what `consume` has begun. */
  readonly closing?: () => Promise<void>;
}
