/**
 * MQTT at QoS 1, one publisher to one subscriber and to a hundred, beside the other brokers of MQTT. The load test has QoS 0.
 *
 * All clients are in this process, which has one core as the broker has one; both are the same for every broker. Every event
 * is acknowledged by whoever gets it, and its place in the order is checked.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pubSubPeerOf } from '../peers/pubsub-catalogue.ts';
import type { PubSubPeer } from '../peers/pubsub-peer.ts';
import { AckedClient } from './acked-client.ts';

export interface AckedBenchOptions {
  /** Events of one round with one subscriber; with a hundred, a thirtieth of them. */
  readonly events: number;
  readonly rounds: number;
  readonly print: (line: string) => void;
}

const PEERS = ['tellwhen-mqtt', 'mosquitto', 'aedes'];
const FAN_OUTS = [1, 100];
/** Events that the broker has not acknowledged. */
const WINDOW = 500;
/** Events that the slowest subscriber has not received. */
const AHEAD = 20_000;

export async function benchAcked({ events, rounds, print }: AckedBenchOptions): Promise<void> {
  const peers = await Promise.all(PEERS.map(pubSubPeerOf));
  const rates = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const fanOut of FAN_OUTS) {
      for (const peer of peers) {
        const availability = await peer.availability();
        if ('leftOut' in availability) {
          if (round === 0) print(`without ${peer.name}: ${availability.leftOut}`);
          continue;
        }
        const count = fanOut === 1 ? events : Math.ceil(events / 30);
        const key = `${peer.name} ${availability.version}, 1 to ${fanOut}`;
        rates.set(key, [...(rates.get(key) ?? []), await deliveriesPerSecond(peer, fanOut, count)]);
      }
    }
  }
  for (const [key, all] of rates) {
    const sorted = all.toSorted((a, b) => a - b);
    const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
    print(`${key}: ${shown(median)} deliveries/s (${shown(least)} to ${shown(most)})`);
  }
}

async function deliveriesPerSecond(peer: PubSubPeer, fanOut: number, count: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tellwhen-bench-'));
  const server = await peer.start(folder);
  try {
    const port = Number(server.address);
    const publisher = await AckedClient.open(port);
    const subscribers = await Promise.all(Array.from({ length: fanOut }, () => AckedClient.open(port)));
    for (const subscriber of subscribers) await subscriber.subscribe('bench/acked');
    const slowest = (): number => Math.min(...subscribers.map(({ received }) => received));
    const all = new Promise<void>((resolve) => {
      for (const subscriber of subscribers) {
        subscriber.onProgress = () => {
          publisher.onProgress();
          if (subscriber.received === count && slowest() === count) resolve();
        };
      }
    });
    const start = performance.now();
    let behind = 0;
    await publisher.publish('bench/acked', count, () => {
      if (publisher.published - behind >= AHEAD) behind = slowest();
      return publisher.published - publisher.acknowledged < WINDOW && publisher.published - behind < AHEAD;
    });
    await all;
    const seconds = (performance.now() - start) / 1000;
    await Promise.all([publisher, ...subscribers].map((client) => client.close()));
    return (fanOut * count) / seconds;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function shown(rate: number | undefined): string {
  return Math.round(rate ?? Number.NaN).toLocaleString('en-US');
}
