import { describe, expect, it } from 'vitest';
import type { RawPeer } from '../support/raw-peer.ts';
import { acknowledged, each, entriesOf, leaseOf, statusOf, taken } from '../support/received.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

type Fields = Partial<Parameters<RawPeer['subscribe']>[0]>;

async function broker(fields: Fields = {}, config: Parameters<typeof simulatedBroker>[0] = {}) {
  const simulated = await simulatedBroker(config);
  const [publisher, worker] = [simulated.greeted(), simulated.greeted()];
  const subscription = consume(worker, fields);
  return { ...simulated, publisher, worker, subscription };
}

/** A consumer of the mailbox `box`, with leases short enough to be granted to the millisecond. */
function consume(peer: RawPeer, fields: Fields = {}): number {
  const terms = { mailbox: 'box', topic: 'a', deliveryLeaseMs: 5 * SECOND, attemptsMax: 2, ...fields };
  return peer.subscribe(terms).subscription;
}

/** Releases what comes until nothing comes any more. Answers how often that was. */
function refuseAll(worker: RawPeer): number {
  let refused = 0;
  for (let events = worker.take('event'); events.length > 0; events = worker.take('event')) {
    for (const event of events) worker.release(leaseOf(event));
    refused += events.length;
  }
  return refused;
}

const events = (from: number, to: number, topic = 'a') =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ topic, data: from + i }));

describe('a dead letter', () => {
  it('is what was handed over as often as it may be, with why and how', async () => {
    const { publisher, worker, time } = await broker();
    const attributes = { colour: 'red' };
    publisher.publish({ topic: 'a', data: { x: 1 }, id: 'i', source: 's', attributes });
    time.advance(7 * SECOND);
    const [, second] = worker.take('event');
    expect(second).toMatchObject({ attempt: 2 });
    worker.release(leaseOf(second));
    expect(worker.take('event')).toEqual([]);
    expect(entriesOf(publisher, '$dead')).toMatchObject([
      {
        topic: '$dead/box',
        data: '{"x":1}',
        id: 'i',
        source: 's',
        attributes: {
          colour: 'red',
          'dead.mailbox': 'box',
          'dead.reason': 'attempts_exhausted',
          'dead.attempts': 2,
          'dead.topic': 'a',
          'dead.seq': 1,
          'dead.history': expect.stringMatching(
            /^1 expired 2026-01-01T00:00:05\.\d{3}Z, 2 released 2026-01-01T00:00:07\.000Z$/,
          ),
        },
      },
    ]);
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 0, deadLettered: 1, settled: 1, dropped: 1 });
  });

  it('is counted, and told to the consumers as a drop', async () => {
    const { publisher, worker, subscription, metric } = await broker();
    publisher.publish(...events(1, 2));
    expect(refuseAll(worker)).toBe(4);
    expect(await metric('tellwhen_dead_letters_total')).toBe(2);
    expect(await metric('tellwhen_drops_total{reason="attempts_exhausted"}')).toBe(2);
    publisher.publish(...events(3, 3));
    expect(worker.take('gap').at(-1)).toMatchObject({ subscription, reason: 'attempts_exhausted', total: 2, seq: 2 });
  });

  it('is not given up once more as a dead letter', async () => {
    const { publisher, worker, metric } = await broker({ attemptsMax: 1 });
    consume(worker, { mailbox: 'letters', topic: '$dead/#', queueEvents: 1, overflow: 'dead-letter', creditEvents: 1 });
    worker.request('pause', { mailbox: 'letters', paused: true });
    publisher.publish(...events(1, 3));
    expect(refuseAll(worker)).toBe(3);
    expect(await metric('tellwhen_dead_letters_total')).toBe(3);
    expect(each(entriesOf(publisher, '$dead') as never, 'data')).toEqual(['1', '2', '3']);
    expect(statusOf(publisher, 'letters')).toMatchObject({ entries: 1, dropped: 2, deadLettered: 0 });
  });

  it('can be large, and many of them', async () => {
    const { publisher, worker } = await broker({ attemptsMax: 1, creditBytes: 2 ** 24 });
    publisher.publish(...Array.from({ length: 4 }, (_, i) => ({ topic: 'a', data: `${i}${'x'.repeat(250_000)}` })));
    publisher.publish(...Array.from({ length: 4 }, (_, i) => ({ topic: 'a', data: `${i}${'x'.repeat(250_000)}` })));
    publisher.publish(...events(1, 3));
    expect(refuseAll(worker)).toBe(11);
    expect(entriesOf(publisher, '$dead')).toHaveLength(11);
    expect(publisher.request('peek', { mailbox: '$dead' })).toMatchObject({ entries: { length: 2 } });
    expect(publisher.request('redrive', {})).toMatchObject({ kind: 'redriven', entries: 11, left: 0 });
    expect(refuseAll(worker)).toBe(11);
    expect(statusOf(publisher, '$dead').entries).toBe(11);
  });

  it('stays in the mailbox of dead letters, however often it is handed over', async () => {
    const { publisher, worker } = await broker({ attemptsMax: 1 });
    publisher.publish(...events(1, 1));
    refuseAll(worker);
    const reader = publisher;
    reader.subscribe({ mailbox: '$dead' });
    for (let i = 0; i < 150; i++) reader.release(leaseOf(reader.take('event').at(-1)));
    expect(entriesOf(worker, '$dead')).toMatchObject([{ topic: '$dead/box', attributes: { 'dead.mailbox': 'box' } }]);
  });

  it('is told of losing its consumer, too', async () => {
    const { publisher, worker, greeted } = await broker();
    publisher.publish(...events(1, 1));
    worker.peer.vanish();
    const other = greeted();
    consume(other);
    other.release(leaseOf(other.take('event')[0]));
    const [letter] = entriesOf(publisher, '$dead');
    expect(letter?.attributes?.['dead.history']).toMatch(/^1 owner-closed [^,]*, 2 released/);
  });

  it('tells the last ten ends of many', async () => {
    const { publisher, worker } = await broker({ attemptsMax: 12 });
    publisher.publish(...events(1, 1));
    expect(refuseAll(worker)).toBe(12);
    const history = String(entriesOf(publisher, '$dead')[0]?.attributes?.['dead.history']).split(', ');
    expect(history).toHaveLength(10);
    expect(history[0]).toMatch(/^3 released/);
  });

  it('leaves out attributes where there would be too many', async () => {
    const { publisher, worker } = await broker();
    const attributes = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`n${i}`, i]));
    publisher.publish({ topic: 'a', data: 1, attributes });
    refuseAll(worker);
    const told = entriesOf(publisher, '$dead')[0]?.attributes ?? {};
    expect(Object.keys(told)).toHaveLength(64);
    expect(told).toMatchObject({ n0: 0, n57: 57, 'dead.mailbox': 'box' });
  });

  it('can be subscribed to, as any event', async () => {
    const { publisher, worker } = await broker();
    publisher.subscribe({ topic: '$dead/+' });
    publisher.publish(...events(1, 1));
    refuseAll(worker);
    expect(publisher.take('event')).toMatchObject([{ topic: '$dead/box', data: 1 }]);
  });

  it('is not what clients publish: the topic is the broker’s', async () => {
    const { publisher } = await broker();
    publisher.publish({ topic: '$dead/box', data: 1 });
    expect(publisher.take('refused')).toMatchObject([{ code: 'topic_invalid' }]);
  });
});

describe('the mailbox of dead letters', () => {
  it('is there when it is first asked for, and cannot be removed', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    expect(statusOf(peer, '$dead')).toMatchObject({ topic: '$dead/#', entries: 0 });
    expect(peer.request('remove', { mailbox: '$dead' })).toMatchObject({ kind: 'refused' });
    expect(peer.request('redrive', {})).toMatchObject({ kind: 'redriven', entries: 0, left: 0 });
  });

  it('can be consumed', async () => {
    const { publisher, worker } = await broker();
    publisher.publish(...events(1, 3));
    refuseAll(worker);
    publisher.subscribe({ mailbox: '$dead' });
    expect(acknowledged(publisher)).toEqual([1, 2, 3]);
    expect(statusOf(publisher, '$dead').entries).toBe(0);
  });

  it('makes no dead letters of its own without end', async () => {
    const { publisher, worker } = await broker();
    publisher.publish(...events(1, 1));
    refuseAll(worker);
    publisher.subscribe({ mailbox: '$dead', creditEvents: 256 });
    const refused = refuseAll(publisher);
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(1_000);
    expect(statusOf(publisher, '$dead').entries).toBeLessThanOrEqual(1);
  });

  it('can be purged', async () => {
    const { publisher, worker } = await broker();
    publisher.publish(...events(1, 3));
    refuseAll(worker);
    expect(publisher.request('purge', { mailbox: '$dead' })).toMatchObject({ entries: 3 });
    expect(entriesOf(publisher, '$dead')).toEqual([]);
  });
});

describe('redriving dead letters', () => {
  /** Two mailboxes with three dead letters each. */
  async function dead(config: Parameters<typeof simulatedBroker>[0] = {}) {
    const all = await broker({ queueEvents: 3 }, config);
    consume(all.worker, { mailbox: 'other', topic: 'b' });
    all.publisher.publish(...events(1, 3), ...events(4, 6, 'b'));
    refuseAll(all.worker);
    expect(statusOf(all.publisher, '$dead').entries).toBe(6);
    return all;
  }

  it('puts all of them back where they came from, as they were', async () => {
    const { publisher, worker } = await dead();
    expect(publisher.request('redrive', {})).toMatchObject({ kind: 'redriven', entries: 6, left: 0 });
    const again = worker.take('event');
    expect(each(again, 'data')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(each(again, 'topic')).toEqual(['a', 'a', 'a', 'b', 'b', 'b']);
    expect(each(again, 'attempt')).toEqual([1, 1, 1, 1, 1, 1]);
    expect(statusOf(publisher, '$dead').entries).toBe(0);
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 3 });
  });

  it('gives them to nobody else', async () => {
    const { publisher } = await dead();
    publisher.subscribe({ topic: '#' });
    publisher.request('redrive', {});
    expect(publisher.take('event')).toEqual([]);
  });

  it('takes off what the broker added', async () => {
    const { publisher, worker } = await broker();
    publisher.publish({ topic: 'a', data: 1, attributes: { colour: 'red' } });
    refuseAll(worker);
    publisher.request('pause', { mailbox: 'box', paused: true });
    publisher.request('redrive', {});
    expect(entriesOf(publisher, 'box')).toMatchObject([{ topic: 'a', attributes: { colour: 'red' } }]);
  });

  it('may be meant for one mailbox', async () => {
    const { publisher, worker } = await dead();
    expect(publisher.request('redrive', { mailbox: 'other' })).toMatchObject({ entries: 3, left: 0 });
    expect(taken(worker)).toEqual([4, 5, 6]);
    expect(publisher.request('redrive', { mailbox: 'nobody' })).toMatchObject({ entries: 0, left: 0 });
    expect(statusOf(publisher, '$dead').entries).toBe(3);
  });

  it('may be limited, the oldest first', async () => {
    const { publisher, worker } = await dead();
    expect(publisher.request('redrive', { limit: 2 })).toMatchObject({ entries: 2, left: 4 });
    expect(taken(worker)).toEqual([1, 2]);
  });

  it('leaves what its mailbox has no room for', async () => {
    const { publisher, worker } = await dead();
    publisher.publish(...events(7, 8));
    expect(publisher.request('redrive', { mailbox: 'box' })).toMatchObject({ entries: 1, left: 2 });
    expect(taken(worker)).toEqual([7, 8, 1]);
    expect(entriesOf(publisher, '$dead').map(({ data }) => data)).toEqual(['2', '3', '4', '5', '6']);
  });

  it('leaves what has no mailbox any more', async () => {
    const { publisher } = await dead();
    publisher.request('remove', { mailbox: 'box' });
    expect(publisher.request('redrive', {})).toMatchObject({ entries: 3, left: 3 });
    expect(publisher.request('redrive', { mailbox: 'box' })).toMatchObject({ entries: 0, left: 3 });
  });

  it('leaves those that somebody has', async () => {
    const { publisher, worker } = await dead();
    publisher.subscribe({ mailbox: '$dead', creditEvents: 2 });
    const [first, second] = publisher.take('event');
    expect(publisher.request('redrive', {})).toMatchObject({ entries: 4 });
    publisher.ack(leaseOf(first));
    publisher.release(leaseOf(second));
    expect(taken(worker)).toEqual([3, 4, 5, 6]);
    expect(publisher.request('redrive', {})).toMatchObject({ entries: 1, left: 0 });
    expect(taken(worker)).toEqual([2]);
  });

  it('deals with thousands', async () => {
    const { publisher, worker } = await broker({ overflow: 'dead-letter', queueEvents: 1, creditEvents: 0 });
    for (let from = 1; from <= 3_001; from += 500) publisher.publish(...events(from, from + 499));
    expect(statusOf(publisher, '$dead').entries).toBe(3_499);
    publisher.request('remove', { mailbox: 'box' });
    const subscription = consume(worker, { creditEvents: 256 });
    expect(publisher.request('redrive', {})).toMatchObject({ entries: 3_499, left: 0 });
    const all: unknown[] = [];
    for (let some = acknowledged(worker); some.length > 0; some = acknowledged(worker)) {
      all.push(...some);
      worker.credit(subscription, some.length, 10_000);
    }
    expect(all).toEqual(events(1, 3_499).map(({ data }) => data));
  });
});

describe('a mailbox that is full', () => {
  const full = { queueEvents: 3, creditEvents: 0 } as const;

  it('refuses the publisher, and then nobody has the event', async () => {
    const { publisher, worker, subscription, metric } = await broker({ ...full, overflow: 'reject' });
    publisher.subscribe({ topic: '#' });
    publisher.publish(...events(1, 4));
    expect(each(publisher.take('receipt'), 'ref')).toEqual([1001, 1002, 1003]);
    expect(publisher.take('refused')).toMatchObject([
      { ref: 1004, code: 'mailbox_full', message: expect.stringContaining('box') },
    ]);
    expect(taken(publisher)).toEqual([1, 2, 3]);
    expect(await metric('tellwhen_events_refused_total{code="mailbox_full"}')).toBe(1);
    publisher.publish({ topic: 'b', data: 'elsewhere' });
    expect(publisher.take('receipt')).toHaveLength(1);
    worker.credit(subscription, 1);
    expect(acknowledged(worker)).toEqual([1]);
    publisher.publish(...events(5, 5));
    expect(publisher.take('receipt')).toMatchObject([{ seq: 5 }]);
  });

  it('is no matter of those whom the event does not match', async () => {
    const { publisher } = await broker({ ...full, when: 'x = 1' });
    for (let i = 0; i < 4; i++) publisher.publish({ topic: 'a', data: { x: 1 } });
    expect(publisher.take('refused')).toHaveLength(1);
    publisher.publish({ topic: 'a', data: { x: 2 } });
    expect(publisher.take('refused')).toEqual([]);
  });

  it('refuses by bytes', async () => {
    const { publisher } = await broker({ creditEvents: 0, queueBytes: 5_000 });
    const data = 'x'.repeat(1_000);
    publisher.publish(...Array.from({ length: 6 }, () => ({ topic: 'a', data })));
    expect(publisher.take('receipt')).toHaveLength(4);
    expect(each(publisher.take('refused'), 'code')).toEqual(['mailbox_full', 'mailbox_full']);
    publisher.publish({ topic: 'a', data: 'short' });
    expect(publisher.take('receipt')).toHaveLength(1);
    expect(statusOf(publisher, 'box').bytes).toBeLessThanOrEqual(5_000);
  });

  it('drops the oldest, where that is its way', async () => {
    const { publisher, worker, subscription, metric } = await broker({ ...full, overflow: 'drop-oldest' });
    publisher.publish(...events(1, 10));
    expect(publisher.take('receipt')).toHaveLength(10);
    worker.credit(subscription, 10);
    expect(worker.take('gap')).toMatchObject([{ subscription, reason: 'overflow_oldest', total: 7, seq: 7 }]);
    expect(taken(worker)).toEqual([8, 9, 10]);
    expect(await metric('tellwhen_drops_total{reason="overflow_oldest"}')).toBe(7);
    expect(statusOf(publisher, 'box').entries).toBe(3);
  });

  it('drops the oldest of several turns, and never more than it must', async () => {
    const { publisher, worker, subscription } = await broker({ ...full, overflow: 'drop-oldest' });
    for (let n = 1; n <= 10; n++) publisher.publish(...events(n, n));
    worker.credit(subscription, 10);
    expect(taken(worker)).toEqual([8, 9, 10]);
    expect(worker.take('gap')).toMatchObject([{ total: 7, seq: 7 }]);
  });

  it('drops nothing that a consumer has', async () => {
    const { publisher, worker } = await broker({ queueEvents: 3, creditEvents: 2, overflow: 'drop-oldest' });
    for (let n = 1; n <= 6; n++) publisher.publish(...events(n, n));
    expect(acknowledged(worker)).toEqual([1, 2]);
    expect(entriesOf(publisher, 'box').map(({ data }) => data)).toEqual(['6']);
  });

  it('of nothing but what consumers have drops the newest', async () => {
    const { publisher, worker, metric } = await broker({ queueEvents: 3, overflow: 'drop-oldest' });
    for (let n = 1; n <= 5; n++) publisher.publish(...events(n, n));
    expect(acknowledged(worker)).toEqual([1, 2, 3]);
    expect(await metric('tellwhen_drops_total{reason="overflow_newest"}')).toBe(2);
  });

  it('makes room for an event that is large by dropping several', async () => {
    const terms = { creditEvents: 0, queueBytes: 5_000, overflow: 'drop-oldest' } as const;
    const { publisher, worker, subscription } = await broker(terms);
    for (let n = 1; n <= 4; n++) publisher.publish({ topic: 'a', data: `${n}${'x'.repeat(1_000)}` });
    publisher.publish({ topic: 'a', data: 'y'.repeat(3_000) });
    // Larger than the mailbox itself: nothing gives way to it.
    publisher.publish({ topic: 'a', data: 'z'.repeat(6_000) });
    worker.credit(subscription, 10, 100_000);
    expect(taken(worker).map((data) => String(data)[0])).toEqual(['4', 'y']);
    expect(each(worker.take('gap'), 'reason').sort()).toEqual(['overflow_newest', 'overflow_oldest']);
  });

  it('makes dead letters of the oldest, where that is its way', async () => {
    const { publisher, worker, subscription } = await broker({ ...full, overflow: 'dead-letter' });
    for (let n = 1; n <= 5; n++) publisher.publish(...events(n, n));
    worker.credit(subscription, 10);
    expect(taken(worker)).toEqual([3, 4, 5]);
    expect(entriesOf(publisher, '$dead')).toMatchObject([
      { data: '1', attributes: { 'dead.reason': 'overflow_oldest', 'dead.attempts': 0, 'dead.history': '' } },
      { data: '2' },
    ]);
  });
});

describe('an event that is too old', () => {
  it('for its mailbox is dropped, whether it is in memory or not', async () => {
    const { publisher, worker, time, subscription, metric } = await broker(
      { ageMs: 10 * SECOND, creditEvents: 0 },
      { mailboxLoadedMax: 5 },
    );
    for (let n = 1; n <= 20; n++) {
      publisher.publish(...events(n, n));
      time.advance(SECOND);
    }
    expect(statusOf(publisher, 'box').entries).toBeLessThanOrEqual(11);
    worker.credit(subscription, 100);
    const left: unknown[] = [];
    for (let some = acknowledged(worker); some.length > 0; some = acknowledged(worker)) left.push(...some);
    expect(left.slice(-9)).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(left.length).toBeLessThanOrEqual(10);
    expect(await metric('tellwhen_drops_total{reason="expired"}')).toBeGreaterThanOrEqual(10);
    expect(worker.take('gap')).toMatchObject([{ reason: 'expired' }]);
    time.advance(MINUTE);
    expect(statusOf(publisher, 'box').entries).toBe(0);
  });

  it('by its own time to live is given to nobody, and leaves', async () => {
    const { publisher, worker, time, subscription } = await broker({ creditEvents: 0 });
    publisher.publish(
      { topic: 'a', data: 1, options: { ttlMs: 5 * SECOND } },
      { topic: 'a', data: 2, options: { ttlMs: MINUTE } },
      { topic: 'a', data: 3 },
    );
    time.advance(5 * SECOND);
    worker.credit(subscription, 10);
    expect(taken(worker)).toEqual([2, 3]);
    expect(statusOf(publisher, 'box').entries).toBe(2);
  });

  it('stays with the consumer who has it, and does not come again', async () => {
    const { publisher, worker, time } = await broker({ attemptsMax: 5 });
    publisher.publish({ topic: 'a', data: 1, options: { ttlMs: 2 * SECOND } });
    const [event] = worker.take('event');
    time.advance(4 * SECOND);
    worker.extend(leaseOf(event), 5 * SECOND);
    expect(worker.take('settled')).toHaveLength(1);
    time.advance(10 * SECOND);
    expect(worker.take('event')).toEqual([]);
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 0, dropped: 1 });
  });
});

describe('the lease of a mailbox', () => {
  const leased = { leaseMs: 10 * SECOND } as const;

  it('stands while there is a consumer, and runs when there is none', async () => {
    const { publisher, worker, subscription, time } = await broker(leased);
    time.advance(MINUTE);
    expect(statusOf(publisher, 'box').leaseMs).toBe(10 * SECOND);
    worker.request('unsubscribe', { subscription });
    time.advance(9 * SECOND);
    expect(statusOf(publisher, 'box').leaseMs).toBe(SECOND);
    const again = consume(worker, leased);
    time.advance(MINUTE);
    expect(statusOf(publisher, 'box').leaseMs).toBe(10 * SECOND);
    worker.request('unsubscribe', { subscription: again });
    time.advance(9 * SECOND);
    expect(statusOf(publisher, 'box').leaseMs).toBe(SECOND);
    time.advance(2 * SECOND);
    expect(publisher.request('inspect', { mailbox: 'box' })).toMatchObject({ code: 'mailbox_unknown' });
  });

  it('runs when the connection of the last consumer is gone', async () => {
    const { publisher, worker, time } = await broker(leased);
    worker.peer.vanish();
    time.advance(10 * SECOND + 300);
    expect(publisher.request('inspect', { mailbox: 'box' })).toMatchObject({ code: 'mailbox_unknown' });
  });

  it('at its end drops what is in it', async () => {
    const { publisher, worker, subscription, time, metric } = await broker(leased);
    worker.request('unsubscribe', { subscription });
    publisher.publish(...events(1, 3));
    time.advance(11 * SECOND);
    expect(await metric('tellwhen_mailboxes')).toBe(0);
    expect(await metric('tellwhen_mailbox_entries')).toBe(0);
    expect(statusOf(publisher, '$dead').entries).toBe(0);
    publisher.publish(...events(4, 4));
    expect(publisher.take('receipt').at(-1)).toMatchObject({ matched: 0 });
  });

  it('at its end makes dead letters of it, where that is its way', async () => {
    const { publisher, worker, subscription, time } = await broker({ ...leased, atEnd: 'dead-letter' });
    worker.request('unsubscribe', { subscription });
    for (let from = 1; from <= 2_001; from += 500) publisher.publish(...events(from, from + 499));
    time.advance(11 * SECOND);
    const letters = entriesOf(publisher, '$dead');
    expect(letters.map(({ data }) => Number(data))).toEqual(events(1, 2_500).map(({ data }) => data));
    expect(letters[0]?.attributes).toMatchObject({ 'dead.reason': 'subscription_ended', 'dead.mailbox': 'box' });
  });

  it('can be set anew by a consumer', async () => {
    const { publisher, worker, subscription, time } = await broker(leased);
    expect(worker.request('renew', { subscription, leaseMs: 20 * SECOND })).toMatchObject({ kind: 'renewed' });
    worker.request('unsubscribe', { subscription });
    time.advance(15 * SECOND);
    expect(statusOf(publisher, 'box').leaseMs).toBeGreaterThan(0);
    time.advance(10 * SECOND);
    expect(publisher.request('inspect', { mailbox: 'box' })).toMatchObject({ code: 'mailbox_unknown' });
  });
});
