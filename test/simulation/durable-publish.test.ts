import { describe, expect, it } from 'vitest';
import { DurableBroker } from '../support/durable-broker.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { each, entriesOf, statusOf, taken } from '../support/received.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const MIB = 2 ** 20;

/** A durable broker, a publisher, and a worker at the mailbox `box`. */
async function broker(config: Parameters<typeof DurableBroker.start>[0] = {}) {
  const durable = await DurableBroker.start(config);
  const [publisher, worker] = [durable.greeted(), durable.greeted()];
  worker.subscribe({ mailbox: 'box', topic: 'a' });
  return { durable, publisher, worker };
}

const known = (peer: RawPeer, id: string, data: unknown = id) =>
  peer.publish({ topic: 'a', data, id, source: 'test', ref: 1 });

describe('the receipt of what a mailbox keeps', () => {
  it('waits for the flush, and says that it did', async () => {
    const { durable, publisher, worker } = await broker();
    durable.store.hold();
    publisher.publish({ topic: 'a', data: 1 }, { topic: 'a', data: 2 });
    expect(publisher.take('receipt')).toEqual([]);
    expect(worker.take('event')).toEqual([]);
    durable.store.letGo();
    durable.time.settle();
    expect(publisher.take('receipt')).toMatchObject([
      { seq: 1, matched: 1, durable: true },
      { seq: 2, matched: 1, durable: true },
    ]);
    expect(taken(worker)).toEqual([1, 2]);
  });

  it('is a refusal where the time to live is longer than can be stored', async () => {
    const { durable, publisher, worker } = await broker();
    const century = 100 * 365 * 24 * 60 * MINUTE;
    for (const ttlMs of [century, century + 1, Number.MAX_SAFE_INTEGER])
      publisher.publish({ topic: 'a', data: ttlMs, options: { ttlMs } });
    publisher.publish({ topic: 'a', options: { ttlMs: Number.MAX_SAFE_INTEGER, delayMs: 1 } });
    expect(each(publisher.take('refused'), 'code')).toEqual(Array(3).fill('frame_malformed'));
    expect(taken(worker)).toEqual([century]);
    await durable.restart();
    expect(entriesOf(durable.greeted(), 'box')).toMatchObject([{ data: String(century) }]);
    expect(durable.faults).toEqual([]);
  });

  it('comes at once where nobody keeps it, asked for or not', async () => {
    const { durable, publisher } = await broker();
    publisher.subscribe({ topic: 'b' });
    durable.store.hold();
    publisher.publish({ topic: 'b', data: 1 }, { topic: 'b', data: 2, options: { durable: true } });
    expect(publisher.take('receipt')).toMatchObject([
      { seq: 1, matched: 1, durable: false },
      { seq: 2, matched: 1, durable: false },
    ]);
    expect(taken(publisher)).toEqual([1, 2]);
  });

  it('never comes when the store fails, nor does the event', async () => {
    const { durable, publisher, worker } = await broker();
    durable.disk.plan({ kind: 'fails', atCommit: 1 });
    publisher.publish({ topic: 'a', data: 1 });
    durable.time.advance(MINUTE);
    expect(publisher.take('receipt')).toEqual([]);
    expect(worker.take('event')).toEqual([]);
    expect(durable.failures.map((fault) => fault?.code)).toEqual(['store_failed']);
    publisher.publish({ topic: 'a', data: 2 });
    durable.time.advance(MINUTE);
    expect(publisher.take('receipt')).toEqual([]);
    expect(durable.failures).toHaveLength(1);
  });

  it('of a broker in memory never says durable, and asking for it is refused', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    peer.subscribe({ mailbox: 'box', topic: 'a' });
    peer.publish({ topic: 'a', data: 1 }, { topic: 'a', data: 2, options: { durable: true } });
    expect(peer.take('receipt')).toMatchObject([{ durable: false }]);
    expect(peer.take('refused')).toMatchObject([{ ref: 1002, code: 'not_durable' }]);
    expect(taken(peer)).toEqual([1]);
  });

  it('counts commits, and what is written in them', async () => {
    const { durable, publisher } = await broker();
    const before = await durable.metric('tellwhen_store_commits_total');
    durable.store.hold();
    publisher.publish({ topic: 'a', data: 'x'.repeat(1_000) });
    expect(await durable.metric('tellwhen_store_pending_bytes')).toBeGreaterThan(1_000);
    publisher.publish(...Array.from({ length: 100 }, () => ({ topic: 'a', data: 1 })));
    durable.store.letGo();
    durable.time.settle();
    expect(await durable.metric('tellwhen_store_pending_bytes')).toBe(0);
    // One for the first event, one for all that came meanwhile, and at most one for what was handed over.
    expect((await durable.metric('tellwhen_store_commits_total')) - before).toBeLessThanOrEqual(4);
    durable.time.advance(SECOND);
    expect(await durable.metric('tellwhen_store_bytes')).toBeGreaterThan(1_000);
  });
});

describe('an event whose source and id were published before', () => {
  it('is answered with the first receipt, and not published again', async () => {
    const { publisher, worker, durable } = await broker();
    known(publisher, 'one');
    known(publisher, 'one', 'other data');
    expect(publisher.take('receipt')).toMatchObject([
      { seq: 1, matched: 1, durable: true, repeated: false },
      { seq: 1, matched: 1, durable: true, repeated: true },
    ]);
    expect(taken(worker)).toEqual(['one']);
    expect(await durable.metric('tellwhen_events_repeated_total')).toBe(1);
    expect(await durable.metric('tellwhen_known_ids')).toBe(1);
  });

  it('is not the same from another source, or without one', async () => {
    const { publisher, worker } = await broker();
    publisher.publish(
      { topic: 'a', data: 1, id: 'x', source: 'y' },
      { topic: 'a', data: 2, id: 'x', source: 'z' },
      // As long a text together as another pair.
      { topic: 'a', data: 3, id: 'xy', source: '' },
      { topic: 'a', data: 4, id: 'x' },
      { topic: 'a', data: 5, id: 'x' },
      { topic: 'a', data: 6, source: 'y' },
      { topic: 'a', data: 7, source: 'y' },
    );
    expect(taken(worker)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('waits for the flush of the first', async () => {
    const { durable, publisher } = await broker();
    durable.store.hold();
    known(publisher, 'one');
    known(publisher, 'one');
    expect(publisher.take('receipt')).toEqual([]);
    durable.store.letGo();
    durable.time.settle();
    expect(each(publisher.take('receipt'), 'repeated')).toEqual([false, true]);
  });

  it('waits for the flush of the first also when that is under way', async () => {
    const { durable, publisher } = await broker();
    const other = durable.greeted();
    durable.store.hold();
    known(publisher, 'one');
    durable.time.advance(SECOND);
    known(other, 'one');
    durable.store.letGo();
    durable.time.settle();
    expect(each(other.take('receipt'), 'repeated')).toEqual([true]);
  });

  it('is recognised where nobody keeps the first, at once', async () => {
    const { durable, publisher } = await broker();
    durable.store.hold();
    const event = { topic: 'nobody', data: 1, id: 'i', source: 's' };
    publisher.publish(event);
    expect(publisher.take('receipt')).toMatchObject([{ seq: 1, durable: false }]);
    publisher.publish(event);
    durable.store.letGo();
    durable.time.settle();
    expect(publisher.take('receipt')).toMatchObject([{ seq: 1, durable: false, repeated: true }]);
  });

  it('is recognised after a crash', async () => {
    const { durable, publisher } = await broker();
    known(publisher, 'one');
    await durable.restart();
    const again = durable.greeted();
    known(again, 'one');
    known(again, 'two');
    const [first, second] = again.take('receipt');
    expect(first).toMatchObject({ seq: 1, repeated: true, durable: true });
    expect(second).toMatchObject({ repeated: false });
    expect(entriesOf(again, 'box').map(({ data }) => data)).toEqual(['one', 'two']);
  });

  it('is new after a crash that the first did not survive', async () => {
    const { durable, publisher } = await broker();
    durable.store.hold();
    known(publisher, 'one');
    await durable.restart();
    const again = durable.greeted();
    known(again, 'one');
    expect(again.take('receipt')).toMatchObject([{ repeated: false, durable: true }]);
    expect(statusOf(again, 'box').entries).toBe(1);
  });

  it('is new after the window, also where a crash came in between', async () => {
    const { durable, publisher } = await broker({ dedupWindowMs: 10 * SECOND });
    known(publisher, 'one');
    durable.time.advance(9 * SECOND);
    known(publisher, 'one');
    expect(each(publisher.take('receipt'), 'repeated')).toEqual([false, true]);
    await durable.restart();
    const again = durable.greeted();
    durable.time.advance(2 * SECOND);
    known(again, 'other');
    known(again, 'one');
    expect(each(again.take('receipt'), 'repeated')).toEqual([false, false]);
  });

  it('is new when too many came after it', async () => {
    const { durable, publisher } = await broker({ dedupIdsMax: 3 });
    for (const id of ['1', '2', '3', '4']) known(publisher, id);
    known(publisher, '1');
    known(publisher, '4');
    expect(each(publisher.take('receipt'), 'repeated')).toEqual([false, false, false, false, false, true]);
    expect(await durable.metric('tellwhen_known_ids')).toBe(3);
    expect(await durable.metric('tellwhen_known_ids_forgotten_total')).toBe(2);
  });

  it('is new when there is no window', async () => {
    const { publisher } = await broker({ dedupWindowMs: 0 });
    known(publisher, 'one');
    known(publisher, 'one');
    expect(each(publisher.take('receipt'), 'repeated')).toEqual([false, false]);
  });

  it('is new when the first was refused', async () => {
    const durable = await DurableBroker.start();
    const peer = durable.greeted();
    const mandatory = { topic: 'a', data: 1, id: 'i', source: 's', options: { mandatory: true } };
    peer.publish(mandatory);
    expect(peer.take('refused')).toMatchObject([{ code: 'no_match' }]);
    peer.subscribe({ mailbox: 'box', topic: 'a' });
    peer.publish(mandatory);
    expect(peer.take('receipt')).toMatchObject([{ seq: 1, repeated: false }]);
  });

  it('tells clients its window when they greet', async () => {
    const { greeted, connect } = await simulatedBroker({ dedupWindowMs: 5_000 });
    greeted();
    expect(connect().hello().limits.dedupMs).toBe(5_000);
    const none = await simulatedBroker({ dedupWindowMs: 0 });
    expect(none.connect().hello().limits).not.toHaveProperty('dedupMs');
  });
});

describe('a mandatory event', () => {
  it('is refused when nobody wants it, and nothing has happened', async () => {
    const { publisher, durable } = await broker();
    publisher.publish({ topic: 'b', data: 1, options: { mandatory: true, retain: true } });
    expect(publisher.take('refused')).toMatchObject([{ code: 'no_match' }]);
    publisher.publish({ topic: 'a', data: 2, options: { mandatory: true } });
    expect(publisher.take('receipt')).toMatchObject([{ seq: 1, matched: 1 }]);
    expect(await durable.metric('tellwhen_retained_topics')).toBe(0);
    expect(await durable.metric('tellwhen_events_refused_total{code="no_match"}')).toBe(1);
  });

  it('cannot be delayed', async () => {
    const { publisher } = await broker();
    publisher.publish({ topic: 'a', data: 1, options: { mandatory: true, delayMs: SECOND } });
    expect(publisher.take('refused')).toMatchObject([{ code: 'frame_malformed' }]);
  });
});

describe('events that nobody wants', () => {
  it('are published again below a topic of their own, where one is set', async () => {
    const { greeted } = await simulatedBroker({ unmatchedTopic: 'nobody' });
    const peer = greeted();
    peer.publish({ topic: 'a/b', data: 1 });
    peer.subscribe({ topic: 'nobody/#' });
    peer.publish({ topic: 'a/b', data: 2, id: 'i', source: 's', attributes: { x: 1 } });
    expect(each(peer.take('receipt'), 'matched')).toEqual([0, 0]);
    expect(peer.take('event')).toMatchObject([{ topic: 'nobody/a/b', data: 2 }]);
    peer.subscribe({ topic: 'a/#' });
    peer.publish({ topic: 'a/b', data: 3 });
    expect(peer.take('event')).toMatchObject([{ topic: 'a/b', data: 3 }]);
  });

  it('can be kept in a mailbox', async () => {
    const { greeted } = await simulatedBroker({ unmatchedTopic: 'nobody' });
    const peer = greeted();
    peer.subscribe({ mailbox: 'unwanted', topic: 'nobody/#', creditEvents: 0 });
    peer.publish({ topic: 'a', data: 1 }, { topic: 'b', data: 2 });
    expect(entriesOf(peer, 'unwanted').map(({ topic }) => topic)).toEqual(['nobody/a', 'nobody/b']);
  });

  it('are refused by a full mailbox, or a full disk, and that is counted', async () => {
    const durable = await DurableBroker.start({ unmatchedTopic: 'nobody' });
    const peer = durable.greeted();
    peer.subscribe({ mailbox: 'unwanted', topic: 'nobody/#', creditEvents: 0, queueEvents: 2 });
    peer.publish({ topic: 'a', data: 1 }, { topic: 'a', data: 2 }, { topic: 'a', data: 3 });
    expect(await durable.metric('tellwhen_events_refused_total{code="mailbox_full"}')).toBe(1);
    peer.request('purge', { mailbox: 'unwanted' });
    durable.store.diskFreeBytes = 700 * MIB;
    durable.time.advance(SECOND);
    peer.publish({ topic: 'a', data: 4 });
    expect(await durable.metric('tellwhen_events_refused_total{code="store_full"}')).toBe(1);
    expect(statusOf(peer, 'unwanted').entries).toBe(0);
    expect(peer.take('receipt')).toHaveLength(4);
    expect(peer.take('refused')).toEqual([]);
  });

  it('go nowhere where their topic would be too long', async () => {
    const { greeted, faults } = await simulatedBroker({ unmatchedTopic: 'nobody' });
    const peer = greeted();
    peer.subscribe({ topic: 'nobody/#' });
    peer.publish({ topic: 'x'.repeat(512), data: 1 }, { topic: Array(32).fill('x').join('/'), data: 2 });
    expect(peer.take('receipt')).toHaveLength(2);
    expect(faults).toEqual([]);
    expect(peer.take('event')).toEqual([]);
  });
});

describe('a disk that is almost full', () => {
  /** The mark is 10 % of the simulated disk's 8 GiB. */
  const LOW = 700 * MIB;
  const ENOUGH = 4_096 * MIB;

  it('refuses what would be stored, and goes on with everything else', async () => {
    const { durable, publisher, worker } = await broker();
    publisher.subscribe({ topic: 'b' });
    publisher.publish({ topic: 'a', data: 1 });
    durable.store.diskFreeBytes = LOW;
    durable.time.advance(SECOND);
    publisher.take('receipt');
    publisher.publish({ topic: 'a', data: 2 }, { topic: 'b', data: 3 });
    expect(publisher.take('refused')).toMatchObject([{ ref: 1001, code: 'store_full' }]);
    expect(publisher.take('receipt')).toMatchObject([{ ref: 1002 }]);
    expect(taken(publisher)).toEqual([3]);
    publisher.publish({ topic: 'b', data: 4, options: { retain: true } });
    publisher.publish({ topic: 'b', data: 4, options: { delayMs: SECOND } });
    expect(each(publisher.take('refused'), 'code')).toEqual(['store_full', 'store_full']);
    expect(await durable.metric('tellwhen_store_disk_state{state="low"}')).toBe(1);

    const [event] = worker.take('event');
    worker.ack(event?.['lease'] as { id: number; token: number });
    expect(worker.take('settled')).toHaveLength(1);
    expect(statusOf(publisher, 'box').entries).toBe(0);

    durable.store.diskFreeBytes = ENOUGH;
    durable.time.advance(SECOND);
    publisher.publish({ topic: 'a', data: 5 });
    expect(publisher.take('receipt')).toMatchObject([{ durable: true }]);
    expect(taken(worker)).toEqual([5]);
  });

  it('asks for the end of the process when next to nothing is left', async () => {
    const { durable } = await broker();
    durable.store.diskFreeBytes = 100 * MIB;
    durable.time.advance(SECOND);
    expect(durable.failures).toEqual([undefined]);
  });
});

describe('a disk that is slow', () => {
  it('refuses when as many bytes wait as may', async () => {
    const { durable, publisher } = await broker({ storeQueueBytesMax: 300_000, eventBytesMax: 100_000 });
    durable.store.hold();
    const data = 'x'.repeat(90_000);
    for (let i = 0; i < 6; i++) publisher.publish({ topic: 'a', data });
    expect(each(publisher.take('refused'), 'code')).toEqual(['store_busy', 'store_busy']);
    durable.store.letGo();
    durable.time.settle();
    expect(publisher.take('receipt')).toHaveLength(4);
    publisher.publish({ topic: 'a', data });
    expect(publisher.take('receipt')).toHaveLength(1);
  });

  it('holds up nobody who needs no disk', async () => {
    const { durable, publisher, worker } = await broker();
    durable.store.hold();
    publisher.subscribe({ topic: 'b' });
    publisher.publish({ topic: 'a', data: 1 }, { topic: 'b', data: 2 });
    expect(taken(publisher)).toEqual([2]);
    expect(worker.take('event')).toEqual([]);
  });

  it('does not say that a mailbox is made, paused or changed before that is so', async () => {
    const { durable, publisher, worker } = await broker();
    durable.store.hold();
    const made = publisher.ask('subscribe', { mailbox: 'new', topic: 'a' });
    const paused = publisher.ask('pause', { mailbox: 'box', paused: true });
    const removed = publisher.ask('remove', { mailbox: 'box' });
    expect([made, paused, removed].map((ref) => publisher.answerTo(ref))).toEqual([undefined, undefined, undefined]);
    durable.store.letGo();
    durable.time.settle();
    expect([made, paused, removed].map((ref) => publisher.answerTo(ref)?.kind)).toEqual([
      'subscribed',
      'paused',
      'removed',
    ]);
    expect(worker.controls.at(-1)).toMatchObject({ kind: 'ended' });
  });
});
