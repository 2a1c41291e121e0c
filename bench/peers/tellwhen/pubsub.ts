import { VERSION } from '../../../broker/version.ts';
import { type Client, connect, type PublishOptions, type Subscription } from '../../../client/index.ts';
import type { PubSubClient, PubSubEvents, PubSubPeer, Taken, Wanted, Where } from '../pubsub-peer.ts';
import { startBroker } from './broker-process.ts';

/** What a broker as it comes lets a subscription ask for. */
const CREDIT_EVENTS = 65_536;
const CREDIT_BYTES = 8 << 20;
const QUEUE_EVENTS = 100_000;
const QUEUE_BYTES = 64 << 20;
/** Notices ahead of being fetched, and events fetched and not yet acknowledged. */
const PREFETCH = 1_000;
/** Connections, and subscriptions of one of them: more than a broker as it comes allows. */
const FLAGS = [
  '--memory',
  '--connections-max=25000',
  '--sessions-max=25000',
  '--subscriptions-per-session-max=100000',
  '--log-level=warn',
];
const IS_JSON: PublishOptions = { contentType: 'application/json' };

/** Events are pushed without acknowledgement, and published without receipts. */
export const tellwhenPubSub: PubSubPeer = {
  key: 'tellwhen',
  name: 'Tellwhen',
  manner: 'in memory, no receipts',
  predicates: 'broker',
  consumes: 'pull: a notice, a fetch under a lease, an acknowledgement',
  availability: async () => ({ version: VERSION }),
  start: (folder) => startBroker(folder, FLAGS),
  connect: async (address) => new TellwhenClient(await connect(address, { name: 'bench', requestTimeoutMs: 60_000 })),
};

class TellwhenClient implements PubSubClient {
  readonly #client: Client;
  /** One event's data: the library has copied it when a call returns. */
  #data = new Uint8Array(0);
  readonly #subscriptions: Subscription[] = [];
  /** Whose event that is. */
  #load: PubSubEvents | undefined;
  #closed = false;

  constructor(client: Client) {
    this.#client = client;
    client.onRefusal((error) => {
      throw error;
    });
  }

  async subscribe({ topic, where }: Wanted, taken: Taken): Promise<void> {
    const subscription = await this.#client.subscribe(
      {
        topic,
        when: where && predicateOf(where),
        creditEvents: CREDIT_EVENTS,
        creditBytes: CREDIT_BYTES,
        queueEvents: QUEUE_EVENTS,
        queueBytes: QUEUE_BYTES,
      },
      ({ data }) => taken(data, 0, data.length),
    );
    this.#subscriptions.push(subscription);
  }

  lossReasons(): readonly string[] {
    return this.#subscriptions.flatMap(({ dropped }) => Object.keys(dropped));
  }

  /** By pull: a notice, a fetch under a lease, an acknowledgement. */
  async consume(topic: string, taken: Taken): Promise<void> {
    const consumer = await this.#client.pull({
      topic,
      prefetch: PREFETCH,
      queueEvents: QUEUE_EVENTS,
      queueBytes: QUEUE_BYTES,
    });
    const failed = (error: unknown): void => {
      // What a consumer has not acknowledged when it closes goes to another.
      if (!this.#closed) throw error;
    };
    void consumer.run(({ data }) => taken(data, 0, data.length), { concurrency: PREFETCH, onError: failed });
  }

  publish(events: PubSubEvents, first: number, count: number): number {
    this.#prepare(events, first);
    const { topic } = events;
    for (let n = first; n < first + count; n += 1) {
      events.rewrite(n, this.#data, 0);
      if (!this.#client.publishQuietly(topic, this.#data, IS_JSON)) return n - first;
    }
    return count;
  }

  writable(): Promise<void> {
    return this.#client.writable();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client.close();
  }

  #prepare(events: PubSubEvents, first: number): void {
    if (this.#load === events) return;
    this.#load = events;
    this.#data = new Uint8Array(events.bytes);
    events.write(first, this.#data, 0);
  }
}

function predicateOf({ site, above }: Where): string {
  const bySite = site === undefined ? '' : `site == ${site} && `;
  return `${bySite}temperature > ${above}`;
}
