import { describe, expect, it } from 'vitest';
import type { LeaseGrant } from '../../broker/protocol/index.ts';
import type { ReceivedRecord } from '../support/raw-peer.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

const SECOND = 1_000;

function lease(record: ReceivedRecord | undefined, field: 'lease' | 'retention' = 'lease'): LeaseGrant {
  return record?.[field] as LeaseGrant;
}

async function one(options: { retentionMs?: number; deliveryLeaseMs?: number; attemptsMax?: number } = {}) {
  const simulated = await simulatedBroker();
  const peer = simulated.greeted();
  const { subscription } = peer.subscribe({
    topic: '#',
    mode: 'pull',
    // 10 s and less are granted to the millisecond, without jitter.
    retentionMs: 10 * SECOND,
    deliveryLeaseMs: 5 * SECOND,
    ...options,
  });
  return { ...simulated, peer, subscription };
}

describe('pull', () => {
  it('notifies without the body, and hands it over when it is fetched', async () => {
    const { peer, subscription } = await one();
    peer.publish({ topic: 'a/b', data: { x: 1 } });
    expect(peer.take('event')).toEqual([]);
    const [notice] = peer.take('notice');
    expect(notice).toMatchObject({ subscription, seq: 1, topic: 'a/b', size: 7, attempt: 0 });
    expect(lease(notice, 'retention').remainingMs).toBe(10 * SECOND);
    peer.fetch(subscription, 1, 42);
    const [fetched] = peer.take('fetched');
    expect(fetched).toMatchObject({ ref: 42, seq: 1, topic: 'a/b', data: { x: 1 }, attempt: 1 });
    expect(lease(fetched).remainingMs).toBe(5 * SECOND);
    peer.ack(lease(fetched));
    expect(peer.take('settled')).toHaveLength(1);
    peer.fetch(subscription, 1, 43);
    expect(peer.take('refused')).toMatchObject([{ ref: 43, code: 'event_gone' }]);
  });

  it('can always be fetched inside the retention, and is gone after it', async () => {
    const { peer, subscription, time, metric } = await one();
    peer.publish({ topic: 'a', data: 1 }, { topic: 'a', data: 2 });
    expect(peer.take('notice')).toHaveLength(2);
    time.advance(10 * SECOND - 1);
    peer.fetch(subscription, 1, 1);
    expect(peer.take('fetched')).toHaveLength(1);
    time.advance(201);
    peer.fetch(subscription, 2, 2);
    expect(peer.take('refused')).toMatchObject([{ ref: 2, code: 'event_gone' }]);
    expect(await metric('tellwhen_drops_total{reason="retention_ended"}')).toBe(1);
    peer.publish({ topic: 'a', data: 3 });
    expect(peer.take('gap')).toMatchObject([{ subscription, reason: 'retention_ended', total: 1, seq: 2 }]);
  });

  it('an extended retention lasts longer', async () => {
    const { peer, subscription, time } = await one();
    peer.publish({ topic: 'a', data: 1 });
    const retention = lease(peer.take('notice')[0], 'retention');
    time.advance(9 * SECOND);
    peer.extend(retention, 60 * SECOND);
    expect(peer.take('settled')).toMatchObject([{ remainingMs: 60 * SECOND }]);
    time.advance(59 * SECOND);
    peer.fetch(subscription, 1);
    expect(peer.take('fetched')).toHaveLength(1);
  });

  it('what is fetched at the end of its retention stays with the subscriber, and is gone after that', async () => {
    const { peer, subscription, time } = await one({ retentionMs: 6 * SECOND });
    peer.publish({ topic: 'a', data: 1 }, { topic: 'a', data: 2 });
    time.advance(5 * SECOND);
    peer.fetch(subscription, 1, 1);
    peer.fetch(subscription, 2, 2);
    const [first, second] = peer.take('fetched');
    time.advance(3 * SECOND);
    peer.ack(lease(first));
    expect(peer.take('settled')).toHaveLength(1);
    peer.release(lease(second));
    expect(peer.take('settled')).toHaveLength(1);
    peer.fetch(subscription, 2, 3);
    expect(peer.take('refused')).toMatchObject([{ code: 'event_gone' }]);
  });

  it('is notified again after a release, and after the delivery lease ended', async () => {
    const { peer, subscription, time } = await one({ retentionMs: 7 * SECOND });
    peer.publish({ topic: 'a', data: 1 });
    peer.take('notice');
    peer.fetch(subscription, 1);
    peer.release(lease(peer.take('fetched')[0]));
    expect(peer.take('notice')).toMatchObject([{ seq: 1, attempt: 1 }]);
    peer.fetch(subscription, 1, 1, 1 * SECOND);
    const second = lease(peer.take('fetched')[0]);
    expect(second.remainingMs).toBe(1 * SECOND);
    time.advance(6 * SECOND + 500);
    const [notice] = peer.take('notice');
    expect(notice).toMatchObject({ seq: 1, attempt: 2 });
    // The lease of 1 s, then a rest of 5 s: of the retention about a second is left.
    const { remainingMs } = lease(notice, 'retention');
    expect(remainingMs).toBeGreaterThanOrEqual(600);
    expect(remainingMs).toBeLessThanOrEqual(1_000);
    peer.ack(second);
    expect(peer.take('refused')).toMatchObject([{ code: 'lease_expired' }]);
  });

  it('one fetch at a time', async () => {
    const { peer, subscription } = await one();
    peer.publish({ topic: 'a', data: 1 });
    peer.fetch(subscription, 1, 1);
    peer.fetch(subscription, 1, 2);
    expect(peer.take('fetched')).toHaveLength(1);
    expect(peer.take('refused')).toMatchObject([{ ref: 2, code: 'event_leased' }]);
  });

  it('who releases the retention does not want the event', async () => {
    const { peer, subscription, metric } = await one();
    peer.publish({ topic: 'a', data: 1 });
    peer.release(lease(peer.take('notice')[0], 'retention'));
    expect(peer.take('settled')).toHaveLength(1);
    peer.fetch(subscription, 1);
    expect(peer.take('refused')).toMatchObject([{ code: 'event_gone' }]);
    expect(await metric('tellwhen_held_events')).toBe(0);
  });

  it('refuses what does not fit: other modes, other subscriptions, events never notified, times out of range', async () => {
    const { peer, subscription, greeted } = await one();
    const push = peer.subscribe({ topic: '#' }).subscription;
    peer.publish({ topic: 'a', data: 1 });
    peer.fetch(push, 1, 1);
    peer.fetch(999, 1, 2);
    peer.fetch(subscription, 999, 3);
    peer.fetch(subscription, 1, 4, 1);
    const other = greeted();
    other.fetch(subscription, 1, 5);
    expect(peer.take('refused').map(({ ref, code }) => [ref, code])).toEqual([
      [1, 'subscription_mode'],
      [2, 'subscription_unknown'],
      [3, 'event_unknown'],
      [4, 'lease_ttl_range'],
    ]);
    expect(other.take('refused')).toMatchObject([{ code: 'subscription_unknown' }]);
    peer.fetch(subscription, 1, 6);
    expect(peer.take('fetched')).toMatchObject([{ ref: 6, attempt: 1 }]);
  });

  it('notifies only as credit allows', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#', mode: 'pull', creditEvents: 1 });
    peer.publish({ topic: 'a', data: 1 }, { topic: 'a', data: 2 });
    expect(peer.take('notice').map(({ seq }) => seq)).toEqual([1]);
    peer.credit(subscription, 1);
    expect(peer.take('notice').map(({ seq }) => seq)).toEqual([2]);
  });

  it('goes on after a connection is lost in which an event was fetched and its retention ended', async () => {
    const { greeted, connect, time } = await simulatedBroker();
    const publisher = greeted();
    const peer = connect();
    const { session } = peer.hello();
    const { subscription } = peer.subscribe({
      topic: '#',
      mode: 'pull',
      leaseMs: 600 * SECOND,
      retentionMs: 2 * SECOND,
      deliveryLeaseMs: 60 * SECOND,
    });
    publisher.publish({ topic: 'a', data: 1 });
    peer.fetch(subscription, 1);
    time.advance(3 * SECOND);
    peer.peer.vanish();
    time.settle();
    const again = connect();
    again.hello(session);
    expect(again.take('gap')).toMatchObject([{ reason: 'retention_ended', total: 1 }]);
    publisher.publish({ topic: 'a', data: 2 });
    expect(again.take('notice')).toMatchObject([{ seq: 2 }]);
  });

  it('frees the lease of a retention that is released', async () => {
    const { peer, metric } = await one();
    for (const data of [1, 2, 3]) peer.publish({ topic: 'a', data });
    for (const notice of peer.take('notice')) peer.release(lease(notice, 'retention'));
    expect(await metric('tellwhen_leases_allocated')).toBe(0);
    expect(await metric('tellwhen_acknowledged_total')).toBe(0);
  });

  it('tells of the end of a retention at once, though no other event comes', async () => {
    const { peer, time } = await one();
    peer.publish({ topic: 'a', data: 1 });
    time.advance(11 * SECOND);
    expect(peer.take('gap')).toMatchObject([{ reason: 'retention_ended', total: 1, seq: 1 }]);
  });

  it('does not give up what was notified when the queue is full', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#', mode: 'pull', queueEvents: 2 });
    for (const data of [1, 2, 3]) peer.publish({ topic: 'a', data });
    expect(peer.take('notice').map(({ seq }) => seq)).toEqual([1, 2]);
    peer.fetch(subscription, 1);
    expect(peer.take('fetched')).toHaveLength(1);
    expect(peer.take('gap')).toMatchObject([{ reason: 'overflow_newest', seq: 3 }]);
  });

  it('serves fetches as the connection reads, however many are asked for at once', async () => {
    const { greeted, time } = await simulatedBroker();
    const [publisher, peer] = [greeted(), greeted()];
    const { subscription } = peer.subscribe({ topic: '#', mode: 'pull' });
    const events = 20;
    for (let i = 0; i < events; i++) publisher.publish({ topic: 'a', data: 'x'.repeat(200_000) });
    peer.take('notice');
    peer.peer.pause();
    for (let seq = 1; seq <= events; seq++) peer.fetch(subscription, seq, seq);
    time.advance(1 * SECOND);
    peer.peer.resume();
    time.advance(1 * SECOND);
    expect(peer.closed).toBeUndefined();
    expect(peer.take('fetched').map(({ seq, attempt }) => [seq, attempt])).toEqual(
      Array.from({ length: events }, (_, i) => [i + 1, 1]),
    );
  });

  it('answers fetches whose retention ended while the connection did not read, and keeps it', async () => {
    const { greeted, time, faults } = await simulatedBroker();
    const [publisher, peer] = [greeted(), greeted()];
    const events = 1_500;
    const { subscription } = peer.subscribe({
      topic: 'a',
      mode: 'pull',
      retentionMs: 2 * SECOND,
      creditEvents: events,
      queueEvents: events,
    });
    peer.subscribe({ topic: 'b' });
    for (let i = 0; i < events; i++) publisher.publish({ topic: 'a', data: i });
    peer.take('notice');
    peer.peer.pause();
    for (let i = 0; i < 5; i++) publisher.publish({ topic: 'b', data: 'x'.repeat(200_000) });
    for (let seq = 1; seq <= events; seq++) peer.fetch(subscription, seq, seq);
    time.advance(3 * SECOND);
    peer.peer.resume();
    time.advance(1 * SECOND);
    const gone = peer.take('refused');
    expect(gone).toHaveLength(events);
    expect(new Set(gone.map(({ code }) => code))).toEqual(new Set(['event_gone']));
    expect([peer.closed, faults]).toEqual([undefined, []]);
  });

  it('a rest does not outlast the retention', async () => {
    const { peer, subscription, time, metric } = await one();
    peer.publish({ topic: 'a', data: 1 });
    peer.fetch(subscription, 1);
    peer.release(lease(peer.take('fetched')[0]), 3_600 * SECOND);
    time.advance(13 * SECOND);
    peer.fetch(subscription, 1, 9);
    expect(peer.take('refused')).toMatchObject([{ ref: 9, code: 'event_gone' }]);
    expect(await metric('tellwhen_held_events')).toBe(0);
  });
});
