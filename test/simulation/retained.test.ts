import { describe, expect, it } from 'vitest';
import { DurableBroker } from '../support/durable-broker.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { each } from '../support/received.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

const SECOND = 1_000;

const retain = (topic: string, data?: unknown, options = {}) => ({
  topic,
  data,
  options: { retain: true, ...options },
});

/** Topic and data of the events that came, and whether they were said to be retained. */
function got(peer: RawPeer): unknown[] {
  return peer.take('event').map(({ topic, data, retained }) => [topic, data, retained]);
}

async function broker(config: Parameters<typeof simulatedBroker>[0] = {}) {
  const simulated = await simulatedBroker(config);
  return { ...simulated, publisher: simulated.greeted(), reader: simulated.greeted() };
}

describe('the last value of a topic', () => {
  it('is given to new subscriptions, and said to be retained', async () => {
    const { publisher, reader } = await broker();
    publisher.publish(retain('a', 1), retain('b', 2), { topic: 'a', data: 3 });
    const { subscription } = reader.subscribe({ topic: '#' });
    expect(reader.take('event')).toMatchObject([
      { subscription, seq: 1, topic: 'a', data: 1, retained: true },
      { subscription, seq: 2, topic: 'b', data: 2, retained: true },
    ]);
    publisher.publish(retain('a', 4));
    expect(got(reader)).toEqual([['a', 4, false]]);
  });

  it('is the one published last', async () => {
    const { publisher, reader } = await broker();
    publisher.publish(retain('a', 1), retain('b', 2), retain('a', 3));
    reader.subscribe({ topic: '#' });
    expect(got(reader)).toEqual([
      ['b', 2, true],
      ['a', 3, true],
    ]);
  });

  it('is forgotten when an empty one is published, which is an event all the same', async () => {
    const { publisher, reader, metric } = await broker();
    const watcher = reader;
    watcher.subscribe({ topic: 'a' });
    publisher.publish(retain('a', 1), retain('a'), retain('never', ''));
    expect(got(watcher)).toEqual([
      ['a', 1, false],
      ['a', '', false],
    ]);
    publisher.subscribe({ topic: '#' });
    expect(got(publisher)).toEqual([]);
    expect(await metric('tellwhen_retained_topics')).toBe(0);
    expect(await metric('tellwhen_retained_bytes')).toBe(0);
  });

  it('is given only to those it matches, and who want it', async () => {
    const { publisher, reader } = await broker();
    publisher.publish(retain('a', { x: 1 }), retain('b', { x: 2 }), retain('$own', { x: 2 }));
    reader.subscribe({ topic: '#', when: 'x > 1' });
    expect(got(reader)).toEqual([['b', { x: 2 }, true]]);
    reader.subscribe({ topic: '#', retained: 'skip' });
    expect(got(reader)).toEqual([]);
    reader.subscribe({ topic: '#', retained: 'send' });
    expect(got(reader)).toHaveLength(2);
  });

  it('is not given to a mailbox, nor when the predicate changes', async () => {
    const { publisher, reader } = await broker();
    publisher.publish(retain('a', { x: 1 }));
    reader.subscribe({ mailbox: 'box', topic: '#' });
    const { subscription } = reader.subscribe({ topic: '#', when: 'x = 2' });
    reader.request('replace', { subscription, when: 'x = 1' });
    expect(got(reader)).toEqual([]);
  });

  it('comes before what is published later', async () => {
    const { publisher, reader } = await broker();
    publisher.publish(...Array.from({ length: 2_000 }, (_, i) => retain(`t/${i}`, i)));
    reader.ask('subscribe', { topic: '#', creditEvents: 4_000, queueEvents: 4_000 });
    publisher.publish(retain('t/0', 'new'));
    const seqs = each(reader.take('event'), 'seq') as number[];
    expect(new Set(seqs).size).toBe(seqs.length);
    expect(seqs.filter((seq) => seq <= 2_000)).toHaveLength(2_000);
    expect(seqs).toContain(2_001);
  });

  it('is offered with acknowledgement and by pull like any event', async () => {
    const { publisher, reader } = await broker();
    publisher.publish(retain('a', 1));
    const { subscription } = reader.subscribe({ topic: '#', mode: 'pull' });
    expect(each(reader.take('notice'), 'seq')).toEqual([1]);
    reader.fetch(subscription, 1);
    expect(reader.take('fetched')).toMatchObject([{ data: 1, retained: true, attempt: 1 }]);
  });

  it('stops being offered when the subscription ends', async () => {
    const { publisher, reader, time, faults } = await broker();
    publisher.publish(...Array.from({ length: 2_000 }, (_, i) => retain(`t/${i}`, i)));
    const text = (fields: object) => reader.peer.sendText(JSON.stringify(fields));
    text({ kind: 'subscribe', ref: 50, topic: '#', creditEvents: 4_000 });
    text({ kind: 'goodbye', ref: 51 });
    time.settle();
    expect(faults).toEqual([]);
  });

  it('is not given after its time to live', async () => {
    const { publisher, reader, time } = await broker();
    publisher.publish(retain('a', 1, { ttlMs: 5 * SECOND }), retain('b', 2, { ttlMs: 10 * SECOND }));
    time.advance(5 * SECOND);
    reader.subscribe({ topic: '#' });
    expect(got(reader)).toEqual([['b', 2, true]]);
  });

  it('is kept of so many topics at most', async () => {
    const { publisher, metric } = await broker({ retainedTopicsMax: 2 });
    publisher.publish(retain('a', 1), retain('b', 1), retain('c', 1), retain('a', 2), retain('c'));
    expect(publisher.take('refused')).toMatchObject([{ ref: 1003, code: 'retained_limit' }]);
    expect(await metric('tellwhen_retained_topics')).toBe(2);
    publisher.publish(retain('a'), retain('c', 3));
    expect(publisher.take('refused')).toEqual([]);
    publisher.subscribe({ topic: '#' });
    expect(got(publisher)).toEqual([
      ['b', 1, true],
      ['c', 3, true],
    ]);
  });

  it('makes room for others when it has expired', async () => {
    const durable = await DurableBroker.start({ retainedTopicsMax: 2 });
    const peer = durable.greeted();
    peer.publish(retain('a', 1, { ttlMs: SECOND }), retain('b', 1, { ttlMs: 3 * SECOND }), retain('c', 1));
    expect(peer.take('refused')).toMatchObject([{ ref: 1003, code: 'retained_limit' }]);
    await durable.restart();
    durable.time.advance(SECOND);
    const publisher = durable.greeted();
    publisher.publish(retain('c', 2), retain('d', 2));
    expect(publisher.take('refused')).toMatchObject([{ ref: 1002, code: 'retained_limit' }]);
    expect(await durable.metric('tellwhen_retained_topics')).toBe(2);
    await durable.restart();
    expect(await durable.metric('tellwhen_retained_topics')).toBe(2);
  });

  it('is kept of so many bytes at most', async () => {
    const { publisher, metric } = await broker({ retainedBytesMax: 2_000 });
    const data = 'x'.repeat(800);
    publisher.publish(retain('a', data), retain('b', data), retain('a', data));
    expect(publisher.take('refused')).toMatchObject([{ ref: 1002, code: 'retained_limit' }]);
    expect(await metric('tellwhen_retained_bytes')).toBeLessThanOrEqual(2_000);
  });

  it('survives a crash once its receipt says so, and so does its being forgotten', async () => {
    const durable = await DurableBroker.start();
    const peer = durable.greeted();
    durable.store.hold();
    peer.publish(retain('a', 1), retain('b', { x: 2 }), retain('é/🐇', 3), retain('late', 4, { ttlMs: 5 * SECOND }));
    expect(peer.take('receipt')).toEqual([]);
    durable.store.letGo();
    durable.time.settle();
    expect(each(peer.take('receipt'), 'durable')).toEqual([true, true, true, true]);
    peer.publish(retain('a'));
    durable.time.advance(6 * SECOND);
    await durable.restart();
    const reader = durable.greeted();
    reader.subscribe({ topic: '#' });
    expect(got(reader).sort()).toEqual([
      ['b', { x: 2 }, true],
      ['é/🐇', 3, true],
    ]);
    expect(await durable.metric('tellwhen_retained_topics')).toBeLessThanOrEqual(3);
  });
});
