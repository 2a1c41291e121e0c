import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LoadEvents } from '../../bench/load/events.ts';
import type { Server } from '../../bench/peers/peer.ts';
import type { PubSubClient, PubSubPeer, Taken, Where } from '../../bench/peers/pubsub-peer.ts';

// As compiled: one of the brokers is a file of ours that a process of its own runs.
const CATALOGUE = new URL('../../dist/bench/peers/pubsub-catalogue.js', import.meta.url).href;
const { PUBSUB_KEYS, pubSubPeerOf } = (await import(
  CATALOGUE
)) as typeof import('../../bench/peers/pubsub-catalogue.ts');

/** Several blocks of what is written at once, and reads that end within a frame. */
const EVENTS = 5_000;
const SITES = 7;
const SEED = 11;

for (const key of PUBSUB_KEYS) {
  const peer = await pubSubPeerOf(key);
  const availability = await peer.availability();
  if ('leftOut' in availability) console.warn(`bench-peers.test.ts skips ${peer.name}: ${availability.leftOut}`);
  describe.skipIf('leftOut' in availability)(`${peer.name} under the load test`, () => suite(peer));
}

function suite(peer: PubSubPeer): void {
  let folder: string;
  let server: Server;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tellwhen-peer-'));
    server = await peer.start(folder);
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true });
  }, 60_000);

  it('hands over every event of the topic to each subscriber, once and in order', async () => {
    const events = eventsOf('bench/peers/all');
    const [here, there, elsewhere, publisher] = await clientsOf(4);
    const [one, other, none] = [collector(events), collector(events), collector(events)];
    await here.subscribe({ topic: events.topic }, one.taken);
    await there.subscribe({ topic: events.topic }, other.taken);
    await elsewhere.subscribe({ topic: 'bench/peers/none' }, none.taken);
    await publishAll(publisher, events);
    await vi.waitFor(() => expect([one.numbers.length, other.numbers.length]).toEqual([EVENTS, EVENTS]), WAIT);
    expect(one.numbers).toEqual(all());
    expect(other.numbers).toEqual(all());
    expect(none.numbers).toEqual([]);
    await closeAll(here, there, elsewhere, publisher);
  });

  it('hands over exactly the events that satisfy a predicate', async () => {
    const events = eventsOf('bench/peers/sites', { bySite: true });
    const [subscriber, publisher] = await clientsOf(2);
    const bounds = [9.5, 50.5, 95];
    const sites = [...new Set(all().map((n) => events.siteOf(n)))];
    const wanted: Where[] = sites.flatMap((site) => bounds.map((above) => ({ site, above })));
    const collected = wanted.map((where) => ({ where, ...collector(events) }));
    await Promise.all(collected.map(({ where, taken }) => subscriber.subscribe({ topic: events.topic, where }, taken)));
    await publishAll(publisher, events);
    const expected = wanted.map((where) => all().filter((n) => events.isWanted(n, { topic: events.topic, where })));
    await vi.waitFor(() => {
      expect(collected.map(({ numbers }) => numbers.length)).toEqual(expected.map(({ length }) => length));
    }, WAIT);
    expect(collected.map(({ numbers }) => numbers)).toEqual(expected);
    expect(expected.every(({ length }) => length > 0)).toBe(true);
    await closeAll(subscriber, publisher);
  });

  it('tests a predicate of all events alike', async () => {
    const events = eventsOf('bench/peers/warm');
    const [subscriber, publisher] = await clientsOf(2);
    const { numbers, taken } = collector(events);
    const where = { site: undefined, above: 70 };
    await subscriber.subscribe({ topic: events.topic, where }, taken);
    await publishAll(publisher, events);
    const expected = all().filter((n) => events.isWanted(n, { topic: events.topic, where }));
    await vi.waitFor(() => expect(numbers.length).toBe(expected.length), WAIT);
    expect(numbers).toEqual(expected);
    await closeAll(subscriber, publisher);
  });

  // Some brokers keep nothing for anybody.
  if (peer.consumes === undefined) return;
  it('keeps each event for a consumer until it is acknowledged', async () => {
    const events = eventsOf('bench/peers/kept', { kept: true });
    const [consumer, publisher] = await clientsOf(2);
    const { numbers, taken } = collector(events);
    await consumer.consume?.(events.topic, taken);
    await publishAll(publisher, events);
    await vi.waitFor(() => expect(numbers.length).toBe(EVENTS), WAIT);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(all());
    await closeAll(consumer, publisher);
  });

  async function clientsOf(count: number): Promise<Clients> {
    return (await Promise.all(Array.from({ length: count }, () => peer.connect(server.address)))) as never as Clients;
  }
}

/** As many as were asked for. */
type Clients = readonly [PubSubClient, PubSubClient, PubSubClient, PubSubClient];

const WAIT = { timeout: 15_000, interval: 20 };

function eventsOf(topic: string, { bySite = false, kept = false } = {}): LoadEvents {
  return new LoadEvents({ topic, seed: SEED, sites: SITES, bySite, kept, stamped: false });
}

function all(): readonly number[] {
  return Array.from({ length: EVENTS }, (_, n) => n);
}

/** Notes the numbers of what it is handed over; of what is not the right bytes, -1. */
function collector(events: LoadEvents): { readonly numbers: number[]; readonly taken: Taken } {
  const numbers: number[] = [];
  return {
    numbers,
    taken: (bytes, start, end) => {
      const n = events.numberIn(bytes, start);
      numbers.push(events.isRight(n, bytes, start, end) ? n : -1);
    },
  };
}

async function publishAll(publisher: PubSubClient, events: LoadEvents): Promise<void> {
  for (let first = 0; first < EVENTS; ) {
    first += publisher.publish(events, first, Math.min(500, EVENTS - first));
    await publisher.writable();
    await nextTurn();
  }
}

async function closeAll(...clients: readonly PubSubClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close()));
}
