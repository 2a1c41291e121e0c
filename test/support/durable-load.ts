import { setTimeout as pause } from 'node:timers/promises';
import { type Client, connect, type ReceivedEvent, TellwhenError } from '../../client/index.ts';

/** What the load published and got back, over all lives of the broker. */
export class Ledger {
  /** Events whose receipt said that they are durable. */
  readonly acknowledged = new Set<number>();
  /** How often each was handed over. */
  readonly received = new Map<number, number>();
  /** Handed over again as if it were the first time. */
  readonly unflagged = new Set<number>();
  #n = 0;

  next(): number {
    this.#n += 1;
    return this.#n;
  }

  take(event: ReceivedEvent): void {
    const n = (event.json() as { readonly n: number }).n;
    const before = this.received.get(n) ?? 0;
    if (before > 0 && event.attempt < 2) this.unflagged.add(n);
    this.received.set(n, before + 1);
  }

  /** Acknowledged to the publisher, and never handed to the consumer. */
  get missing(): readonly number[] {
    return [...this.acknowledged].filter((n) => !this.received.has(n));
  }
}

export interface LoadOptions {
  readonly url: string;
  readonly topic: string;
  readonly mailbox: string;
  readonly ledger: Ledger;
  readonly batch: number;
}

/**
 * A publisher with a few batches in flight and two competing consumers, until the broker is gone. What is on its way then
 * counts as neither lost nor acknowledged.
 */
export class DurableLoad implements AsyncDisposable {
  readonly #clients: readonly Client[];
  readonly #options: LoadOptions;
  #over = false;
  #working: Promise<unknown> = Promise.resolve();

  static async start(options: LoadOptions, { publishes = true } = {}): Promise<DurableLoad> {
    const clients = await Promise.all([1, 2, 3].map(() => connect(options.url, { reconnect: false })));
    const load = new DurableLoad(clients, options);
    const [publisher, ...consumers] = clients as [Client, Client, Client];
    for (const consumer of consumers) await load.#consume(consumer);
    if (publishes) load.#working = Promise.allSettled([1, 2, 3].map(() => load.#publish(publisher)));
    return load;
  }

  private constructor(clients: readonly Client[], options: LoadOptions) {
    this.#clients = clients;
    this.#options = options;
  }

  /** Resolves when every acknowledged event has come, or when there was no news for long. */
  async drained(): Promise<void> {
    const { ledger } = this.#options;
    let received = -1;
    for (let quiet = 0; quiet < 100 && ledger.missing.length > 0; quiet++) {
      if (ledger.received.size > received) quiet = 0;
      received = ledger.received.size;
      await pause(100);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await this.#working;
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #publish(publisher: Client): Promise<void> {
    const { ledger, topic, batch } = this.#options;
    while (!this.#over) {
      const ns = Array.from({ length: batch }, () => ledger.next());
      const events = ns.map((n) => ({ topic, data: { n }, id: `${n}`, source: 'load', durable: true }));
      const receipts = await publisher.publishBatch(events);
      receipts.forEach((receipt, i) => {
        if (!(receipt instanceof TellwhenError) && receipt.durable) ledger.acknowledged.add(ns[i] as number);
      });
    }
  }

  async #consume(consumer: Client): Promise<void> {
    const { ledger, mailbox, topic } = this.#options;
    await consumer.subscribe({ mailbox, topic, ack: 'explicit', creditEvents: 200 }, async (event) => {
      ledger.take(event);
      // With the broker gone there is nobody to hear it; the event comes again.
      await event.ack().catch(() => {});
    });
  }
}
