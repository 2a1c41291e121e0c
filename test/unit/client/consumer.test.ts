import { expect, test } from 'vitest';
import type { Settlement } from '../../../broker/protocol/index.ts';
import type { Consumer } from '../../../client/consumer.ts';
import type { Notice } from '../../../client/notice.ts';
import type { ConnectOptions } from '../../../client/options.ts';
import { type Connected, connected, outcome } from '../../support/connected-client.ts';
import { FakeBroker, type FakeEvent, type FakePeer } from '../../support/fake-broker.ts';
import { turn } from '../../support/manual-time.ts';

interface Consuming extends Connected {
  readonly consumer: Consumer;
}

async function consuming(options: ConnectOptions = {}): Promise<Consuming> {
  const all = await connected(options);
  return { ...all, consumer: await all.client.pull({ topic: 'a', retentionMs: 60_000, prefetch: 4 }) };
}

const lease = (id: number, remainingMs = 3_000) => ({ id, token: id * 10, remainingMs });

/** Answers the fetches that are open, the first with lease 1, and so on. */
async function answerFetches(peer: FakePeer, event: FakeEvent = {}): Promise<void> {
  await turn();
  peer.sent('fetch').forEach(({ ref, seq }, i) => {
    peer.fetched(ref, { seq, lease: lease(i + 1), ...event });
  });
  await turn();
}

const settlements = (peer: FakePeer, settlement: Settlement) =>
  peer.sent('settle').filter((record) => record.settlement === settlement);

async function next(consumer: Consumer): Promise<Notice> {
  for await (const notice of consumer) return notice;
  throw new Error('the consumer ended');
}

test('a notice tells all but the body, which is fetched under a lease', async () => {
  const { broker, consumer } = await consuming();
  expect(broker.peer.asked('subscribe')).toMatchObject([{ mode: 'pull', creditEvents: 4, retentionMs: 60_000 }]);
  broker.peer.notice(1, { seq: 5, topic: 'a', attempt: 0 });
  const notice = await next(consumer);
  expect(notice).toMatchObject({ seq: 5, topic: 'a', size: 2, attempt: 0, retentionMs: 300_000 });
  const fetched = notice.fetch({ leaseMs: 2_000 });
  await answerFetches(broker.peer, { data: { x: 1 } });
  const event = await fetched;
  expect(event.json()).toEqual({ x: 1 });
  const acked = event.ack();
  await turn();
  const [ack] = settlements(broker.peer, 'ack');
  expect(ack).toMatchObject({ lease: 1, token: 10 });
  broker.peer.settled(broker.peer.sent('settle')[0]?.ref ?? 0);
  await acked;
});

test('retention is extended, or given up, by the notice', async () => {
  const { broker, consumer } = await consuming();
  broker.peer.notice(1, { seq: 5 });
  const notice = await next(consumer);
  const extended = notice.extendRetention(600_000);
  await turn();
  broker.peer.settled(broker.peer.sent('settle')[0]?.ref ?? 0, 600_000);
  expect(await extended).toBe(600_000);
  const dismissed = notice.dismiss();
  await turn();
  expect(broker.peer.sent('settle')[1]).toMatchObject({ settlement: 'ack', lease: 1_005 });
  broker.peer.settled(broker.peer.sent('settle')[1]?.ref ?? 0);
  await dismissed;
});

test('a fetch that is given up gives its lease back', async () => {
  const { broker, consumer } = await consuming();
  broker.peer.notice(1, { seq: 5 });
  const notice = await next(consumer);
  const stop = new AbortController();
  const fetched = notice.fetch({ signal: stop.signal });
  await turn();
  stop.abort();
  await expect(fetched).rejects.toMatchObject({ code: 'aborted' });
  await answerFetches(broker.peer);
  expect(settlements(broker.peer, 'release')).toMatchObject([{ lease: 1 }]);
});

test('run acknowledges what its handler returns from, releases what it throws on, and says so', async () => {
  const { broker, consumer } = await consuming();
  const errors: unknown[] = [];
  const handler = ({ seq }: { readonly seq: number }) => {
    if (seq === 2) throw new Error('no');
  };
  void consumer.run(handler, { concurrency: 2, retryDelayMs: 700, onError: (error) => errors.push(error) });
  broker.peer.notice(1, { seq: 1 });
  broker.peer.notice(1, { seq: 2 });
  await answerFetches(broker.peer);
  expect(settlements(broker.peer, 'ack')).toMatchObject([{ lease: 1 }]);
  expect(settlements(broker.peer, 'release')).toMatchObject([{ lease: 2, ms: 700 }]);
  expect(errors).toEqual([new Error('no')]);
});

test('run works on no more at a time than asked for', async () => {
  const { broker, consumer } = await consuming();
  void consumer.run(() => new Promise(() => {}), { concurrency: 2 });
  for (const seq of [1, 2, 3]) broker.peer.notice(1, { seq });
  await answerFetches(broker.peer);
  expect(broker.peer.sent('fetch').map(({ seq }) => seq)).toEqual([1, 2]);
  expect(consumer.pending).toBe(1);
});

test('leases are renewed at a third of their time, those due together in one frame', async () => {
  const { broker, consumer, time } = await consuming();
  void consumer.run(() => new Promise(() => {}), { concurrency: 3 });
  for (const seq of [1, 2, 3]) broker.peer.notice(1, { seq });
  await answerFetches(broker.peer);
  const frames = broker.peer.dataFrames;
  await time.advance(999);
  expect(settlements(broker.peer, 'extend')).toEqual([]);
  await time.advance(1);
  expect(settlements(broker.peer, 'extend')).toMatchObject([{ lease: 1, ms: 3_000 }, { lease: 2 }, { lease: 3 }]);
  expect(broker.peer.dataFrames).toBe(frames + 1);
  for (const { ref } of broker.peer.sent('settle')) broker.peer.settled(ref, 3_000);
  await time.advance(1_000);
  expect(settlements(broker.peer, 'extend')).toHaveLength(6);
});

test('the signal fires before a lease ends that could not be renewed', async () => {
  const { broker, consumer, time } = await consuming();
  const fired: unknown[] = [];
  void consumer.run((_event, { signal }) => {
    signal.addEventListener('abort', () => fired.push([time.nowMs(), signal.reason.code]));
    return new Promise(() => {});
  });
  broker.peer.notice(1, { seq: 1 });
  await answerFetches(broker.peer);
  await time.advance(2_600);
  expect(fired).toEqual([]);
  // 3 s less a tenth, counted from when the fetch was sent.
  await time.advance(100);
  expect(fired).toEqual([[2_700, 'lease_expired']]);
});

test('the margin is at least 250 ms', async () => {
  const { broker, consumer, time } = await consuming();
  let firedMs = 0;
  void consumer.run((_event, { signal }) => {
    signal.addEventListener('abort', () => (firedMs = time.nowMs()));
    return new Promise(() => {});
  });
  broker.peer.notice(1, { seq: 1 });
  await answerFetches(broker.peer, { lease: lease(1, 1_000) });
  await time.advance(2_000);
  expect(firedMs).toBe(750);
});

test('the time a fetch was under way counts against its lease', async () => {
  const { broker, consumer, time } = await consuming();
  let firedMs = 0;
  void consumer.run((_event, { signal }) => {
    signal.addEventListener('abort', () => (firedMs = time.nowMs()));
    return new Promise(() => {});
  });
  broker.peer.notice(1, { seq: 1 });
  await turn();
  await time.advance(500);
  await answerFetches(broker.peer);
  await time.advance(5_000);
  expect(firedMs).toBe(2_700);
});

test('a renewal refused because the lease is over fires at once; one that is only too long does not', async () => {
  const { broker, consumer, time } = await consuming();
  const fired: string[] = [];
  void consumer.run(
    ({ seq }, { signal }) => {
      signal.addEventListener('abort', () => fired.push(`${seq} ${signal.reason.code} at ${time.nowMs()}`));
      return new Promise(() => {});
    },
    { concurrency: 2 },
  );
  broker.peer.notice(1, { seq: 1 });
  broker.peer.notice(1, { seq: 2 });
  await answerFetches(broker.peer);
  await time.advance(1_000);
  const [first, second] = broker.peer.sent('settle');
  broker.peer.refused(first?.ref ?? 0, 'lease_superseded');
  broker.peer.refused(second?.ref ?? 0, 'lease_max_total');
  expect(fired).toEqual(['1 lease_superseded at 1000']);
  await time.advance(5_000);
  expect(fired[1]).toBe('2 lease_expired at 2700');
  expect(settlements(broker.peer, 'extend')).toHaveLength(2);
});

test('settling stops renewal at once, and a late answer to a renewal changes nothing', async () => {
  const { broker, consumer, time } = await consuming();
  let finish = (): void => {};
  const fired: unknown[] = [];
  void consumer.run(async (event, { signal }) => {
    signal.addEventListener('abort', () => fired.push(signal.reason));
    await new Promise<void>((resolve) => (finish = resolve));
    await event.ack();
  });
  broker.peer.notice(1, { seq: 1 });
  await answerFetches(broker.peer);
  await time.advance(1_000);
  const [renewal] = settlements(broker.peer, 'extend');
  finish();
  await turn();
  broker.peer.refused(renewal?.ref ?? 0, 'lease_settled');
  await time.advance(9_000);
  expect(fired).toEqual([]);
  expect(settlements(broker.peer, 'extend')).toHaveLength(1);
  expect(settlements(broker.peer, 'ack')).toHaveLength(1);
});

test('an event that is gone is passed over', async () => {
  const { broker, consumer } = await consuming();
  const errors: unknown[] = [];
  const seen: number[] = [];
  void consumer.run(({ seq }) => seen.push(seq), { onError: (error) => errors.push(error) });
  broker.peer.notice(1, { seq: 1 });
  broker.peer.notice(1, { seq: 2 });
  await turn();
  broker.peer.refused(broker.peer.sent('fetch')[0]?.ref ?? 0, 'event_gone');
  await turn();
  const second = broker.peer.sent('fetch')[1];
  broker.peer.fetched(second?.ref ?? 0, { seq: 2, lease: lease(2) });
  await turn();
  expect([seen, errors]).toEqual([[2], []]);
});

test('a signal ends run once the handlers at work have returned', async () => {
  const { broker, consumer } = await consuming();
  const stop = new AbortController();
  let finish = (): void => {};
  const running = consumer.run(() => new Promise<void>((resolve) => (finish = resolve)), {
    concurrency: 2,
    signal: stop.signal,
  });
  const over = running.then(() => 'over');
  broker.peer.notice(1, { seq: 1 });
  await answerFetches(broker.peer);
  stop.abort();
  expect(await outcome(over)).toBe('waiting');
  broker.peer.notice(1, { seq: 2 });
  finish();
  await turn();
  broker.peer.settled(broker.peer.sent('settle')[0]?.ref ?? 0);
  expect(await over).toBe('over');
  expect(broker.peer.sent('fetch')).toHaveLength(1);
});

test('concurrency must be a number of handlers', async () => {
  const { consumer } = await consuming();
  await expect(consumer.run(() => {}, { concurrency: 0 })).rejects.toMatchObject({ code: 'invalid_argument' });
});

test('a lost connection fires the signals of handlers at once, and what they held is not settled on the next', async () => {
  const { broker, consumer, time } = await consuming();
  const fired: unknown[] = [];
  const errors: unknown[] = [];
  void consumer.run(
    (_event, { signal }) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          fired.push(signal.reason.code);
          resolve();
        });
      }),
    { onError: (error) => errors.push(error) },
  );
  broker.peer.notice(1, { seq: 1 });
  broker.peer.notice(1, { seq: 2 });
  await answerFetches(broker.peer);
  broker.resumed = [1];
  broker.peer.close(1006);
  expect(fired).toEqual(['connection_lost']);
  expect(consumer.pending).toBe(0);
  await time.advance(5_000);
  expect(broker.peers).toHaveLength(2);
  expect(broker.peer.records).toEqual([]);
  expect(errors).toMatchObject([{ code: 'connection_lost' }]);
});

test('a fetched event is renewed for the time that was granted', async () => {
  const broker = new FakeBroker();
  broker.deliveryLeaseMs = 1_000;
  const { client, time } = await connected({}, broker);
  const consumer = await client.pull({ topic: 'a' });
  void consumer.run(() => new Promise(() => {}));
  broker.peer.notice(1, { seq: 1 });
  await answerFetches(broker.peer, { lease: lease(1, 999) });
  await time.advance(500);
  expect(settlements(broker.peer, 'extend').map(({ ms }) => ms)).toEqual([1_000]);
});

test('the signal of an event that was fetched counts from the fetch', async () => {
  const { broker, consumer, time } = await consuming();
  broker.peer.notice(1, { seq: 1 });
  const fetched = (await next(consumer)).fetch({ leaseMs: 6_000 });
  await answerFetches(broker.peer, { lease: lease(1, 5_999) });
  const event = await fetched;
  expect(event.leaseSignal.aborted).toBe(false);
  await time.advance(5_399);
  expect(event.leaseSignal.aborted).toBe(false);
  await time.advance(1);
  expect(event.leaseSignal.aborted).toBe(true);
});

test('no renewal undoes its holder’s own extension, and the next asks for the new time', async () => {
  const { broker, consumer, time } = await consuming();
  let extended: Promise<number> | undefined;
  void consumer.run(async (event) => {
    extended = event.extend(9_000);
    await new Promise(() => {});
  });
  broker.peer.notice(1, { seq: 1 });
  await answerFetches(broker.peer);
  await time.advance(2_000);
  expect(settlements(broker.peer, 'extend').map(({ ms }) => ms)).toEqual([9_000]);
  broker.peer.settled(settlements(broker.peer, 'extend')[0]?.ref ?? 0, 8_999);
  expect(await extended).toBe(8_999);
  await time.advance(2_990);
  expect(settlements(broker.peer, 'extend')).toHaveLength(1);
  await time.advance(20);
  expect(settlements(broker.peer, 'extend').map(({ ms }) => ms)).toEqual([9_000, 9_000]);
});

test('an extension that is refused leaves the renewal as it was', async () => {
  const { broker, consumer, time } = await consuming();
  const refused: string[] = [];
  void consumer.run(async (event) => {
    await event.extend(1).catch(({ code }) => refused.push(code));
    await new Promise(() => {});
  });
  broker.peer.notice(1, { seq: 1 });
  await answerFetches(broker.peer);
  broker.peer.refused(settlements(broker.peer, 'extend')[0]?.ref ?? 0, 'lease_ttl_range');
  await time.advance(1_000);
  expect(refused).toEqual(['lease_ttl_range']);
  expect(settlements(broker.peer, 'extend').map(({ ms }) => ms)).toEqual([1, 3_000]);
});

test('the signal of a notice fires when its retention is over, and outlives a connection', async () => {
  const { broker, consumer, time } = await consuming();
  broker.peer.notice(1, { seq: 1, lease: lease(7, 10_000) });
  const { leaseSignal } = await next(consumer);
  broker.resumed = [1];
  broker.peer.close(1006);
  await time.advance(8_999);
  expect(leaseSignal.aborted).toBe(false);
  await time.advance(1);
  expect(leaseSignal.aborted).toBe(true);
});

test('run ends when its signal fires in the turn in which a notice came and the connection was lost', async () => {
  const { broker, consumer } = await consuming();
  const stop = new AbortController();
  const running = consumer.run(() => {}, { signal: stop.signal });
  broker.peer.notice(1, { seq: 1 });
  broker.peer.close(1006);
  stop.abort();
  expect(await outcome(running)).toBeUndefined();
});

async function fetchingMany(count: number, options: ConnectOptions = {}) {
  const all = await consuming(options);
  all.broker.peer.notice(1, { seq: 1 });
  const notice = await next(all.consumer);
  const stops = Array.from({ length: count }, () => new AbortController());
  const fetches = stops.map(({ signal }) => notice.fetch({ signal }).catch((error) => error.code as string));
  await turn();
  return { ...all, stops, fetches, asked: () => all.broker.peer.sent('fetch') };
}

test('256 fetches are under way at once; the others follow in order, one for each that is answered', async () => {
  const { broker, client, fetches, asked } = await fetchingMany(1_000);
  expect([asked().length, client.unanswered]).toEqual([256, 1_000]);
  broker.receipts = true;
  await client.publish('b', 'overtakes them');
  for (let answered = 0; answered < 1_000; answered += 1) {
    const { ref = 0, seq = 0 } = asked()[answered] ?? {};
    if (answered % 2 === 0) broker.peer.fetched(ref, { seq, lease: lease(answered + 1) });
    else broker.peer.refused(ref, 'event_leased');
    if (answered % 100 !== 0) continue;
    await turn();
    expect(asked()).toHaveLength(Math.min(1_000, 257 + answered));
  }
  const outcomes = await Promise.all(fetches);
  expect(outcomes.filter((result) => result === 'event_leased')).toHaveLength(500);
  const refs = asked().map(({ ref }) => ref);
  expect(refs).toEqual(refs.toSorted((one, other) => one - other));
});

test('a fetch that waits its turn can be given up, and one given up under way makes room', async () => {
  const { stops, fetches, time, asked } = await fetchingMany(259);
  stops[256]?.abort();
  stops[0]?.abort();
  expect([await fetches[256], await fetches[0]]).toEqual(['aborted', 'aborted']);
  await time.advance(10);
  expect(asked()).toHaveLength(257);
  expect(asked().at(-1)?.ref).toBe((asked().at(-2)?.ref ?? 0) + 2);
});

test('fetches that wait their turn end with the connection', async () => {
  const { broker, client, fetches, time, asked } = await fetchingMany(300);
  broker.resumed = [1];
  broker.peer.close(1006);
  expect(new Set(await Promise.all(fetches))).toEqual(new Set(['connection_lost']));
  await time.advance(1_000);
  expect([broker.peers.length, asked().length, client.unanswered]).toEqual([2, 0, 0]);
});

test('more fetches than may wait are refused', async () => {
  const { client, fetches } = await fetchingMany(300, { requestsMax: 40 });
  expect([client.unanswered, await fetches[296]]).toEqual([296, 'overloaded']);
});
