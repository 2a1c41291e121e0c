import { setTimeout as delay } from 'node:timers/promises';
import { pubSubPeerOf } from '../peers/pubsub-catalogue.ts';
import type { PubSubClient } from '../peers/pubsub-peer.ts';
import type { Orders, Tell } from './client-process.ts';
import { LoadEvents } from './events.ts';
import { LatencyRecord } from './latency-record.ts';
import { markOf } from './mark.ts';
import type { SubscribeOrder, SubscriberReport } from './messages.ts';
import { expectedCounts, wantedOf } from './subscriptions.ts';
import { Tally } from './tally.ts';

/** So often it says how far it is. */
const SEEN_MS = 2;
const POLL_MS = 20;
/** What has not come after so long without anything coming is lost. */
const QUIET_MS = 3_000;
/** Connections that are being made at the same time. */
const CONNECTING = 64;

/** Subscribes, checks what it is told, and says how far it is. */
export async function subscribe(order: SubscribeOrder, tell: Tell): Promise<Orders> {
  const subscriber = new Subscriber(order);
  await subscriber.open();
  tell({ kind: 'ready' });
  setInterval(() => subscriber.tellSeen(tell), SEEN_MS);
  let looks = 0;
  return (next) => {
    if (next.kind === 'mark') {
      subscriber.look(looks);
      looks += 1;
      tell({ kind: 'marked', mark: markOf(subscriber.count) });
    } else if (next.kind === 'finish') {
      void subscriber.finish(next).then((report) => tell({ kind: 'finished', report }));
    } else throw new Error(`a subscriber cannot ${next.kind}`);
  };
}

class Subscriber {
  readonly #order: SubscribeOrder;
  readonly #events: LoadEvents;
  readonly #latency: LatencyRecord | undefined;
  readonly #tallies: readonly Tally[];
  readonly #clients: PubSubClient[] = [];
  #toldSeen = 0;

  constructor(order: SubscribeOrder) {
    this.#order = order;
    this.#events = new LoadEvents(order.events);
    this.#latency = order.latency ? new LatencyRecord() : undefined;
    this.#tallies = Array.from({ length: order.connections * order.perConnection }, (_, i) => {
      const wanted = wantedOf(order.shape, order.events, i);
      return new Tally(wanted, this.#events, { latency: this.#latency, ordered: order.way === 'push' });
    });
  }

  async open(): Promise<void> {
    const { connections, peer, address } = this.#order;
    const found = await pubSubPeerOf(peer);
    let next = 0;
    const connectSome = async (): Promise<void> => {
      while (next < connections) {
        const connection = next;
        next += 1;
        const client = await found.connect(address);
        this.#clients.push(client);
        await this.#subscribe(client, connection);
      }
    };
    await Promise.all(Array.from({ length: CONNECTING }, connectSome));
  }

  async #subscribe(client: PubSubClient, connection: number): Promise<void> {
    const { perConnection, way, events } = this.#order;
    const tallies = this.#tallies.slice(connection * perConnection, (connection + 1) * perConnection);
    if (way === 'push') {
      await Promise.all(tallies.map(({ wanted, taken }) => client.subscribe(wanted, taken)));
    } else if (client.consume !== undefined) {
      await Promise.all(tallies.map(({ taken }) => client.consume?.(events.topic, taken)));
    }
  }

  get count(): number {
    return this.#tallies.reduce((sum, { count }) => sum + count, 0);
  }

  /** The first look begins what latency is counted of, the second ends it. */
  look(looks: number): void {
    if (looks === 0) this.#latency?.start();
    else this.#latency?.stop();
  }

  /** How far the slowest connection is. One that is told of few events is as far as the last of them. */
  tellSeen(tell: Tell): void {
    const { perConnection } = this.#order;
    let slowest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#tallies.length; i += perConnection) {
      let before = 0;
      for (let j = i; j < i + perConnection; j += 1) before = Math.max(before, this.#tallies[j]?.seenBefore ?? 0);
      slowest = Math.min(slowest, before);
    }
    if (slowest === this.#toldSeen) return;
    this.#toldSeen = slowest;
    tell({ kind: 'seen', before: slowest });
  }

  /** Resolves when all that was wanted has come, or nothing comes any more. */
  async finish(range: { readonly first: number; readonly end: number }): Promise<SubscriberReport> {
    const wanted = this.#tallies.map((tally) => tally.wanted);
    const expected = expectedCounts(wanted, this.#events, range).reduce((sum, count) => sum + count, 0);
    let got = this.count;
    for (let quietMs = 0; got < expected && quietMs < QUIET_MS; quietMs += POLL_MS) {
      await delay(POLL_MS);
      if (this.count > got) quietMs = 0;
      got = this.count;
    }
    const wrong = this.#tallies.reduce((sum, tally) => sum + tally.wrong, 0);
    const lossReasons = [...new Set(this.#clients.flatMap((client) => client.lossReasons?.() ?? []))];
    await Promise.all(this.#clients.map((client) => client.close()));
    return { lossReasons, got, lost: Math.max(0, expected - got + wrong), wrong, latency: this.#latency?.latency() };
  }
}
