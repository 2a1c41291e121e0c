import { describe, expect, it } from 'vitest';
import { DurableBroker } from '../support/durable-broker.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { acknowledged, each, statusOf, taken } from '../support/received.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

const SECOND = 1_000;
const DAY = 24 * 3_600 * SECOND;

const later = (topic: string, data: unknown, delayMs: number, more: object = {}) => ({
  topic,
  data,
  options: { delayMs, ...more },
});

async function broker(config: Parameters<typeof simulatedBroker>[0] = {}) {
  const simulated = await simulatedBroker(config);
  return { ...simulated, publisher: simulated.greeted(), reader: simulated.greeted() };
}

async function durableBroker(fields: Partial<Parameters<RawPeer['subscribe']>[0]> = {}) {
  const durable = await DurableBroker.start();
  const peer = durable.greeted();
  peer.subscribe({ mailbox: 'box', topic: '#', creditEvents: 0, ...fields });
  return { durable, peer };
}

describe('a delayed event', () => {
  it('takes its place when its time is over, never earlier, and hardly later', async () => {
    const { publisher, reader, time, metric } = await broker();
    reader.subscribe({ topic: '#' });
    publisher.publish(later('a', 1, 10 * SECOND), { topic: 'a', data: 2 });
    expect(publisher.take('receipt')).toMatchObject([
      { seq: 1, matched: 1, delayed: false },
      { seq: 0, matched: 0, delayed: true, durable: false },
    ]);
    expect(taken(reader)).toEqual([2]);
    expect(await metric('tellwhen_delayed_events')).toBe(1);
    time.advance(10 * SECOND - 1);
    expect(reader.take('event')).toEqual([]);
    time.advance(101);
    expect(reader.take('event')).toMatchObject([{ seq: 2, topic: 'a', data: 1 }]);
    expect(await metric('tellwhen_delayed_events')).toBe(0);
  });

  it('is matched by those who are there then', async () => {
    const { publisher, reader, time } = await broker();
    const { subscription } = reader.subscribe({ topic: 'a' });
    publisher.publish(later('a', 1, SECOND));
    reader.request('unsubscribe', { subscription });
    publisher.subscribe({ topic: 'a' });
    time.advance(2 * SECOND);
    expect([taken(reader), taken(publisher)]).toEqual([[], [1]]);
  });

  it('comes in the order of the times, and of one time in the order of publishing', async () => {
    const { publisher, reader, time } = await broker();
    reader.subscribe({ topic: '#', creditEvents: 1_000 });
    const same = Array.from({ length: 500 }, (_, i) => later('a', i, 2 * SECOND));
    publisher.publish(later('a', 'last', 3 * SECOND), ...same, later('a', 'first', SECOND));
    time.advance(5 * SECOND);
    expect(taken(reader)).toEqual(['first', ...same.map(({ data }) => data), 'last']);
  });

  it('lives from then on', async () => {
    const { publisher, reader, time } = await broker();
    reader.subscribe({ mailbox: 'box', topic: '#', creditEvents: 0 });
    publisher.publish(later('a', 1, 10 * SECOND, { ttlMs: 5 * SECOND }));
    time.advance(14 * SECOND);
    expect(statusOf(reader, 'box').entries).toBe(1);
    time.advance(3 * SECOND);
    expect(statusOf(reader, 'box').entries).toBe(0);
  });

  it('becomes the last value of its topic then', async () => {
    const { publisher, reader, time } = await broker();
    publisher.publish(later('a', 1, SECOND, { retain: true }));
    reader.subscribe({ topic: '#' });
    expect(taken(reader)).toEqual([]);
    time.advance(2 * SECOND);
    publisher.subscribe({ topic: '#' });
    expect(publisher.take('event')).toMatchObject([{ data: 1, retained: true }]);
  });

  it('has bounds', async () => {
    const { publisher } = await broker({ delayedEventsMax: 2, delayMsMax: DAY });
    publisher.publish(later('a', 1, DAY + 1), later('a', 2, DAY), later('a', 3, 0), later('a', 4, DAY));
    expect(publisher.take('refused')).toMatchObject([
      { ref: 1001, code: 'frame_malformed' },
      { ref: 1004, code: 'delayed_limit' },
    ]);
    expect(publisher.take('receipt')).toHaveLength(2);
  });

  it('is refused while too much of what came before waits for the disk', async () => {
    const durable = await DurableBroker.start({ storeQueueBytesMax: 10_000, eventBytesMax: 8_000 });
    const peer = durable.greeted();
    durable.store.hold();
    const large = (ref: number) => ({ ...later('a', 'x'.repeat(6_000), SECOND), ref });
    peer.publish(large(1), large(2), large(3));
    expect(peer.take('refused')).toMatchObject([{ ref: 3, code: 'store_busy' }]);
    durable.store.letGo();
    durable.time.settle();
    expect(each(peer.take('receipt'), 'ref')).toEqual([1, 2]);
    peer.publish(large(4));
    expect(each(peer.take('receipt'), 'ref')).toEqual([4]);
  });

  it('does not come with so many large ones at once that others wait long', async () => {
    const { publisher, reader, time } = await broker();
    reader.subscribe({ topic: 'a', creditEvents: 100, creditBytes: 2 ** 24 });
    for (let i = 0; i < 40; i++) publisher.publish(later('a', 'x'.repeat(250_000), SECOND));
    time.advance(SECOND);
    expect(taken(reader)).toHaveLength(17);
    time.advance(200);
    expect(taken(reader)).toHaveLength(23);
  });

  it('is known again by its source and id, before and after its time', async () => {
    const { publisher, reader, time } = await broker();
    reader.subscribe({ topic: '#' });
    const event = { ...later('a', 1, SECOND), id: 'i', source: 's' };
    publisher.publish(event, event);
    time.advance(2 * SECOND);
    publisher.publish(event);
    expect(publisher.take('receipt')).toMatchObject([
      { delayed: true, repeated: false },
      { delayed: true, repeated: true },
      { delayed: true, repeated: true, seq: 0 },
    ]);
    expect(taken(reader)).toEqual([1]);
  });

  it('waits on while somebody who wants it has no room', async () => {
    const { publisher, reader, time } = await broker();
    const { subscription } = reader.subscribe({ mailbox: 'box', topic: 'a', queueEvents: 1, creditEvents: 0 });
    publisher.publish({ topic: 'a', data: 1 }, later('a', 2, SECOND), later('b', 3, SECOND));
    publisher.subscribe({ topic: 'b' });
    time.advance(5 * SECOND);
    expect(taken(publisher)).toEqual([3]);
    expect(statusOf(reader, 'box').entries).toBe(1);
    reader.credit(subscription, 10);
    expect(acknowledged(reader)).toEqual([1]);
    time.advance(2 * SECOND);
    expect(acknowledged(reader)).toEqual([2]);
  });

  it('that waits on for room is not written again, and is there after a crash', async () => {
    const { durable, peer } = await durableBroker({ queueEvents: 1 });
    peer.publish({ topic: 'a', data: 1 }, later('a', 2, SECOND), later('a', 3, SECOND));
    durable.time.advance(2 * SECOND);
    const changes = await durable.metric('tellwhen_store_changes_total');
    durable.time.advance(30 * SECOND);
    expect((await durable.metric('tellwhen_store_changes_total')) - changes).toBeLessThan(5);
    await durable.restart();
    const back = durable.greeted();
    const { subscription } = back.subscribe({ mailbox: 'box' });
    durable.time.advance(10 * SECOND);
    const all = acknowledged(back);
    for (let i = 0; i < 4; i++) {
      durable.time.advance(SECOND);
      back.credit(subscription, 1, 100);
      all.push(...acknowledged(back));
    }
    expect(all).toEqual([1, 2, 3]);
  });

  it('survives a crash once its receipt says so', async () => {
    const { durable, peer } = await durableBroker();
    durable.store.hold();
    peer.publish(later('a', 1, 10 * SECOND));
    expect(peer.take('receipt')).toEqual([]);
    durable.store.letGo();
    durable.time.settle();
    expect(peer.take('receipt')).toMatchObject([{ delayed: true, durable: true }]);
    durable.time.advance(4 * SECOND);
    await durable.restart();
    durable.time.advance(5 * SECOND);
    expect(statusOf(durable.greeted(), 'box').entries).toBe(0);
    durable.time.advance(SECOND + 100);
    expect(statusOf(durable.greeted(), 'box').entries).toBe(1);
    await durable.restart();
    durable.time.advance(20 * SECOND);
    expect(statusOf(durable.greeted(), 'box')).toMatchObject({ entries: 1, entered: 1 });
  });

  it('whose time came while the broker was down comes when it is back, in order', async () => {
    const { durable, peer } = await durableBroker();
    peer.publish(later('a', 3, 3 * SECOND), later('a', 1, SECOND), later('a', 2, SECOND), later('a', 4, DAY));
    durable.crash();
    durable.time.advance(100 * SECOND);
    await durable.start();
    durable.time.advance(SECOND);
    const back = durable.greeted();
    back.subscribe({ mailbox: 'box' });
    durable.time.advance(6 * SECOND);
    expect(taken(back)).toEqual([1, 2, 3]);
    expect(await durable.metric('tellwhen_delayed_events')).toBe(1);
  });

  it('is kept apart from others of the same moment over a restart', async () => {
    const { durable, peer } = await durableBroker();
    peer.publish(later('a', 1, 10 * SECOND));
    await durable.restart();
    const back = durable.greeted();
    back.publish(later('a', 2, 10 * SECOND));
    durable.time.advance(11 * SECOND);
    expect(each(back.take('receipt'), 'delayed')).toEqual([true]);
    expect(statusOf(back, 'box').entries).toBe(2);
  });
});
