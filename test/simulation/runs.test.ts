import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter, NO_OPTIONS, writeBody, writeClientRecord } from '../../broker/protocol/index.ts';
import { DurableBroker } from '../support/durable-broker.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

const TOPICS = ['a', 'a/b', 'c'];

/** How one list of events is sent. All are to come to the same. */
type Way = 'as one run' | 'as one durable run' | 'each by itself' | 'each with an option';

const subscription = fc.record({
  topic: fc.constantFrom('a', 'a/#', '#', 'c'),
  when: fc.option(fc.constantFrom('x > 5', 'x < 3 OR x = 7', 'missing = 1'), { nil: undefined }),
  ack: fc.constantFrom('none' as const, 'none' as const, 'explicit' as const),
  creditEvents: fc.integer({ min: 1, max: 12 }),
  creditBytes: fc.constantFrom(20, 60, 10_000),
  queueEvents: fc.integer({ min: 1, max: 10 }),
  queueBytes: fc.constantFrom(30, 100, 10_000),
  overflow: fc.constantFrom('drop-oldest' as const, 'drop-newest' as const),
});
const publish = fc.record({
  kind: fc.constant('publish' as const),
  topic: fc.nat({ max: TOPICS.length - 1 }),
  data: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.nat({ max: 10 }).map((x) => JSON.stringify({ x })) },
      { weight: 1, arbitrary: fc.constant('{"x":') },
      { weight: 1, arbitrary: fc.nat({ max: 60 }).map((length) => JSON.stringify({ x: 6, pad: 'p'.repeat(length) })) },
    ),
    { minLength: 1, maxLength: 30 },
  ),
  wantsReceipts: fc.boolean(),
});
const credit = fc.record({
  kind: fc.constant('credit' as const),
  of: fc.nat({ max: 2 }),
  events: fc.integer({ min: 1, max: 10 }),
  bytes: fc.constantFrom(0, 50, 500),
});
const mailbox = fc.record({
  topic: fc.constantFrom('a', 'a/#', '#'),
  when: fc.option(fc.constantFrom('x > 5', 'missing = 1'), { nil: undefined }),
  creditEvents: fc.constantFrom(1, 12, 1_000),
  queueEvents: fc.constantFrom(1, 7, 40, 100_000),
  queueBytes: fc.constantFrom(30, 400, 1_000_000),
  overflow: fc.constantFrom('drop-oldest' as const, 'reject' as const),
});
const scenario = fc.record({
  mailboxes: fc.array(mailbox, { maxLength: 3 }),
  subscriptions: fc.array(subscription, { minLength: 1, maxLength: 3 }),
  steps: fc.array(fc.oneof({ weight: 2, arbitrary: publish }, { weight: 1, arbitrary: credit }), {
    minLength: 1,
    maxLength: 15,
  }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** Sends them, with refs from `firstRef` on, or without; answers the next ref. */
function send(
  peer: RawPeer,
  { topic, data, wantsReceipts }: Extract<Scenario['steps'][number], { kind: 'publish' }>,
  way: Way,
  firstRef: number,
) {
  peer.send((to) => {
    writeClientRecord.topic(to, topic, TOPICS[topic] as string);
    if (way === 'as one run' || way === 'as one durable run') {
      const options = { ...NO_OPTIONS, durable: way === 'as one durable run' };
      const bodies = new ByteWriter();
      for (const text of data) writeBody(bodies, { data: text });
      writeClientRecord.publishRun(to, wantsReceipts ? firstRef : 0, topic, options, data.length, bodies.written());
      return;
    }
    const options = way === 'each by itself' ? NO_OPTIONS : { ...NO_OPTIONS, ttlMs: 3_600_000 };
    data.forEach((text, i) => {
      writeClientRecord.publish(to, wantsReceipts ? firstRef + i : 0, topic, { data: text }, options);
    });
  });
  return firstRef + data.length;
}

async function played({ subscriptions, mailboxes, steps }: Scenario, way: Way) {
  const broker = await DurableBroker.start();
  const publisher = broker.greeted();
  const subscribers = subscriptions.map((fields) => {
    const peer = broker.greeted();
    return { peer, id: peer.subscribe(fields).subscription };
  });
  const consumers = mailboxes.map((fields, i) => {
    const peer = broker.greeted();
    peer.subscribe({ mailbox: `m${i}`, ...fields });
    return peer;
  });
  let ref = 1;
  for (const step of steps) {
    if (step.kind === 'publish') ref = send(publisher, step, way, ref);
    else {
      const subscriber = subscribers[step.of % subscribers.length];
      subscriber?.peer.credit(subscriber.id, step.events, step.bytes);
    }
  }
  const counts = ['events_published', 'events_matched', 'events_unmatched', 'events_stored'];
  return {
    receipts: publisher.take('receipt'),
    refused: publisher.take('refused'),
    subscribers: [...subscribers.map(({ peer }) => peer), ...consumers].map((peer) => ({
      // Leases are numbered in the order in which subscribers come to theirs, which is each one's own matter.
      events: peer.take('event').map(({ lease, ...event }) => ({ ...event, isLeased: lease !== undefined })),
      gaps: Object.fromEntries(peer.take('gap').map(({ reason, total }) => [reason, total])),
      closed: peer.closed,
    })),
    counts: await Promise.all(counts.map((name) => broker.metric(`tellwhen_${name}_total`))),
    stored: await storedIn(broker, mailboxes.length),
    faults: broker.faults,
  };
}

/** What the mailboxes say they have, and what they have after a restart. */
async function storedIn(broker: DurableBroker, count: number) {
  const names = Array.from({ length: count }, (_, i) => `m${i}`);
  const before = names.map((mailbox) => broker.greeted().request('inspect', { mailbox }));
  await broker.restart();
  const after = names.map((mailbox) => {
    const answer = broker.greeted().request('peek', { mailbox });
    return answer.kind === 'peeked' ? answer.entries.map(({ seq, topic, data }) => ({ seq, topic, data })) : answer;
  });
  return { before, after };
}

describe('events that travel in runs', { timeout: 60_000 }, () => {
  it('come to the same as if each had been published by itself', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (one) => {
        const asRun = await played(one, 'as one run');
        expect(asRun.faults).toEqual([]);
        expect(asRun).toEqual(await played(one, 'as one durable run'));
        expect(asRun).toEqual(await played(one, 'each by itself'));
        expect(asRun).toEqual(await played(one, 'each with an option'));
      }),
      { numRuns: 40 },
    );
  });

  it('do not make a subscriber too slow by being many', async () => {
    const { greeted } = await simulatedBroker({ outboundSoftBytes: 100_000, outboundHardBytes: 300_000 });
    const [publisher, subscriber] = [greeted(), greeted()];
    subscriber.subscribe({ topic: 'a', creditEvents: 65_536, creditBytes: 16_000_000, queueEvents: 65_536 });
    const count = 40_000;
    const data = Array.from({ length: count }, (_, x) => JSON.stringify({ x, pad: 'pad' }));
    subscriber.peer.pause();
    send(publisher, { kind: 'publish', topic: 0, data, wantsReceipts: false }, 'as one run', 0);
    expect(subscriber.closed).toBeUndefined();
    subscriber.peer.resume();
    publisher.publish({ topic: 'z' });
    expect(subscriber.closed).toBeUndefined();
    expect(subscriber.take('event').map((event) => event['seq'])).toEqual(data.map((_, i) => i + 1));
  });

  it('of a topic that nobody wants are followed by as many of the other', async () => {
    const { greeted } = await simulatedBroker({ unmatchedTopic: 'u' });
    const [publisher, subscriber] = [greeted(), greeted()];
    subscriber.subscribe({ topic: 'u/#', creditEvents: 1_000, creditBytes: 100_000 });
    const data = Array.from({ length: 100 }, (_, x) => JSON.stringify({ x }));
    send(publisher, { kind: 'publish', topic: 0, data, wantsReceipts: true }, 'as one run', 1);
    expect(publisher.take('receipt').map(({ ref, seq, matched }) => [ref, seq, matched])).toEqual(
      data.map((_, i) => [i + 1, i + 1, 0]),
    );
    expect(subscriber.take('event').map(({ seq, data }) => [seq, data])).toEqual(
      data.map((text, i) => [i + 101, JSON.parse(text)]),
    );
  });

  it('are stored once for all mailboxes, in as many blocks as they take', async () => {
    const broker = await DurableBroker.start();
    const consumers = ['one', 'other'].map((mailbox) => {
      const peer = broker.greeted();
      peer.subscribe({ mailbox, topic: 'a', creditEvents: 10_000, creditBytes: 10_000_000 });
      return peer;
    });
    const data = Array.from({ length: 5_000 }, (_, n) => JSON.stringify({ n, pad: 'p'.repeat(n % 300) }));
    const publisher = broker.greeted();
    send(publisher, { kind: 'publish', topic: 0, data, wantsReceipts: true }, 'as one run', 1);
    expect(publisher.take('receipt').every(({ durable, matched }) => durable === true && matched === 2)).toBe(true);
    for (const consumer of consumers) {
      expect(consumer.take('event').map((event) => JSON.stringify(event['data']))).toEqual(data);
    }
    expect(await broker.metric('tellwhen_events_stored_total')).toBe(5_000);
    await broker.restart();
    const { entries } = broker.greeted().request('inspect', { mailbox: 'other' }) as { entries?: number };
    expect(entries).toBe(5_000);
  });

  it('are refused, those that a mailbox has no room for, also where it had room for the first', async () => {
    const broker = await DurableBroker.start();
    broker.greeted().subscribe({ mailbox: 'm', topic: 'a', queueEvents: 10, overflow: 'reject' });
    const publisher = broker.greeted();
    const data = Array.from({ length: 15 }, String);
    send(publisher, { kind: 'publish', topic: 0, data, wantsReceipts: true }, 'as one run', 1);
    expect(publisher.take('receipt').filter(({ durable }) => durable)).toHaveLength(10);
    expect(publisher.take('refused').map(({ code }) => code)).toEqual(Array(5).fill('mailbox_full'));
  });
});
