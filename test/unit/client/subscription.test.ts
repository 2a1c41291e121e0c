import { expect, test } from 'vitest';
import { writeBrokerRecord } from '../../../broker/protocol/index.ts';
import type { Gap } from '../../../client/drops.ts';
import type { ReceivedEvent } from '../../../client/event.ts';
import { connected, outcome } from '../../support/connected-client.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { turn } from '../../support/manual-time.ts';

const lease = (id: number, remainingMs = 3_000) => ({ id, token: id * 10, remainingMs });

async function take(events: AsyncIterable<ReceivedEvent>, count: number): Promise<ReceivedEvent[]> {
  const taken: ReceivedEvent[] = [];
  for await (const event of events) if (taken.push(event) === count) break;
  return taken;
}

test('events are taken in their order, with all there is to know of them', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'sensors/+', when: 'temperature > 30', queueEvents: 5 });
  expect(broker.peer.asked('subscribe')).toMatchObject([
    { mode: 'push', topic: 'sensors/+', when: 'temperature > 30', queueEvents: 5 },
  ]);
  expect([sub.id, sub.seq, sub.cost, sub.topic, sub.when]).toEqual([1, 10, 'indexed', 'sensors/+', 'temperature > 30']);
  broker.peer.events(1, { topic: 'sensors/1', data: { temperature: 31 }, seq: 11 }, { topic: 'sensors/2', seq: 12 });
  expect(sub.pending).toBe(2);
  const [first, second] = await take(sub, 2);
  expect(first?.json()).toEqual({ temperature: 31 });
  expect(first).toMatchObject({
    topic: 'sensors/1',
    seq: 11,
    time: 1_700_000_000_000,
    attempt: 0,
    contentType: 'application/json',
  });
  expect(first?.attributes).toEqual({});
  expect(second?.topic).toBe('sensors/2');
});

test('a refused predicate is shown with a caret under its fault', async () => {
  const { client, broker } = await connected();
  broker.onControl = ({ kind, ref }, peer) => {
    if (kind !== 'subscribe') return false;
    peer.control({ kind: 'refused', ref, code: 'predicate_syntax', message: 'no operand', offset: 4 });
    return true;
  };
  const refused = client.subscribe({ topic: 'a', when: 'a > > 1' });
  await expect(refused).rejects.toMatchObject({ code: 'predicate_syntax', offset: 4, caret: 'a > > 1\n    ^' });
});

test('credit comes back when half is taken, and not before', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a' });
  const costs = broker.peer.events(1, ...Array.from({ length: 8 }, () => ({})));
  await take(sub, 3);
  await turn();
  expect(broker.peer.sent('credit')).toEqual([]);
  await take(sub, 1);
  await turn();
  const bytes = costs.slice(0, 4).reduce((sum, cost) => sum + cost, 0);
  expect(broker.peer.sent('credit')).toEqual([{ kind: 'credit', subscription: 1, events: 4, bytes }]);
});

test('large events bring credit back by their bytes', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a', creditBytes: 100 });
  broker.peer.events(1, { data: 'x'.repeat(60) });
  await take(sub, 1);
  await turn();
  expect(broker.peer.sent('credit')).toMatchObject([{ events: 1 }]);
});

test('what a callback works on counts as not taken', async () => {
  const { client, broker } = await connected();
  const finish: (() => void)[] = [];
  await client.subscribe({ topic: 'a', creditEvents: 4 }, () => new Promise((resolve) => finish.push(resolve)));
  broker.peer.events(1, {}, {}, {}, {});
  await turn();
  expect(finish).toHaveLength(4);
  expect(broker.peer.sent('credit')).toEqual([]);
  finish[0]?.();
  finish[1]?.();
  await turn();
  expect(broker.peer.sent('credit')).toMatchObject([{ events: 2 }]);
});

test('a callback that throws is reported, its event released, the next one served', async () => {
  const reported: unknown[] = [];
  const { client, broker } = await connected({ onCallbackError: (error) => reported.push(error) });
  const seen: number[] = [];
  await client.subscribe({ topic: 'a', ack: 'explicit' }, async (event) => {
    seen.push(event.seq);
    if (event.seq === 1) throw new Error('no');
    await event.ack();
  });
  broker.peer.events(1, { seq: 1, lease: lease(1) }, { seq: 2, lease: lease(2) });
  await turn();
  expect(seen).toEqual([1, 2]);
  expect(reported).toEqual([new Error('no')]);
  expect(broker.peer.sent('settle')).toMatchObject([
    { settlement: 'ack', lease: 2 },
    { settlement: 'release', lease: 1, token: 10 },
  ]);
});

test('ack, release and extend are settled by their refs', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a', ack: 'explicit' });
  broker.peer.events(1, { lease: lease(1) }, { lease: lease(2), attempt: 2 });
  const [first, second] = (await take(sub, 2)) as [ReceivedEvent, ReceivedEvent];
  expect([first.attempt, second.attempt]).toEqual([1, 2]);
  const extended = first.extend(9_000);
  const released = second.release({ delayMs: 500 });
  await turn();
  const settles = broker.peer.sent('settle');
  expect(settles).toMatchObject([
    { settlement: 'extend', ms: 9_000, lease: 1, token: 10 },
    { settlement: 'release', ms: 500, lease: 2, token: 20 },
  ]);
  broker.peer.settled(settles[0]?.ref ?? 0, 9_000);
  broker.peer.refused(settles[1]?.ref ?? 0, 'lease_expired');
  expect(await extended).toBe(9_000);
  await expect(released).rejects.toMatchObject({ code: 'lease_expired' });
  const acked = first.ack();
  await expect(first.ack()).rejects.toMatchObject({ code: 'lease_settled' });
  await turn();
  broker.peer.settled(broker.peer.sent('settle')[2]?.ref ?? 0);
  await acked;
});

test('an event without a lease cannot be settled', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a' });
  broker.peer.events(1, {});
  const [event] = await take(sub, 1);
  await expect(event?.ack()).rejects.toMatchObject({ code: 'not_leased' });
});

test('the lease of an event is renewed while it waits, and is its taker’s own afterwards', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', ack: 'explicit' });
  broker.peer.events(1, { lease: lease(1) });
  await time.advance(1_000);
  const [renewal] = broker.peer.sent('settle');
  expect(renewal).toMatchObject({ settlement: 'extend', ms: 3_000, lease: 1 });
  broker.peer.settled(renewal?.ref ?? 0, 3_000);
  await take(sub, 1);
  await time.advance(2_000);
  expect(broker.peer.sent('settle')).toHaveLength(1);
});

test('gaps are told as they grow, and counted by reason; a total that is known already is none', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a' });
  const gaps: Gap[] = [];
  sub.onGap((gap) => gaps.push(gap));
  broker.peer.data((to) => {
    writeBrokerRecord.gap(to, 1, 'overflow_oldest', 3, 14);
    writeBrokerRecord.gap(to, 1, 'overflow_oldest', 3, 14);
    writeBrokerRecord.gap(to, 1, 'overflow_oldest', 5, 16);
    writeBrokerRecord.gap(to, 1, 'broker_memory', 1, 17);
  });
  expect(gaps).toEqual([
    { reason: 'overflow_oldest', count: 3, seq: 14 },
    { reason: 'overflow_oldest', count: 2, seq: 16 },
    { reason: 'broker_memory', count: 1, seq: 17 },
  ]);
  expect(sub.dropped).toEqual({ overflow_oldest: 5, broker_memory: 1 });
});

test('another predicate takes its place at one position', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a', when: 'x = 1' });
  expect(await sub.replace({ when: 'x = 2' })).toBe(20);
  expect([sub.when, sub.seq, sub.cost]).toEqual(['x = 2', 20, 'partly']);
  await sub.replace({ when: null });
  expect(sub.when).toBeUndefined();
  expect(broker.peer.asked('replace').map(({ when }) => when)).toEqual(['x = 2', null]);
});

test('unsubscribing ends the sequence and discards what waits', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a' });
  broker.peer.events(1, {});
  const ended = sub.unsubscribe();
  expect(await take(sub, 1)).toEqual([]);
  await ended;
  await sub.unsubscribe();
  expect(broker.peer.asked('unsubscribe')).toHaveLength(1);
  broker.peer.events(1, {});
  expect(sub.pending).toBe(0);
  await expect(sub.replace({ when: null })).rejects.toMatchObject({ code: 'subscription_unknown' });
});

test('an event that follows the answer in the same turn is not missed', async () => {
  const broker = new FakeBroker();
  const { client } = await connected({}, broker);
  broker.onControl = (frame, peer) => {
    if (frame.kind !== 'subscribe') return false;
    const { ref } = frame;
    peer.control({
      kind: 'subscribed',
      ref,
      subscription: 5,
      seq: 1,
      cost: 'indexed',
      creditEvents: 8,
      creditBytes: 99,
    });
    peer.events(5, { seq: 2 });
    return true;
  };
  const sub = await client.subscribe({ topic: 'a' });
  expect(sub.pending).toBe(1);
});

test('a subscription whose request was given up is ended at the broker', async () => {
  const { client, broker } = await connected();
  broker.onControl = ({ kind }) => kind === 'subscribe';
  const stop = new AbortController();
  const given = client.subscribe({ topic: 'a', signal: stop.signal });
  await turn();
  stop.abort();
  await expect(given).rejects.toMatchObject({ code: 'aborted' });
  const ref = broker.peer.asked('subscribe')[0]?.ref ?? 0;
  broker.peer.control({
    kind: 'subscribed',
    ref,
    subscription: 9,
    seq: 1,
    cost: 'indexed',
    creditEvents: 1,
    creditBytes: 1,
  });
  await turn();
  expect(broker.peer.asked('unsubscribe')).toMatchObject([{ subscription: 9 }]);
});

test('data that is not JSON says so', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a' });
  broker.peer.data((to) => {
    writeBrokerRecord.topic(to, 60, 'raw');
    // One event with its body by hand: no flags, two bytes of data that are no UTF-8.
    const body = Uint8Array.of(0, 2, 0xff, 0xfe);
    writeBrokerRecord.event(to, 1, { seq: 1, time: 0, alias: 60, attempt: 0, retained: false }, body);
  });
  const [event] = await take(sub, 1);
  expect(() => event?.json()).toThrow(expect.objectContaining({ code: 'data_not_json' }));
  expect(event?.text()).toBe('\ufffd\ufffd');
});

test('an explanation is passed on', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a', when: 'x = 1' });
  expect(await client.explain({ event: { topic: 'a', data: { x: 2 } }, filter: { subscription: sub } })).toMatchObject({
    text: 'because',
  });
  expect(broker.peer.asked('explain')).toMatchObject([
    { event: { topic: 'a', data: { x: 2 } }, filter: { subscription: 1 } },
  ]);
});

test('who matches, what a filter costs and which cost most are asked as they are said', async () => {
  const { client, broker } = await connected();
  const event = { topic: 'a', data: { x: 2 } };
  expect(await client.matches({ event, limit: 3, cursor: 7 })).toEqual({ total: 0, matches: [] });
  expect(await client.costOf({ topic: 'a', when: 'x = 1' })).toMatchObject({ cost: 'indexed', testsPerEvent: 0 });
  expect(await client.costlyFilters()).toMatchObject({ filters: [], listed: 0, sweep: { rounds: 0 } });
  expect(await client.costlyFilters({ limit: 2, cursor: 4 })).toMatchObject({ held: 0 });
  expect(broker.peer.asked('match')).toMatchObject([{ event, limit: 3, cursor: 7 }]);
  expect(broker.peer.asked('price')).toMatchObject([{ topic: 'a', when: 'x = 1' }]);
  expect(broker.peer.asked('rank')).toMatchObject([{}, { limit: 2, cursor: 4 }]);
});

test('a price is refused as a subscription is, with a caret', async () => {
  const { client, broker } = await connected();
  broker.onControl = (frame, peer) => {
    if (frame.kind !== 'price') return false;
    peer.control({ kind: 'refused', ref: frame.ref, code: 'predicate_syntax', message: 'no', offset: 3 });
    return true;
  };
  await expect(client.costOf({ topic: 'a', when: 'x >' })).rejects.toMatchObject({
    code: 'predicate_syntax',
    caret: 'x >\n   ^',
  });
});

test('several loops share the events; one that waits gets the next', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a' });
  const one = outcome(take(sub, 1).then(([event]) => event?.seq));
  const other = take(sub, 1).then(([event]) => event?.seq);
  broker.peer.events(1, { seq: 1 }, { seq: 2 });
  expect([await one, await other]).toEqual([1, 2]);
});

test('a loop that has been left takes nothing any more', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a' });
  const [left, other] = [sub[Symbol.asyncIterator](), sub[Symbol.asyncIterator]()];
  const waiting = left.next();
  const alsoWaiting = other.next();
  await left.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await left.next()).toEqual({ done: true, value: undefined });
  broker.peer.events(1, { seq: 1 });
  expect((await alsoWaiting).value?.seq).toBe(1);
});

test('a loop ends when its signal fires, and leaves what waits to others', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a' });
  const stop = new AbortController();
  const seen: number[] = [];
  const looping = (async () => {
    for await (const { seq } of sub.items({ signal: stop.signal })) seen.push(seq);
  })();
  broker.peer.events(1, { seq: 1 });
  await turn();
  stop.abort();
  await looping;
  broker.peer.events(1, { seq: 2 });
  await turn();
  expect([seen, sub.pending]).toEqual([[1], 1]);
  expect(await take(sub.items({ signal: stop.signal }), 1)).toEqual([]);
});

test('a thenable that rejects is a callback that failed', async () => {
  const reported: unknown[] = [];
  const { client, broker } = await connected({ onCallbackError: (error) => reported.push(error) });
  // biome-ignore lint/suspicious/noThenProperty: promises of other makes have it too.
  const rejecting = { then: (_: unknown, reject: (error: Error) => void) => reject(new Error('no')) };
  await client.subscribe({ topic: 'a', ack: 'explicit' }, () => rejecting as PromiseLike<void>);
  broker.peer.events(1, { lease: lease(1) });
  await turn();
  expect(reported).toEqual([new Error('no')]);
  expect(broker.peer.sent('settle')).toMatchObject([{ settlement: 'release', lease: 1 }]);
});

test('a renewal asks for the time that was granted, not for what remained when it was read', async () => {
  const broker = new FakeBroker();
  broker.deliveryLeaseMs = 1_000;
  const { client, time } = await connected({}, broker);
  await client.subscribe({ topic: 'a', ack: 'explicit' });
  broker.peer.events(1, { lease: lease(1, 999) });
  await time.advance(500);
  expect(broker.peer.sent('settle')).toMatchObject([{ settlement: 'extend', ms: 1_000 }]);
});

test('an event whose lease is lost while it waits is not handed out, and its credit comes back', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', ack: 'explicit', creditEvents: 2 });
  broker.peer.events(1, { seq: 1, lease: lease(1) }, { seq: 2, lease: lease(2) });
  await time.advance(1_000);
  const [first, second] = broker.peer.sent('settle');
  broker.peer.refused(first?.ref ?? 0, 'lease_superseded');
  broker.peer.settled(second?.ref ?? 0, 3_000);
  expect(sub.pending).toBe(1);
  await turn();
  expect(broker.peer.sent('credit')).toMatchObject([{ events: 1 }]);
  expect((await take(sub, 1))[0]?.seq).toBe(2);
});

test('the signal of an event that was taken fires when its time is over; nothing renews it', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', ack: 'explicit' });
  broker.peer.events(1, { lease: lease(1) }, { lease: lease(2) }, { lease: lease(3) });
  const [left, extended, settled] = (await take(sub, 3)) as [ReceivedEvent, ReceivedEvent, ReceivedEvent];
  const signals = [left, extended, settled].map(({ leaseSignal }) => leaseSignal);
  void settled.ack();
  void extended.extend(9_000);
  await turn();
  for (const { ref, ms } of broker.peer.sent('settle')) broker.peer.settled(ref, ms);
  await time.advance(2_699);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false]);
  await time.advance(1);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false, false]);
  expect(left.leaseSignal.reason).toMatchObject({ code: 'lease_expired' });
  await time.advance(9_000);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
  expect(broker.peer.sent('settle')).toHaveLength(2);
});

test('a callback that leaves its event to somebody else leaves them the signal, and no renewal', async () => {
  const { client, broker, time } = await connected();
  const signals: AbortSignal[] = [];
  await client.subscribe({ topic: 'a', ack: 'explicit' }, (_event, { signal }) => void signals.push(signal));
  broker.peer.events(1, { lease: lease(1) });
  await time.advance(2_699);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  await time.advance(1);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect(broker.peer.sent('settle')).toEqual([]);
});

test('the signal of an event without a lease never fires', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a' });
  broker.peer.events(1, {});
  const [event] = await take(sub, 1);
  await client.close();
  expect(event?.leaseSignal.aborted).toBe(false);
});

test('a lost connection ends every delivery: in hand, in a callback, and waiting', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', ack: 'explicit', leaseMs: 60_000 });
  const fired: unknown[] = [];
  await client.subscribe({ topic: 'b', ack: 'explicit', leaseMs: 60_000 }, (_event, { signal }) => {
    signal.addEventListener('abort', () => fired.push(signal.reason.code));
    return new Promise(() => {});
  });
  broker.peer.events(1, { lease: lease(1) }, { lease: lease(2) }, { lease: lease(3) });
  broker.peer.events(2, { lease: lease(4) });
  const [first, second] = (await take(sub, 2)) as [ReceivedEvent, ReceivedEvent];
  const acked = second.ack().catch((error) => error.code);
  await turn();
  broker.peer.close(1006);
  expect(fired).toEqual(['connection_lost']);
  expect(first.leaseSignal.reason).toMatchObject({ code: 'connection_lost' });
  expect(sub.pending).toBe(0);
  broker.resumed = [1, 2];
  await time.advance(100);
  await turn();
  expect(await acked).toBe('connection_lost');
  // Its number may stand for another lease by now.
  await expect(first.ack()).rejects.toMatchObject({ code: 'connection_lost' });
  await expect(second.ack()).rejects.toMatchObject({ code: 'connection_lost' });
  await expect(first.extend(5_000)).rejects.toMatchObject({ code: 'connection_lost' });
  await time.advance(10_000);
  expect(broker.peer.sent('settle')).toEqual([]);
});

test('an event whose connection ends in the turn it arrives is not handed out', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a', ack: 'explicit', leaseMs: 60_000 });
  const waiting = take(sub, 1);
  broker.peer.events(1, { lease: lease(1) });
  broker.peer.close(1006);
  expect(await outcome(waiting)).toBe('waiting');
});

test('closing tells those who work under leases', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a', ack: 'explicit' });
  broker.peer.events(1, { lease: lease(1) });
  const [event] = await take(sub, 1);
  await client.close();
  expect(event?.leaseSignal.reason).toMatchObject({ code: 'client_closed' });
});

test('a loop that is over waits no more, also when what had come for it was lost in the same turn', async () => {
  for (const end of ['signal', 'return'] as const) {
    const { client, broker } = await connected();
    const sub = await client.subscribe({ topic: 'a', ack: 'explicit', leaseMs: 60_000 });
    const stop = new AbortController();
    const loop = sub.items({ signal: stop.signal });
    const waiting = loop.next();
    broker.peer.events(1, { lease: lease(1) });
    broker.peer.close(1006);
    if (end === 'signal') stop.abort();
    else void loop.return?.();
    expect(await outcome(waiting)).toEqual({ done: true, value: undefined });
  }
});
