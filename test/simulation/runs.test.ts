import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter, NO_OPTIONS, writeBody, writeClientRecord } from '../../broker/protocol/index.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { type SimulatedBroker, simulatedBroker } from '../support/simulated-broker.ts';

const TOPICS = ['a', 'a/b', 'c'];

/** How one list of events is sent. All three are to come to the same. */
type Way = 'as one run' | 'each by itself' | 'each with an option';

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
const scenario = fc.record({
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
    if (way === 'as one run') {
      const bodies = new ByteWriter();
      for (const text of data) writeBody(bodies, { data: text });
      writeClientRecord.publishRun(to, wantsReceipts ? firstRef : 0, topic, NO_OPTIONS, data.length, bodies.written());
      return;
    }
    const options = way === 'each by itself' ? NO_OPTIONS : { ...NO_OPTIONS, ttlMs: 3_600_000 };
    data.forEach((text, i) => {
      writeClientRecord.publish(to, wantsReceipts ? firstRef + i : 0, topic, { data: text }, options);
    });
  });
  return firstRef + data.length;
}

async function played({ subscriptions, steps }: Scenario, way: Way) {
  const simulated: SimulatedBroker = await simulatedBroker();
  const publisher = simulated.greeted();
  const subscribers = subscriptions.map((fields) => {
    const peer = simulated.greeted();
    return { peer, id: peer.subscribe(fields).subscription };
  });
  let ref = 1;
  for (const step of steps) {
    if (step.kind === 'publish') ref = send(publisher, step, way, ref);
    else {
      const subscriber = subscribers[step.of % subscribers.length];
      subscriber?.peer.credit(subscriber.id, step.events, step.bytes);
    }
  }
  const counts = ['published', 'matched', 'unmatched'].map((name) => `tellwhen_events_${name}_total`);
  const result = {
    receipts: publisher.take('receipt'),
    refused: publisher.take('refused'),
    subscribers: subscribers.map(({ peer }) => ({
      // Leases are numbered in the order in which subscribers come to theirs, which is each one's own matter.
      events: peer.take('event').map(({ lease, ...event }) => ({ ...event, isLeased: lease !== undefined })),
      gaps: Object.fromEntries(peer.take('gap').map(({ reason, total }) => [reason, total])),
      closed: peer.closed,
    })),
    counts: await Promise.all(counts.map((name) => simulated.metric(name))),
    faults: simulated.faults,
  };
  return result;
}

describe('events that travel in runs', { timeout: 60_000 }, () => {
  it('come to the same as if each had been published by itself', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (one) => {
        const asRun = await played(one, 'as one run');
        expect(asRun.faults).toEqual([]);
        expect(asRun).toEqual(await played(one, 'each by itself'));
        expect(asRun).toEqual(await played(one, 'each with an option'));
      }),
      { numRuns: 60 },
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
});
