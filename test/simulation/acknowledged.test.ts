import { describe, expect, it } from 'vitest';
import type { LeaseGrant } from '../../broker/protocol/index.ts';
import type { ReceivedRecord } from '../support/raw-peer.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

const SECOND = 1_000;
/** Time within which what ended must be noticed: one sweep and its confirmation. */
const LATE = 200;

function leaseOf(record: ReceivedRecord | undefined): LeaseGrant {
  return record?.['lease'] as LeaseGrant;
}

async function one(options: { readonly attemptsMax?: number; readonly deliveryLeaseMs?: number } = {}) {
  const simulated = await simulatedBroker();
  const [publisher, subscriber] = [simulated.greeted(), simulated.greeted()];
  const { subscription } = subscriber.subscribe({
    topic: '#',
    ack: 'explicit',
    deliveryLeaseMs: 10 * SECOND,
    ...options,
  });
  return { ...simulated, publisher, subscriber, subscription };
}

describe('push with acknowledgement', () => {
  it('delivers under a lease, and an acknowledged event never comes again', async () => {
    const { publisher, subscriber, subscription, time, metric } = await one();
    publisher.publish({ topic: 'a', data: 1 });
    const [event] = subscriber.take('event');
    expect(event).toMatchObject({ subscription, seq: 1, attempt: 1, lease: { remainingMs: 10 * SECOND } });
    subscriber.ack(leaseOf(event), 77);
    expect(subscriber.take('settled')).toEqual([{ record: 'settled', ref: 77, remainingMs: 0 }]);
    time.advance(600 * SECOND);
    expect(subscriber.take('event')).toEqual([]);
    expect(await metric('tellwhen_held_events')).toBe(0);
  });

  it('redelivers after the lease and a rest that grows, then gives up and says so', async () => {
    const { publisher, subscriber, subscription, time } = await one({ attemptsMax: 3 });
    publisher.publish({ topic: 'a', data: 1 });
    const arrivals: { attempt: unknown; atMs: number }[] = [];
    const look = () => {
      for (const { attempt } of subscriber.take('event')) arrivals.push({ attempt, atMs: time.monotonicMs() });
    };
    look();
    for (let i = 0; i < 1_000; i++) {
      time.advance(100);
      look();
    }
    const due = [0, 11 * SECOND, 26 * SECOND];
    expect(arrivals.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    arrivals.forEach(({ atMs }, i) => {
      expect(atMs).toBeGreaterThanOrEqual(due[i] as number);
      expect(atMs).toBeLessThanOrEqual((due[i] as number) + 2 * LATE * (i + 1));
    });
    // The gap is told with the next event, before it.
    publisher.publish({ topic: 'a', data: 2 });
    expect(subscriber.take('gap')).toEqual([
      { record: 'gap', subscription, reason: 'attempts_exhausted', total: 1, seq: 1 },
    ]);
    expect(subscriber.take('event')).toMatchObject([{ seq: 2, attempt: 1 }]);
  });

  it('gives a new token with each delivery; the old one changes nothing and is told why', async () => {
    const { publisher, subscriber, time } = await one();
    publisher.publish({ topic: 'a', data: 1 });
    const first = leaseOf(subscriber.take('event')[0]);
    time.advance(12 * SECOND);
    const second = leaseOf(subscriber.take('event')[0]);
    expect(second.id).toBe(first.id);
    expect(second.token).toBeGreaterThan(first.token);
    subscriber.ack(first, 5);
    expect(subscriber.take('refused')).toMatchObject([{ ref: 5, code: 'lease_superseded' }]);
    subscriber.ack(second, 6);
    expect(subscriber.take('settled')).toMatchObject([{ ref: 6 }]);
    subscriber.ack(second, 7);
    expect(subscriber.take('refused')).toMatchObject([{ ref: 7, code: 'lease_settled' }]);
  });

  it('accepts an acknowledgement within the grace after the end', async () => {
    const { publisher, subscriber, time } = await one();
    publisher.publish({ topic: 'a', data: 1 });
    const lease = leaseOf(subscriber.take('event')[0]);
    time.advance(10 * SECOND + 900);
    subscriber.ack(lease);
    expect(subscriber.take('settled')).toHaveLength(1);
    time.advance(600 * SECOND);
    expect(subscriber.take('event')).toEqual([]);
  });

  it('takes the redelivery back when a lease is extended within the grace', async () => {
    const { publisher, subscriber, time } = await one();
    publisher.publish({ topic: 'a', data: 1 });
    const lease = leaseOf(subscriber.take('event')[0]);
    time.advance(10 * SECOND + 900);
    subscriber.extend(lease, 60 * SECOND, 8);
    expect(subscriber.take('settled')).toEqual([{ record: 'settled', ref: 8, remainingMs: 60 * SECOND }]);
    time.advance(50 * SECOND);
    expect(subscriber.take('event')).toEqual([]);
    subscriber.ack(lease);
    expect(subscriber.take('settled')).toHaveLength(1);
  });

  it('an extended lease holds the event, as long as it is extended', async () => {
    const { publisher, subscriber, time } = await one();
    publisher.publish({ topic: 'a', data: 1 });
    const lease = leaseOf(subscriber.take('event')[0]);
    for (let i = 0; i < 20; i++) {
      time.advance(9 * SECOND);
      subscriber.extend(lease, 10 * SECOND);
    }
    expect(subscriber.take('settled')).toHaveLength(20);
    expect(subscriber.take('event')).toEqual([]);
  });

  it('a release brings it back, at once or after a delay', async () => {
    const { publisher, subscriber, time } = await one();
    publisher.publish({ topic: 'a', data: 1 });
    subscriber.release(leaseOf(subscriber.take('event')[0]));
    const again = subscriber.take('event');
    expect(again).toMatchObject([{ seq: 1, attempt: 2 }]);
    subscriber.release(leaseOf(again[0]), 3 * SECOND);
    time.advance(2_900);
    expect(subscriber.take('event')).toEqual([]);
    time.advance(300);
    expect(subscriber.take('event')).toMatchObject([{ seq: 1, attempt: 3 }]);
  });

  it('what comes back takes its old place, before what was not delivered yet', async () => {
    const simulated = await simulatedBroker();
    const peer = simulated.greeted();
    const { subscription } = peer.subscribe({ topic: '#', ack: 'explicit', creditEvents: 2 });
    for (let data = 1; data <= 4; data++) peer.publish({ topic: 'a', data });
    const [first, second] = peer.take('event');
    peer.release(leaseOf(second));
    peer.release(leaseOf(first));
    peer.credit(subscription, 4);
    expect(peer.take('event').map(({ seq, attempt }) => [seq, attempt])).toEqual([
      [1, 2],
      [2, 2],
      [3, 1],
      [4, 1],
    ]);
  });

  it('keeps a lease over a stall, when the renewal was in the socket already', async () => {
    const { publisher, subscriber, time } = await one();
    publisher.publish({ topic: 'a', data: 1 });
    const lease = leaseOf(subscriber.take('event')[0]);
    time.advance(9 * SECOND);
    time.stall(30 * SECOND, () => subscriber.extend(lease, 10 * SECOND));
    time.advance(9 * SECOND);
    expect(subscriber.take('event')).toEqual([]);
    expect(subscriber.take('refused')).toEqual([]);
  });

  it('drops what is not leased when it overflows, never what the subscriber has', async () => {
    const { greeted, metric } = await simulatedBroker();
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#', ack: 'explicit', creditEvents: 2, queueEvents: 4 });
    for (let data = 1; data <= 10; data++) peer.publish({ topic: 'a', data });
    const had = peer.take('event');
    expect(had.map(({ seq }) => seq)).toEqual([1, 2]);
    for (const event of had) peer.ack(leaseOf(event));
    peer.credit(subscription, 10);
    expect(peer.take('gap')).toMatchObject([{ reason: 'overflow_oldest', total: 6, seq: 8 }]);
    expect(peer.take('event').map(({ seq }) => seq)).toEqual([9, 10]);
    expect(await metric('tellwhen_leases_granted_total')).toBe(4);
  });

  it('waits when no lease is to be had, and goes on when there is', async () => {
    const { greeted, time } = await simulatedBroker({ leasesPerSessionMax: 2 });
    const peer = greeted();
    peer.subscribe({ topic: '#', ack: 'explicit' });
    for (let data = 1; data <= 4; data++) peer.publish({ topic: 'a', data });
    const had = peer.take('event');
    expect(had).toHaveLength(2);
    for (const event of had) peer.ack(leaseOf(event));
    time.advance(200);
    expect(peer.take('event').map(({ seq }) => seq)).toEqual([3, 4]);
  });

  it('refuses the lease of another session, and of a subscription', async () => {
    const { greeted } = await simulatedBroker();
    const [peer, other] = [greeted(), greeted()];
    const { subscription } = peer.subscribe({ topic: '#', ack: 'explicit', leaseMs: 60 * SECOND });
    peer.publish({ topic: 'a', data: 1 });
    const lease = leaseOf(peer.take('event')[0]);
    other.ack(lease);
    expect(other.take('refused')).toMatchObject([{ code: 'lease_not_owner' }]);
    const renewed = peer.request('renew', { subscription, leaseMs: 60 * SECOND });
    if (renewed.kind !== 'renewed') throw new Error('not renewed');
    peer.ack(renewed.lease);
    expect(peer.take('refused')).toMatchObject([{ code: 'lease_unknown' }]);
    peer.ack(lease);
    expect(peer.take('settled')).toHaveLength(1);
  });

  it('forgets what rests with its subscription, and refuses to let it rest for ever', async () => {
    const { publisher, subscriber, subscription, metric } = await one();
    publisher.publish({ topic: 'a', data: 1 });
    const lease = leaseOf(subscriber.take('event')[0]);
    subscriber.release(lease, 2 ** 40);
    expect(subscriber.take('refused')).toMatchObject([{ code: 'lease_ttl_range' }]);
    subscriber.release(lease, 3_600 * SECOND);
    expect(await metric('tellwhen_resting_events')).toBe(1);
    subscriber.request('unsubscribe', { subscription });
    expect(await metric('tellwhen_resting_events')).toBe(0);
    expect(await metric('tellwhen_held_bytes')).toBe(0);
    expect(await metric('tellwhen_leases_allocated')).toBe(0);
  });

  it('a release within the grace delays what was about to come again', async () => {
    const { publisher, subscriber, time } = await one();
    publisher.publish({ topic: 'a', data: 1 });
    const lease = leaseOf(subscriber.take('event')[0]);
    time.advance(10 * SECOND + 500);
    subscriber.release(lease, 5 * SECOND);
    expect(subscriber.take('settled')).toHaveLength(1);
    time.advance(4 * SECOND);
    expect(subscriber.take('event')).toEqual([]);
    time.advance(2 * SECOND);
    expect(subscriber.take('event')).toMatchObject([{ attempt: 2 }]);
  });
});
