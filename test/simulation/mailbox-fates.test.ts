import { describe, expect, it } from 'vitest';
import { DurableBroker } from '../support/durable-broker.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { leaseOf } from '../support/received.ts';

const SECOND = 1_000;

type Fields = Partial<Parameters<RawPeer['subscribe']>[0]>;

async function broker(fields: Fields = {}) {
  const durable = await DurableBroker.start();
  const [publisher, worker] = [durable.greeted(), durable.greeted()];
  const terms = { mailbox: 'box', topic: 'a', deliveryLeaseMs: 5 * SECOND, attemptsMax: 2, ...fields };
  const { subscription } = worker.subscribe(terms);
  const fate = (seq: number, of = subscription) => {
    const answer = publisher.request('explain', { event: { seq }, filter: { subscription: of } });
    if (answer.kind !== 'explained') throw new Error(JSON.stringify(answer));
    return answer.fate;
  };
  return { durable, publisher, worker, subscription, fate };
}

const event = (data: unknown, options = {}) => ({ topic: 'a', data, options });

describe('what became of an event in a mailbox', () => {
  it('it is being written', async () => {
    const { durable, publisher, fate } = await broker();
    durable.store.hold();
    publisher.publish(event(1));
    expect(fate(1)).toMatchObject({ kind: 'waiting', text: expect.stringContaining('written to the store') });
  });

  it('it is with a consumer, for so long and as such an attempt', async () => {
    const { publisher, fate } = await broker();
    publisher.publish(event(1));
    expect(fate(1)).toEqual({ kind: 'leased', text: 'with a consumer for 5000 ms more, attempt 1 of 2' });
  });

  it('it rests, waits again, and is given up', async () => {
    const { publisher, worker, durable, fate } = await broker();
    publisher.publish(event(1));
    worker.release(leaseOf(worker.take('event')[0]), 10 * SECOND);
    expect(fate(1)).toMatchObject({ kind: 'waiting', text: expect.stringMatching(/^rests .* attempt 1 of 2$/) });
    durable.time.advance(11 * SECOND);
    const [second] = worker.take('event');
    expect(fate(1)).toMatchObject({ kind: 'leased', text: expect.stringContaining('attempt 2 of 2') });
    worker.release(leaseOf(second));
    expect(fate(1)).toEqual({ kind: 'dropped', text: 'dropped: attempts_exhausted' });
  });

  it('it is done', async () => {
    const { publisher, worker, fate } = await broker();
    publisher.publish(event(1));
    worker.ack(leaseOf(worker.take('event')[0]));
    expect(fate(1)?.kind).toBe('acknowledged');
  });

  it('a consumer was notified of it, and fetched it', async () => {
    const { publisher, worker, subscription, fate } = await broker({ mode: 'pull', retentionMs: 10 * SECOND });
    publisher.publish(event(1));
    expect(fate(1)).toMatchObject({ kind: 'notified', text: expect.stringContaining('10000 ms') });
    worker.fetch(subscription, 1);
    expect(fate(1)?.kind).toBe('leased');
  });

  it('it waits, and for what', async () => {
    const { publisher, worker, subscription, fate } = await broker({ creditEvents: 1 });
    publisher.publish(event(1), event(2));
    expect(fate(2)).toMatchObject({ kind: 'waiting', text: expect.stringContaining('credit') });
    publisher.request('pause', { mailbox: 'box', paused: true });
    expect(fate(2)).toMatchObject({ kind: 'waiting', text: expect.stringContaining('paused') });
    publisher.request('pause', { mailbox: 'box', paused: false });
    const { subscription: other } = publisher.subscribe({ mailbox: 'box', creditEvents: 0 });
    worker.request('unsubscribe', { subscription });
    expect(fate(2, other)).toMatchObject({ kind: 'waiting' });
  });

  it('it expired, was purged, or had to give way', async () => {
    const { publisher, durable, fate } = await broker({ creditEvents: 0, queueEvents: 2, overflow: 'drop-oldest' });
    publisher.publish(event(1, { ttlMs: SECOND }));
    durable.time.advance(3 * SECOND);
    expect(fate(1)).toEqual({ kind: 'dropped', text: 'dropped: expired' });
    publisher.publish(event(2), event(3), event(4));
    expect(fate(2)).toEqual({ kind: 'dropped', text: 'dropped: overflow_oldest' });
    publisher.request('purge', { mailbox: 'box' });
    expect([fate(3), fate(4)].map((one) => one?.text)).toEqual(['dropped: purged', 'dropped: purged']);
  });

  it('it did not match, or came before', async () => {
    const { publisher, worker, fate } = await broker({ when: 'x = 1' });
    publisher.publish(event({ x: 2 }));
    expect(fate(1)?.kind).toBe('not_matched');
    const { subscription } = worker.subscribe({ mailbox: 'late', topic: 'a' });
    expect(fate(1, subscription)?.kind).toBe('before_subscription');
  });

  it('a dry run finds the mailbox by the number of its filter', async () => {
    const { publisher } = await broker({ when: 'x = 1' });
    const answer = publisher.request('match', { event: { topic: 'a', data: { x: 1 } } });
    expect(answer).toMatchObject({ kind: 'matched', total: 1, matches: [{ topic: 'a', when: 'x = 1' }] });
    publisher.publish(event({ x: 1 }));
    const published = publisher.request('match', { event: { seq: 1 } });
    expect(published).toMatchObject({ total: 1, matches: [{ fate: { kind: 'leased' } }] });
  });
});
