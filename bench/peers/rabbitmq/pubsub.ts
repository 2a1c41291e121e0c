import { type Channel, type ChannelModel, connect } from 'amqplib';
import type { PubSubClient, PubSubEvents, PubSubPeer, Taken, Wanted } from '../pubsub-peer.ts';
import { SiteTopics, TestedHere } from '../site-topics.ts';
import { rabbitAvailability, startRabbit } from './rabbitmq-server.ts';

/** Every broker has it; the routing keys are the topics. */
const EXCHANGE = 'amq.topic';
/** Events that a consumer may have without having acknowledged them. */
const PREFETCH = 1_000;

/** Classic queues that end with their connection, in memory. */
export const rabbitPubSub: PubSubPeer = {
  key: 'rabbitmq',
  name: 'RabbitMQ',
  manner: 'topic exchange, exclusive queues; a routing key for each site, the rest tested in the client',
  predicates: 'client',
  consumes: 'a queue with acknowledgements',
  availability: rabbitAvailability,
  start: startRabbit,
  connect: async (address) => {
    const connection = await connect(address, { noDelay: true });
    return new RabbitClient(connection, await connection.createChannel());
  },
};

class RabbitClient implements PubSubClient {
  readonly #connection: ChannelModel;
  readonly #channel: Channel;
  readonly #topics = new SiteTopics('.');
  readonly #tested = new TestedHere(this.#topics, (key, taken) => this.#take(key, taken, { noAck: true }));
  #data = Buffer.alloc(0);
  #load: PubSubEvents | undefined;
  #writable: Promise<void> | undefined;

  constructor(connection: ChannelModel, channel: Channel) {
    this.#connection = connection;
    this.#channel = channel;
  }

  subscribe(wanted: Wanted, taken: Taken): Promise<void> {
    return this.#tested.subscribe(wanted, taken);
  }

  async consume(topic: string, taken: Taken): Promise<void> {
    await this.#channel.prefetch(PREFETCH);
    await this.#take(this.#topics.named(topic, undefined), taken, { noAck: false });
  }

  publish(events: PubSubEvents, first: number, count: number): number {
    if (this.#load !== events) {
      this.#load = events;
      this.#data = Buffer.alloc(events.bytes);
      events.write(first, this.#data, 0);
    }
    for (let n = first; n < first + count; n += 1) {
      if (this.#writable !== undefined) return n - first;
      events.rewrite(n, this.#data, 0);
      // It copies data that is as short as this; and takes it in any case.
      if (!this.#channel.publish(EXCHANGE, this.#topics.of(events, n), this.#data)) this.#waitForRoom();
    }
    return count;
  }

  writable(): Promise<void> {
    return this.#writable ?? Promise.resolve();
  }

  async close(): Promise<void> {
    // What was published leaves before the channel ends. Who has published nothing need not wait for that.
    if (this.#load !== undefined) await this.#channel.close();
    await this.#connection.close();
  }

  async #take(key: string, taken: Taken, { noAck }: { readonly noAck: boolean }): Promise<void> {
    const { queue } = await this.#channel.assertQueue('', { exclusive: true, durable: false });
    await this.#channel.bindQueue(queue, EXCHANGE, key);
    await this.#channel.consume(
      queue,
      (message) => {
        if (message === null) throw new Error('the broker cancelled a consumer');
        taken(message.content, 0, message.content.length);
        if (!noAck) this.#channel.ack(message);
      },
      { noAck },
    );
  }

  #waitForRoom(): void {
    this.#writable = new Promise((resolve) => {
      this.#channel.once('drain', () => {
        this.#writable = undefined;
        resolve();
      });
    });
  }
}
