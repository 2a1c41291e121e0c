import { describe, expect, it } from 'vitest';
import { simulatedBroker } from '../support/simulated-broker.ts';

describe('publish', () => {
  it('answers each event with its seq and how many it matched', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    peer.subscribe({ topic: 'sensors/#', when: 'temperature > 30' });
    peer.subscribe({ topic: 'sensors/+/temp' });
    peer.publish(
      { topic: 'sensors/1/temp', data: { temperature: 31 } },
      { topic: 'sensors/1/temp', data: { temperature: 30 } },
      { topic: 'other', data: { temperature: 99 } },
    );
    const plain = { record: 'receipt', durable: false, unreadable: false, repeated: false, delayed: false };
    expect(peer.take('receipt')).toEqual([
      { ...plain, ref: 1001, seq: 1, matched: 2 },
      { ...plain, ref: 1002, seq: 2, matched: 1 },
      { ...plain, ref: 1003, seq: 3, matched: 0 },
    ]);
  });

  it('gives no receipt to ref 0, and yet delivers', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    peer.subscribe({ topic: 'a' });
    peer.publish({ topic: 'a', data: 1, ref: 0 });
    expect(peer.take('receipt')).toEqual([]);
    expect(peer.take('event')).toHaveLength(1);
  });

  it('says when a predicate wanted data that cannot be read, and counts why', async () => {
    const { greeted, metric } = await simulatedBroker({ jsonDepthMax: 3, jsonKeysMax: 4 });
    const peer = greeted();
    peer.subscribe({ topic: '#', when: 'x > 1 OR $size > 0' });
    peer.publish(
      { topic: 'a', data: '{"x": 2' },
      { topic: 'a', data: { x: { x: { x: { x: 1 } } } } },
      { topic: 'a', data: { a: 1, b: 2, c: 3, d: 4, e: 5 } },
      { topic: 'a', data: { note: '[[[[[[[[ : : : : : :"' } },
    );
    expect(peer.take('receipt').map(({ unreadable }) => unreadable)).toEqual([true, true, true, false]);
    expect(peer.take('event')).toHaveLength(4);
    for (const reason of ['not_json', 'too_deep', 'too_many_keys']) {
      expect(await metric(`tellwhen_events_unreadable_total{reason="${reason}"}`)).toBe(1);
    }
  });

  it('does not look into data that nobody filters on', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    peer.subscribe({ topic: '#' });
    peer.publish({ topic: 'a', data: '{"x": 2' });
    expect(peer.take('receipt')).toMatchObject([{ matched: 1, unreadable: false }]);
  });

  it('keeps to the rate of a connection, and refuses what is over it', async () => {
    const { greeted, time } = await simulatedBroker({ publishPerSecondMax: 10, publishBurst: 2 });
    const [peer, other] = [greeted(), greeted()];
    const three = [1, 2, 3].map((data) => ({ topic: 'a', data }));
    peer.publish(...three);
    expect(peer.take('receipt')).toHaveLength(2);
    expect(peer.take('refused')).toMatchObject([{ ref: 1003, code: 'rate_limited' }]);
    other.publish({ topic: 'a', data: 1 });
    expect(other.take('receipt')).toHaveLength(1);
    time.advance(100);
    peer.publish({ topic: 'a', data: 4 });
    expect(peer.take('receipt')).toHaveLength(1);
  });
});

describe('push without acknowledgement', () => {
  it('delivers what matches, in order, with the data as it was sent', async () => {
    const { greeted, time } = await simulatedBroker();
    const [publisher, subscriber] = [greeted(), greeted()];
    const { subscription } = subscriber.subscribe({ topic: 'sensors/#', when: 'temperature > 30 AND humidity < 50' });
    publisher.publish(
      { topic: 'sensors/1', data: { temperature: 31, humidity: 40 } },
      { topic: 'sensors/2', data: { temperature: 31, humidity: 50 } },
      { topic: 'sensors/1', data: { temperature: 32, humidity: 49.5 } },
    );
    const common = { record: 'event', subscription, attempt: 0, lease: undefined, retained: false, topic: 'sensors/1' };
    expect(subscriber.take('event')).toEqual([
      { ...common, seq: 1, time: time.wallMs(), data: { temperature: 31, humidity: 40 } },
      { ...common, seq: 3, time: time.wallMs(), data: { temperature: 32, humidity: 49.5 } },
    ]);
  });

  it('stops at the end of the credit, and goes on with more', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#', creditEvents: 2 });
    peer.publish(...[1, 2, 3, 4, 5].map((data) => ({ topic: 'a', data })));
    expect(peer.take('event').map(({ data }) => data)).toEqual([1, 2]);
    peer.credit(subscription, 2);
    expect(peer.take('event').map(({ data }) => data)).toEqual([3, 4]);
    peer.credit(subscription, 10);
    expect(peer.take('event').map(({ data }) => data)).toEqual([5]);
  });

  it('counts credit in bytes too, and lets one event through that is larger than the rest of it', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#', creditBytes: 10 });
    peer.publish({ topic: 'a', data: 'x'.repeat(100) }, { topic: 'a', data: 'y' });
    expect(peer.take('event')).toHaveLength(1);
    peer.credit(subscription, 0, 60);
    expect(peer.take('event')).toHaveLength(0);
    peer.credit(subscription, 0, 60);
    expect(peer.take('event').map(({ data }) => data)).toEqual(['y']);
  });

  it('refuses credit over the bound, and keeps what there was', async () => {
    const { greeted } = await simulatedBroker({ creditEventsDefault: 256, creditEventsMax: 300 });
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#', creditEvents: 300 });
    peer.credit(subscription, 1);
    expect(peer.take('refused')).toMatchObject([{ ref: 0, code: 'credit_limit' }]);
    peer.publish({ topic: 'a', data: 1 });
    expect(peer.take('event')).toHaveLength(1);
  });

  const overflow = [
    { policy: 'drop-oldest', kept: [8, 9, 10], reason: 'overflow_oldest', lastDropped: 7 },
    { policy: 'drop-newest', kept: [1, 2, 3], reason: 'overflow_newest', lastDropped: 10 },
  ] as const;
  it.each(overflow)(
    '$policy: drops by policy, counts, and tells the gap',
    async ({ policy, kept, reason, lastDropped }) => {
      const { greeted, metric } = await simulatedBroker();
      const peer = greeted();
      const { subscription } = peer.subscribe({ topic: '#', creditEvents: 0, queueEvents: 3, overflow: policy });
      for (let data = 1; data <= 10; data++) peer.publish({ topic: 'a', data });
      expect(peer.take('event')).toEqual([]);
      peer.credit(subscription, 10);
      expect(peer.take('gap')).toEqual([{ record: 'gap', subscription, reason, total: 7, seq: lastDropped }]);
      expect(peer.take('event').map(({ data }) => data)).toEqual(kept);
      expect(await metric(`tellwhen_drops_total{reason="${reason}"}`)).toBe(7);
    },
  );

  it('disconnect: ends the connection, and nobody else notices', async () => {
    const { greeted } = await simulatedBroker();
    const [slow, good] = [greeted(), greeted()];
    slow.subscribe({ topic: '#', creditEvents: 0, queueEvents: 3, overflow: 'disconnect' });
    good.subscribe({ topic: '#' });
    for (let data = 1; data <= 5; data++) good.publish({ topic: 'a', data });
    expect(slow.closed).toEqual({ code: 4429, reason: 'slow_consumer' });
    expect(good.take('event')).toHaveLength(5);
    expect(good.take('receipt').map(({ matched }) => matched)).toEqual([2, 2, 2, 2, 1]);
  });

  it('bounds what a queue holds in bytes', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#', creditEvents: 0, queueBytes: 250 });
    for (let i = 0; i < 5; i++) peer.publish({ topic: 'a', data: String(i).repeat(100) });
    peer.credit(subscription, 10);
    expect(peer.take('gap')).toMatchObject([{ total: 3 }]);
    expect(peer.take('event')).toHaveLength(2);
  });

  it('does not empty the queue for an event that would not fit into it', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    for (const ack of ['none', 'explicit'] as const) {
      const { subscription } = peer.subscribe({ topic: 'a', ack, creditEvents: 0, queueBytes: 500 });
      for (const data of [1, 2, 'x'.repeat(1_000), 3]) peer.publish({ topic: 'a', data });
      peer.credit(subscription, 10);
      expect(peer.take('event').map(({ data }) => data)).toEqual([1, 2, 3]);
      expect(peer.take('gap')).toMatchObject([{ reason: 'overflow_newest', total: 1 }]);
      peer.request('unsubscribe', { subscription });
    }
  });

  it('tells the totals again after a reconnection, because the last connection may not have brought them', async () => {
    const { greeted, connect, time } = await simulatedBroker();
    const publisher = greeted();
    const peer = connect();
    const { session } = peer.hello();
    peer.subscribe({ topic: '#', creditEvents: 1, queueEvents: 1, leaseMs: 60_000 });
    for (const data of [1, 2, 3, 4]) publisher.publish({ topic: 'a', data });
    peer.peer.vanish();
    time.settle();
    const again = connect();
    again.hello(session);
    expect(again.take('gap')).toMatchObject([{ reason: 'overflow_oldest', total: 2 }]);
    expect(again.take('event').map(({ data }) => data)).toEqual([4]);
  });

  it('loses nothing to a connection that is closing: what comes meanwhile waits for the next one', async () => {
    const { greeted, connect, time } = await simulatedBroker();
    const publisher = greeted();
    const peer = connect();
    const { session } = peer.hello();
    peer.subscribe({ topic: '#', leaseMs: 60_000 });
    publisher.publish({ topic: 'a', data: 'x'.repeat(200_000) });
    peer.peer.pause();
    for (let i = 0; i < 3; i++) publisher.publish({ topic: 'a', data: 'x'.repeat(200_000) });
    peer.send((to) => to.u8(0x7f));
    publisher.publish({ topic: 'a', data: 'meanwhile' });
    const again = connect();
    expect(again.hello(session).session.resumed).toBe(true);
    time.settle();
    expect(again.take('event').map(({ data }) => data)).toContain('meanwhile');
  });

  it('bounds what waits in memory for all slow peers together', async () => {
    const { greeted, metric, time } = await simulatedBroker({
      outboundSoftBytes: 65_536,
      outboundHardBytes: 270_000,
      outboundBytesMax: 300_000,
    });
    const publisher = greeted();
    const slow = [1, 2, 3].map(() => greeted());
    for (const peer of slow) {
      peer.subscribe({ topic: '#' });
      peer.peer.pause();
    }
    // The network takes a part of it before anything waits here.
    for (let i = 0; i < 8; i++) publisher.publish({ topic: 'a', data: 'x'.repeat(100_000) });
    expect(await metric('tellwhen_unsent_bytes')).toBeLessThanOrEqual(300_000);
    for (const peer of slow) peer.peer.resume();
    time.settle();
    // The one that has not read for longest goes.
    expect(slow.map((peer) => peer.closed?.code)).toEqual([4429, undefined, undefined]);
    expect(await metric('tellwhen_unsent_bytes')).toBe(0);
    expect(publisher.closed).toBeUndefined();
  });

  it('bounds what the whole broker holds, each event once', async () => {
    // Room for two events of some hundred bytes, each with three who wait for it at 256 bytes.
    const { greeted, metric } = await simulatedBroker({ heldBytesMax: 2 * (110 + 3 * 256), eventBytesMax: 1_000 });
    const peer = greeted();
    const subscriptions = [1, 2, 3].map(() => peer.subscribe({ topic: '#', creditEvents: 0 }).subscription);
    for (let i = 0; i < 5; i++) peer.publish({ topic: 'a', data: String(i).repeat(100) });
    expect(await metric('tellwhen_held_events')).toBe(2);
    expect(await metric('tellwhen_drops_total{reason="broker_memory"}')).toBe(9);
    for (const subscription of subscriptions) peer.credit(subscription, 10);
    expect(peer.take('event')).toHaveLength(6);
    expect(await metric('tellwhen_held_events')).toBe(0);
    expect(await metric('tellwhen_held_bytes')).toBe(0);
  });

  it('keeps a peer that does not read within bounds, drops by policy, and goes on when it reads', async () => {
    const { greeted, time, metric } = await simulatedBroker();
    const [publisher, reader] = [greeted(), greeted()];
    reader.subscribe({ topic: '#', creditEvents: 4096, creditBytes: 16 << 20, queueEvents: 50 });
    reader.peer.pause();
    const data = 'x'.repeat(10_000);
    for (let i = 0; i < 200; i++) publisher.publish({ topic: 'a', data });
    expect(await metric('tellwhen_held_events')).toBe(50);
    reader.peer.resume();
    time.settle();
    expect(reader.closed).toBeUndefined();
    const told = reader.take('event').length;
    const dropped = reader.take('gap').at(-1)?.['total'] as number;
    expect(dropped).toBeGreaterThan(0);
    expect(told + dropped).toBe(200);
  });
});

describe('a change of predicate', () => {
  it('takes effect at one seq, without losing what waits', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#', when: 'x = 1', creditEvents: 1 });
    peer.publish({ topic: 'a', data: { x: 1, n: 1 } }, { topic: 'a', data: { x: 1, n: 2 } });
    const answer = peer.request('replace', { subscription, when: 'x = 2' });
    expect(answer).toMatchObject({ kind: 'replaced', subscription, seq: 2 });
    peer.publish({ topic: 'a', data: { x: 1, n: 3 } }, { topic: 'a', data: { x: 2, n: 4 } });
    peer.credit(subscription, 10);
    expect(peer.take('event').map(({ seq }) => seq)).toEqual([1, 2, 4]);
  });

  it('to none lets everything through; a bad one changes nothing', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#', when: 'x = 1' });
    expect(peer.request('replace', { subscription, when: 'x = = 1' })).toMatchObject({
      kind: 'refused',
      code: 'predicate_syntax',
    });
    peer.publish({ topic: 'a', data: { x: 2 } });
    expect(peer.take('event')).toHaveLength(0);
    peer.request('replace', { subscription, when: null });
    peer.publish({ topic: 'a', data: { x: 2 } });
    expect(peer.take('event')).toHaveLength(1);
  });
});
