import { expect, test } from 'vitest';
import { writeBrokerRecord } from '../../../broker/protocol/index.ts';
import { connect } from '../../../client/connect.ts';
import type { Reset } from '../../../client/registration.ts';
import { connected, outcome } from '../../support/connected-client.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { ManualTime, turn } from '../../support/manual-time.ts';

const lease = (id: number) => ({ id, token: id * 10, remainingMs: 30_000 });

test('comes back after a jittered wait, asking for its session', async () => {
  const { client, broker, time } = await connected();
  const states: string[] = [];
  client.onState(({ state, error }) => states.push(`${state} ${error?.code ?? 'well'}`));
  broker.peer.close(1006);
  expect(client.state).toBe('reconnecting');
  await time.advance(49);
  expect(broker.peers).toHaveLength(1);
  await time.advance(1);
  await turn();
  expect(broker.peers).toHaveLength(2);
  expect(broker.peer.asked('hello')).toMatchObject([{ session: { id: 'session 1', key: 'key' } }]);
  expect(states).toEqual(['reconnecting connection_lost', 'open well']);
});

test('waits longer each time nobody answers, up to its bound', async () => {
  const { broker, time } = await connected({ reconnect: { minMs: 100, maxMs: 300 } });
  time.chance = 1;
  broker.reachable = false;
  broker.peer.close(1006);
  const attempts: number[] = [];
  for (let ms = 0; ms < 1_200; ms += 10) {
    const before = broker.peers.length;
    await time.advance(10);
    if (broker.peers.length > before) attempts.push(time.nowMs());
  }
  expect(attempts).toEqual([100, 300, 600, 900, 1_200]);
});

test('goes through its addresses', async () => {
  const broker = new FakeBroker();
  const time = new ManualTime();
  const client = await connect(['ws://one', 'ws://two'], { webSocket: broker.webSocket, time });
  broker.reachable = false;
  broker.peer.close(1006);
  await time.advance(1_000);
  expect(broker.peers.slice(0, 4).map(({ url }) => url)).toEqual(['ws://one', 'ws://one', 'ws://two', 'ws://one']);
  await client.close();
});

test('gives up after so many attempts', async () => {
  const { client, broker, time } = await connected({ reconnect: { attemptsMax: 2 } });
  broker.reachable = false;
  broker.peer.close(1006);
  await time.advance(60_000);
  expect(client.state).toBe('closed');
  expect(broker.peers).toHaveLength(3);
  expect(time.timers).toBe(0);
});

test('does not come back when told not to, when its session is taken over, or when it is unreadable', async () => {
  for (const [options, code, expected] of [
    [{ reconnect: false }, 1006, 'connection_lost'],
    [{}, 4409, 'session_taken_over'],
    [{}, 4400, 'connection_lost'],
  ] as const) {
    const { client, broker, time } = await connected(options);
    const sub = await client.subscribe({ topic: 'a' });
    const errors: unknown[] = [];
    client.onState(({ error }) => errors.push(error?.code));
    broker.peer.close(code);
    await time.advance(60_000);
    expect([client.state, broker.peers.length, errors]).toEqual(['closed', 1, [expected]]);
    await expect(sub[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: expected });
  }
});

test('comes back when the broker goes away, to its next address', async () => {
  const broker = new FakeBroker();
  const time = new ManualTime();
  const client = await connect(['ws://one', 'ws://two'], { webSocket: broker.webSocket, time });
  broker.peer.control({ kind: 'closing', drainMs: 100 });
  expect(client.state).toBe('open');
  broker.peer.close(1001);
  await time.advance(100);
  await turn();
  expect(client.state).toBe('open');
  expect(broker.peer.url).toBe('ws://two');
});

test('subscribes again what the broker has no more; the object stays, and tells of the gap', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', when: 'x = 1' });
  await sub.replace({ when: 'x = 2' });
  const resets: Reset[] = [];
  sub.onReset((reset) => resets.push(reset));
  broker.peer.events(1, { seq: 21 });
  broker.peer.close(1006);
  await expect(sub.replace({ when: null })).rejects.toMatchObject({ code: 'connection_lost' });
  await time.advance(100);
  await turn();
  expect(broker.peer.asked('subscribe')).toMatchObject([{ topic: 'a', when: 'x = 2' }]);
  expect(sub.id).toBe(2);
  expect(resets).toEqual([{ lastSeq: 21, seq: 10, resumed: false }]);
  broker.peer.events(2, { seq: 22 });
  expect(sub.pending).toBe(2);
});

test('keeps what a resumed session still has, and ends what nobody knows', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', ack: 'explicit', leaseMs: 60_000 });
  const resets: Reset[] = [];
  sub.onReset((reset) => resets.push(reset));
  broker.peer.events(1, { seq: 11, lease: lease(1) });
  broker.resumed = [1, 77];
  broker.peer.close(1006);
  await time.advance(100);
  await turn();
  expect(broker.peer.asked('subscribe')).toEqual([]);
  expect(broker.peer.asked('unsubscribe')).toMatchObject([{ subscription: 77 }]);
  // What was leased to the last connection comes again, so it must not be taken twice.
  expect(sub.pending).toBe(0);
  broker.peer.events(1, { seq: 11, lease: lease(2), attempt: 2 });
  expect(sub.pending).toBe(1);
  expect(resets).toEqual([]);
});

test('a resumed subscription without acknowledgement may have lost what was under way', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', leaseMs: 60_000 });
  const resets: Reset[] = [];
  sub.onReset((reset) => resets.push(reset));
  broker.peer.events(1, { seq: 11 });
  broker.resumed = [1];
  broker.peer.close(1006);
  await time.advance(100);
  await turn();
  expect(resets).toEqual([{ lastSeq: 11, seq: 11, resumed: true }]);
  expect(sub.pending).toBe(1);
});

test('credit of an earlier connection is not given back on the next', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', creditEvents: 2, leaseMs: 60_000 });
  broker.peer.events(1, {}, {});
  broker.resumed = [1];
  broker.peer.close(1006);
  await time.advance(100);
  await turn();
  const events = sub[Symbol.asyncIterator]();
  await events.next();
  await events.next();
  await turn();
  expect(broker.peer.sent('credit')).toEqual([]);
  broker.peer.events(1, {});
  await events.next();
  await turn();
  expect(broker.peer.sent('credit')).toMatchObject([{ subscription: 1, events: 1 }]);
});

test('what nobody takes over many connections is bounded: the oldest goes, and is counted', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', creditEvents: 2 });
  for (let connection = 1; connection <= 3; connection++) {
    broker.peer.events(connection, { seq: connection * 100 }, { seq: connection * 100 + 1 });
    broker.peer.close(1006);
    await time.advance(10_000);
    await turn();
  }
  expect(sub.pending).toBe(4);
  expect(sub.dropped).toEqual({ overflow_oldest: 2 });
  const first = await sub[Symbol.asyncIterator]().next();
  expect(first.value?.seq).toBe(200);
});

test('a subscription refused on the new connection ends with the refusal; one that may work later is tried again', async () => {
  const { client, broker, time } = await connected();
  const refused = await client.subscribe({ topic: 'a' });
  const later = await client.subscribe({ topic: 'b' });
  let full = true;
  broker.onControl = (frame, peer) => {
    if (frame.kind !== 'subscribe' || (frame.topic === 'b' && !full)) return false;
    const code = frame.topic === 'a' ? 'topic_filter_invalid' : 'subscription_limit';
    peer.control({ kind: 'refused', ref: frame.ref, code, message: 'no' });
    return true;
  };
  broker.peer.close(1006);
  await time.advance(100);
  await turn();
  await expect(refused[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'topic_filter_invalid' });
  full = false;
  await time.advance(1_000);
  expect(later.id).toBe(3);
});

test('publishes under way are lost, subscribe and explain are asked again, what waited is sent', async () => {
  const { client, broker, time } = await connected();
  broker.onControl = ({ kind }) => kind === 'subscribe' || kind === 'explain';
  const published = client.publish('a', 1).catch((error) => error.code);
  const subscribing = client.subscribe({ topic: 'a' });
  const explaining = client.explain({ event: { seq: 1 }, filter: { topic: 'a' } });
  await turn();
  broker.onControl = () => false;
  broker.receipts = true;
  broker.peer.close(1006);
  expect(await published).toBe('connection_lost');
  const later = client.publish('b', 2);
  await time.advance(100);
  await turn();
  expect((await subscribing).id).toBe(1);
  expect(await explaining).toMatchObject({ text: 'because' });
  expect(await later).toMatchObject({ seq: 1 });
  expect(broker.peer.order).toEqual(['hello', 'subscribe', 'explain', 'topic', 'publish']);
});

test('a request that finds no connection in time is a timeout', async () => {
  const { client, broker, time } = await connected({ requestTimeoutMs: 1_000 });
  broker.reachable = false;
  broker.peer.close(1006);
  const published = client.publish('a', 1).catch((error) => error.code);
  expect(client.publishQuietly('a', 2)).toBe(false);
  await time.advance(1_000);
  expect(await outcome(published)).toBe('timeout');
});

test('a broker that has fallen silent is left', async () => {
  const { client, broker, time } = await connected({ requestTimeoutMs: 1_000 });
  await time.advance(10);
  const published = client.publish('a', 1).catch((error) => error.code);
  await time.advance(1_000);
  expect(await published).toBe('timeout');
  expect(broker.peer.closed).toBeDefined();
  await time.advance(100);
  await turn();
  expect(client.state).toBe('open');
  expect(broker.peers).toHaveLength(2);
});

test('a silent broker is asked whether it is there; one that answers is kept, one that does not is left', async () => {
  const { client, broker, time } = await connected({ silenceMs: 5_000, requestTimeoutMs: 1_000 });
  await client.subscribe({ topic: 'a' });
  await time.advance(4_000);
  broker.peer.events(1, {});
  await time.advance(4_999);
  expect(broker.peer.asked('ping')).toEqual([]);
  await time.advance(1);
  expect(broker.peer.asked('ping')).toHaveLength(1);
  await time.advance(5_000);
  expect(broker.peer.asked('ping')).toHaveLength(2);
  expect([client.state, broker.peers.length]).toEqual(['open', 1]);
  broker.onControl = ({ kind }) => kind === 'ping';
  await time.advance(5_000);
  expect(client.state).toBe('open');
  await time.advance(1_000);
  expect(client.state).toBe('reconnecting');
  await time.advance(100);
  await turn();
  expect([client.state, broker.peers.length]).toEqual(['open', 2]);
  await client.close();
  expect(time.timers).toBe(0);
});

test('a replacement whose answer was lost is asked again, so that the predicate is what the broker has', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', when: 'x = 1', leaseMs: 60_000 });
  broker.onControl = ({ kind }) => kind === 'replace';
  const replaced = sub.replace({ when: 'x = 2' });
  broker.onControl = () => false;
  broker.resumed = [1];
  broker.peer.close(1006);
  expect(sub.when).toBe('x = 1');
  await time.advance(100);
  await turn();
  expect(await replaced).toBe(20);
  expect(broker.peer.asked('replace')).toMatchObject([{ subscription: 1, when: 'x = 2' }]);
  expect(sub.when).toBe('x = 2');
});

test('a replacement is not carried over to a subscription that had to be made anew', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', when: 'x = 1' });
  broker.onControl = ({ kind }) => kind === 'replace';
  const replaced = outcome(sub.replace({ when: 'x = 2' }));
  broker.peer.close(1006);
  const failed = sub.replace({ when: 'x = 3' }).catch((error) => error.code);
  await time.advance(100);
  await turn();
  expect([await replaced, await failed]).toEqual(['waiting', 'connection_lost']);
  expect(broker.peer.asked('subscribe')).toMatchObject([{ when: 'x = 1' }]);
  expect(broker.peer.asked('replace')).toEqual([]);
  expect(sub.when).toBe('x = 1');
});

test('a replacement that was given up is taken back, at once or on the next connection', async () => {
  const { client, broker, time } = await connected({ requestTimeoutMs: 1_000 });
  const sub = await client.subscribe({ topic: 'a', when: 'x = 1', leaseMs: 60_000 });
  const stop = new AbortController();
  broker.onControl = (frame) => frame.kind === 'replace' && frame.when !== 'x = 1';
  const aborted = sub.replace({ when: 'x = 2', signal: stop.signal });
  stop.abort();
  await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
  await turn();
  expect(broker.peer.asked('replace').map(({ when }) => when)).toEqual(['x = 2', 'x = 1']);
  await time.advance(10);
  const silent = sub.replace({ when: 'x = 3' }).catch((error) => error.code);
  broker.resumed = [1];
  await time.advance(1_100);
  expect(await silent).toBe('timeout');
  await turn();
  expect(broker.peers).toHaveLength(2);
  expect(broker.peer.asked('replace').map(({ when }) => when)).toEqual(['x = 1']);
  expect(sub.when).toBe('x = 1');
});

test('a replacement that was given up does not undo a later one', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a', when: 'x = 1' });
  const stop = new AbortController();
  broker.onControl = ({ kind }) => kind === 'replace';
  const given = sub.replace({ when: 'x = 2', signal: stop.signal });
  const later = sub.replace({ when: 'x = 3' });
  stop.abort();
  await expect(given).rejects.toMatchObject({ code: 'aborted' });
  await turn();
  for (const { ref } of broker.peer.asked('replace')) {
    broker.peer.control({ kind: 'replaced', ref, subscription: 1, seq: 20, cost: 'indexed' });
  }
  await later;
  await turn();
  expect(broker.peer.asked('replace').map(({ when }) => when)).toEqual(['x = 2', 'x = 3']);
  expect(sub.when).toBe('x = 3');
});

test('drops that were told of on an earlier connection are no gap again; those since are', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', leaseMs: 60_000 });
  const gaps: number[] = [];
  sub.onGap(({ count }) => gaps.push(count));
  const gap = (subscription: number, total: number) =>
    broker.peer.data((to) => writeBrokerRecord.gap(to, subscription, 'overflow_oldest', total, 10 + total));
  const again = async () => {
    broker.peer.close(1006);
    await time.advance(1_000);
    await turn();
  };
  gap(1, 3);
  broker.resumed = [1];
  await again();
  gap(1, 3);
  gap(1, 4);
  broker.resumed = undefined;
  await again();
  gap(2, 2);
  expect(gaps).toEqual([3, 1, 2]);
  expect(sub.dropped).toEqual({ overflow_oldest: 6 });
});

/** A subscription with `x = 1`, and a broker that answers its replaces when told to. */
async function replacing() {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a', when: 'x = 1' });
  broker.onControl = ({ kind }) => kind === 'replace';
  const asked = () => broker.peer.asked('replace').map(({ when }) => when);
  const answer = async (index: number) => {
    const ref = broker.peer.asked('replace')[index]?.ref ?? 0;
    broker.peer.control({ kind: 'replaced', ref, subscription: 1, seq: 20, cost: 'indexed' });
    await turn();
  };
  const refuse = async (index: number) => {
    const ref = broker.peer.asked('replace')[index]?.ref ?? 0;
    broker.peer.control({ kind: 'refused', ref, code: 'predicate_syntax', message: 'no', offset: 0 });
    await turn();
  };
  return { sub, asked, answer, refuse };
}

test('a replacement that was given up is taken back once an earlier one is answered', async () => {
  const { sub, asked, answer } = await replacing();
  const stop = new AbortController();
  const earlier = sub.replace({ when: 'x = 2' });
  const given = sub.replace({ when: 'x = 3', signal: stop.signal });
  stop.abort();
  await expect(given).rejects.toMatchObject({ code: 'aborted' });
  expect(asked()).toEqual(['x = 2', 'x = 3']);
  await answer(0);
  await earlier;
  expect(asked()).toEqual(['x = 2', 'x = 3', 'x = 2']);
  await answer(2);
  expect(asked()).toHaveLength(3);
  expect(sub.when).toBe('x = 2');
});

test('a replacement given up while another is being taken back is taken back as well', async () => {
  const { sub, asked, answer } = await replacing();
  const giveUp = async (when: string) => {
    const stop = new AbortController();
    const given = sub.replace({ when, signal: stop.signal });
    stop.abort();
    await expect(given).rejects.toMatchObject({ code: 'aborted' });
  };
  await giveUp('x = 2');
  await giveUp('x = 3');
  expect(asked()).toEqual(['x = 2', 'x = 1', 'x = 3']);
  await answer(1);
  expect(asked()).toEqual(['x = 2', 'x = 1', 'x = 3', 'x = 1']);
  await answer(3);
  expect(asked()).toHaveLength(4);
});

test('a taking back that is refused is not repeated on the same connection', async () => {
  const { sub, asked, refuse } = await replacing();
  const stop = new AbortController();
  const given = sub.replace({ when: 'x = 2', signal: stop.signal });
  stop.abort();
  await expect(given).rejects.toMatchObject({ code: 'aborted' });
  await refuse(1);
  expect(asked()).toEqual(['x = 2', 'x = 1']);
});

test('a replacement that was given up before it was sent leaves nothing to take back', async () => {
  const { client, broker, time } = await connected({ bufferBytesMax: 100 });
  const sub = await client.subscribe({ topic: 'a', when: 'x = 1' });
  broker.receipts = true;
  broker.peer.socket.bufferedAmount = 100;
  const published = client.publish('a', 1);
  const stop = new AbortController();
  const given = sub.replace({ when: 'x = 2', signal: stop.signal });
  stop.abort();
  await expect(given).rejects.toMatchObject({ code: 'aborted' });
  broker.peer.socket.bufferedAmount = 0;
  await time.advance(10);
  await published;
  expect(broker.peer.asked('replace')).toEqual([]);
});
