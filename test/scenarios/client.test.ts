import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Client, connect, type ReceivedEvent, TellwhenError, type WebSocketFactory } from '../../client/index.ts';
import { type BrokerProcess, startBrokerProcess } from '../support/processes.ts';

let broker: BrokerProcess;
beforeAll(async () => {
  broker = await startBrokerProcess();
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
});

/** Clients that are closed with their test. */
class Clients implements AsyncDisposable {
  readonly #clients: Client[] = [];

  async connect(options: Parameters<typeof connect>[1] = {}, url = broker.url): Promise<Client> {
    const client = await connect(url, options);
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

async function take<T>(from: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  if (count === 0) return taken;
  for await (const one of from) if (taken.push(one) === count) break;
  return taken;
}

/** A way to cut the connections of a client, as a broken network does. */
function breakable(): { readonly webSocket: WebSocketFactory; cut(): void } {
  let current: WebSocket | undefined;
  return {
    webSocket: (url, protocol) => {
      current = new WebSocket(url, protocol);
      return current as unknown as ReturnType<WebSocketFactory>;
    },
    cut: () => current?.terminate(),
  };
}

describe('a real client and a real broker', () => {
  it('push what matches, from publisher to subscriber, with everything that was said of it', async () => {
    await using clients = new Clients();
    const [publisher, subscriber] = [await clients.connect(), await clients.connect()];
    const hot = await subscriber.subscribe({ topic: 'e2e/+/temp', when: "temperature > 30 AND $attr.site = 'north'" });
    const about = { attributes: { site: 'north', floor: 2, ok: true }, id: 'e1', source: 'sensor 7', time: 12_345 };
    const receipts = await publisher.publishBatch([
      { topic: 'e2e/1/temp', data: { temperature: 31 }, attributes: { site: 'south' } },
      { topic: 'e2e/1/temp', data: { temperature: 32 }, ...about },
      { topic: 'e2e/1/temp', data: { temperature: '33' }, attributes: { site: 'north' } },
    ]);
    expect(receipts).toMatchObject([{ matched: 0 }, { matched: 1 }, { matched: 0 }]);
    const [event] = await take(hot, 1);
    expect(event?.json()).toEqual({ temperature: 32 });
    expect(event).toMatchObject({ topic: 'e2e/1/temp', id: 'e1', source: 'sensor 7', time: 12_345, attempt: 0 });
    expect({ ...event?.attributes }).toEqual(about.attributes);
  });

  it('keep the order of a publisher, over tens of thousands of events', async () => {
    await using clients = new Clients();
    const [publisher, subscriber] = [await clients.connect(), await clients.connect()];
    const events = 30_000;
    const all = await subscriber.subscribe({ topic: 'e2e/order', queueEvents: events });
    const published = (async () => {
      for (let n = 0; n < events; n += 1_000) {
        await publisher.publishBatch(Array.from({ length: 1_000 }, (_, i) => ({ topic: 'e2e/order', data: n + i })));
      }
    })();
    const told = (await take(all, events)).map((event) => event.json());
    await published;
    expect(told).toEqual(Array.from({ length: events }, (_, n) => n));
    expect(all.dropped).toEqual({});
  });

  it('work under leases: slow handlers keep theirs, a failing one gives its event back', async () => {
    await using clients = new Clients();
    const [publisher, worker] = [await clients.connect(), await clients.connect()];
    const consumer = await worker.pull({ topic: 'e2e/jobs', deliveryLeaseMs: 3_000 });
    const attempts: [number, number][] = [];
    const done = new Set<number>();
    const stop = new AbortController();
    const running = consumer.run(
      async (event: ReceivedEvent, { signal }) => {
        const job = event.json() as number;
        attempts.push([job, event.attempt]);
        if (job === 1 && event.attempt === 1) throw new Error('the first attempt fails');
        // Longer than its lease: it lives on because the client renews it.
        if (job === 2) await pause(4_000, undefined, { signal });
        if (done.add(job).size === 3) stop.abort();
      },
      { concurrency: 3, signal: stop.signal, retryDelayMs: 100 },
    );
    for (const job of [1, 2, 3]) await publisher.publish('e2e/jobs', job);
    await running;
    expect(attempts.filter(([job]) => job === 1)).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect(attempts.filter(([job]) => job === 2)).toEqual([[2, 1]]);
    expect([...done].sort()).toEqual([1, 2, 3]);
  });

  it('fetch many more at once than the broker lets wait, and none is refused', async () => {
    await using clients = new Clients();
    // It lets few fetches wait, and the events are more than sockets take at once.
    await using narrow = await startBrokerProcess(['--credit-events-max', '300', '--credit-events-default', '256']);
    const [publisher, worker] = [await clients.connect({}, narrow.url), await clients.connect({}, narrow.url)];
    const events = 1_500;
    const consumer = await worker.pull({ topic: 'e2e/many', queueEvents: events, queueBytes: 64 * 1_048_576 });
    const data = 'x'.repeat(8_000);
    await publisher.publishBatch(Array.from({ length: events }, () => ({ topic: 'e2e/many', data })));
    const notices = await take(consumer, events);
    const fetched = await Promise.all(notices.map((notice) => notice.fetch()));
    expect(fetched.map(({ seq }) => seq)).toEqual(notices.map(({ seq }) => seq));
  });

  it('keep the shortest of leases for as long as a handler works', async () => {
    await using clients = new Clients();
    const [publisher, worker] = [await clients.connect(), await clients.connect()];
    const lost: unknown[] = [];
    const attempts: number[] = [];
    const worked = new Promise<void>((resolve) => {
      const work = async (event: ReceivedEvent, { signal }: { readonly signal: AbortSignal }) => {
        attempts.push(event.attempt);
        await pause(3_000, undefined, { signal }).catch((reason: unknown) => lost.push(reason));
        await event.ack();
        resolve();
      };
      void worker
        .subscribe({ topic: 'e2e/short', ack: 'explicit', deliveryLeaseMs: 1_000 }, work)
        .then(() => publisher.publish('e2e/short', 1));
    });
    await worked;
    expect([lost, attempts]).toEqual([[], [1]]);
  });

  it('resume after a broken connection: what has a lease waits, and nothing acknowledged comes again', async () => {
    await using clients = new Clients();
    const network = breakable();
    const [publisher, subscriber] = [await clients.connect(), await clients.connect({ webSocket: network.webSocket })];
    const lasting = await subscriber.subscribe({ topic: 'e2e/lasting', ack: 'explicit', leaseMs: 60_000 });
    await publisher.publish('e2e/lasting', 1);
    const [first] = await take(lasting, 1);
    await first?.ack();
    const back = new Promise<void>((resolve) => {
      subscriber.onState(({ state }) => {
        if (state === 'open') resolve();
      });
    });
    network.cut();
    expect(await publisher.publish('e2e/lasting', 2)).toMatchObject({ matched: 1 });
    await back;
    await publisher.publish('e2e/lasting', 3);
    const rest = await take(lasting, 2);
    expect(rest.map((event) => event.json())).toEqual([2, 3]);
    for (const event of rest) await event.ack();
    expect(
      await subscriber.explain({ event: { seq: rest[1]?.seq ?? 0 }, filter: { subscription: lasting.id } }),
    ).toMatchObject({
      fate: { kind: 'acknowledged' },
    });
  });

  it('subscribe again when the broker was started anew, and say that something may be missing', async () => {
    await using clients = new Clients();
    const first = await startBrokerProcess();
    const port = new URL(first.url).port;
    const client = await clients.connect({ reconnect: { minMs: 50, maxMs: 200 } }, first.url);
    const all = await client.subscribe({ topic: '#', when: 'x > 1' });
    const reset = new Promise((resolve) => all.onReset(resolve));
    await first[Symbol.asyncDispose]();
    await using second = await startBrokerProcess([], { port });
    expect(await reset).toMatchObject({ resumed: false });
    const publisher = await clients.connect({}, second.url);
    await publisher.publishBatch([
      { topic: 'a', data: { x: 1 } },
      { topic: 'a', data: { x: 2 } },
    ]);
    expect((await take(all, 1))[0]?.json()).toEqual({ x: 2 });
  });

  it('refuse a bad predicate with its code, offset and a caret', async () => {
    await using clients = new Clients();
    const client = await clients.connect();
    const refused = await client.subscribe({ topic: 'a', when: 'temperature > AND' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TellwhenError);
    expect(refused).toMatchObject({ code: 'predicate_syntax', offset: 14, retry: false });
    expect((refused as TellwhenError).caret).toBe(`temperature > AND\n${' '.repeat(14)}^`);
  });

  it('change a predicate while events flow, at one position', async () => {
    await using clients = new Clients();
    const [publisher, subscriber] = [await clients.connect(), await clients.connect()];
    const some = await subscriber.subscribe({ topic: 'e2e/live', when: 'n < 0', queueEvents: 20_000 });
    let published = 0;
    const flowing = (async () => {
      for (; published < 10_000; published += 100) {
        const from = published;
        await publisher.publishBatch(
          Array.from({ length: 100 }, (_, i) => ({ topic: 'e2e/live', data: { n: from + i } })),
        );
      }
    })();
    await some.replace({ when: 'n >= 0' });
    const since = some.seq;
    await flowing;
    const last = await publisher.publish('e2e/live', { n: 10_000 });
    const told = await take(some, last.seq - since);
    expect(told.map(({ seq }) => seq)).toEqual(Array.from({ length: told.length }, (_, i) => since + 1 + i));
  });
});

describe('bad neighbours', () => {
  it('a connection that floods nonsense, and one that offers another protocol, harm nobody', async () => {
    await using clients = new Clients();
    const good = await clients.connect();
    const all = await good.subscribe({ topic: 'e2e/good' });
    const bad = new WebSocket(broker.url, 'tellwhen.1');
    await once(bad, 'open');
    for (let i = 0; i < 1_000; i++) bad.send(`nonsense ${i}`);
    bad.send(new Uint8Array(100_000).fill(0xff));
    const [code] = (await once(bad, 'close')) as [number];
    expect(code).toBe(4400);
    const stranger = new WebSocket(broker.url, 'mqtt');
    const [refusal] = (await once(stranger, 'error')) as [Error];
    expect(refusal.message).toContain('400');
    const huge = new WebSocket(broker.url, 'tellwhen.1');
    await once(huge, 'open');
    huge.send(new Uint8Array(1_500_000));
    expect((await once(huge, 'close'))[0]).toBe(1009);
    await good.publish('e2e/good', 1);
    expect(await take(all, 1)).toHaveLength(1);
  });

  it('a subscriber that never reads loses only its own, and is told how much', async () => {
    await using clients = new Clients();
    const [publisher, good, stalled] = [await clients.connect(), await clients.connect(), await clients.connect()];
    const all = await good.subscribe({ topic: 'e2e/slow', queueEvents: 50_000 });
    const few = await stalled.subscribe({ topic: 'e2e/slow', creditEvents: 10, queueEvents: 10 });
    const events = 5_000;
    const batch = Array.from({ length: events }, (_, n) => ({ topic: 'e2e/slow', data: n }));
    const [receipts, told] = await Promise.all([publisher.publishBatch(batch), take(all, events)]);
    expect(receipts).toHaveLength(events);
    expect(told.map((event) => event.json())).toEqual(batch.map(({ data }) => data));
    expect(few.pending).toBeLessThanOrEqual(20);
    const gap = new Promise((resolve) => few.onGap(resolve));
    await take(few, 10);
    expect(await gap).toMatchObject({ reason: 'overflow_oldest' });
    const dropped = few.dropped.overflow_oldest ?? 0;
    expect(10 + dropped + (await take(few, events - 10 - dropped)).length).toBe(events);
  });
});

describe('a broker that is told to end', () => {
  it('drains on SIGTERM: leased work is finished, the client is told, the process ends with 0', async () => {
    await using clients = new Clients();
    await using ending = await startBrokerProcess();
    const [publisher, worker] = [await clients.connect({}, ending.url), await clients.connect({}, ending.url)];
    const jobs = await worker.subscribe({ topic: 'jobs', ack: 'explicit' });
    await publisher.publish('jobs', 1);
    const [job] = await take(jobs, 1);
    ending.process.signal('SIGTERM');
    await ending.process.says(/draining/);
    await expect(publisher.publish('jobs', 2)).rejects.toMatchObject({ code: 'broker_draining' });
    await job?.ack();
    expect((await ending.process.exit()).code).toBe(0);
  });
});
