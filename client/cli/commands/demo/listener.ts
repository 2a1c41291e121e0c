import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  type Consumer,
  connect,
  type ReceivedEvent,
  type Subscription,
  TellwhenError,
} from '../../../index.ts';
import type { DemoSubscriber } from './subscribers.ts';

/** How long the slow one takes over each, how many may be sent ahead to it, and how many may wait for it. */
const SLOW = { ms: 20, creditEvents: 2, queueEvents: 4 };

const PULL_CONCURRENCY = 8;

/** One subscriber of the demonstration, on a connection of its own, and what it was told. */
export class Listener {
  readonly subscriber: DemoSubscriber;
  readonly #client: Client;
  readonly #told: string[] = [];
  #feed: Subscription | Consumer | undefined;
  #error: unknown;
  #working: Promise<void> = Promise.resolve();

  static async start(url: string, subscriber: DemoSubscriber): Promise<Listener> {
    const client = await connect(url, { name: `tellwhen demo: ${subscriber.name}` });
    const listener = new Listener(client, subscriber);
    try {
      await listener.#subscribe();
    } catch (error) {
      await client.close();
      throw error;
    }
    return listener;
  }

  private constructor(client: Client, subscriber: DemoSubscriber) {
    this.#client = client;
    this.subscriber = subscriber;
  }

  /** The ids of the events it was told of, in order. */
  get told(): readonly string[] {
    return this.#told;
  }

  /** How many the broker said it dropped. */
  get dropped(): number {
    return Object.values(this.#feed?.dropped ?? {}).reduce((sum, count) => sum + count, 0);
  }

  /** Everything the broker sent before this call has arrived. Rejects with what went wrong since the start. */
  async settled(): Promise<void> {
    const { topic } = this.subscriber;
    await this.#client.explain({ event: { topic: 'earthquakes' }, filter: { topic } });
    if (this.#error !== undefined) throw this.#error;
  }

  async close(): Promise<void> {
    await this.#client.drain();
    await this.#working;
  }

  async #subscribe(): Promise<void> {
    const { manner, topic, when } = this.subscriber;
    switch (manner) {
      case 'push':
        this.#feed = await this.#client.subscribe({ topic, when }, (event) => this.#note(event));
        return;
      case 'pull':
        this.#feed = await this.#client.pull({ topic, when });
        this.#work(this.#feed.run((event) => this.#note(event), { concurrency: PULL_CONCURRENCY }));
        return;
      case 'slow': {
        const { creditEvents, queueEvents } = SLOW;
        this.#feed = await this.#client.subscribe({ topic, when, creditEvents, queueEvents, overflow: 'drop-oldest' });
        this.#work(this.#takeSlowly(this.#feed));
      }
    }
  }

  #note(event: ReceivedEvent): void {
    this.#told.push(event.id ?? '');
  }

  async #takeSlowly(subscription: Subscription): Promise<void> {
    for await (const event of subscription) {
      this.#note(event);
      await sleep(SLOW.ms);
    }
  }

  #work(work: Promise<void>): void {
    this.#working = work.catch((error: unknown) => {
      if (!(error instanceof TellwhenError && error.code === 'client_closed')) this.#error = error;
    });
  }
}
