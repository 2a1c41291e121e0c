import { describe, expect, it } from 'vitest';
import { numberKey } from '../../broker/store/keys.ts';
import { DurableBroker } from '../support/durable-broker.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { acknowledged, each, entriesOf, leaseOf, retentionOf, statusOf, taken } from '../support/received.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

type Fields = Partial<Parameters<RawPeer['subscribe']>[0]>;

/** A consumer of the mailbox `box`, with leases short enough to be granted to the millisecond. */
function consume(peer: RawPeer, fields: Fields = {}): number {
  return peer.subscribe({ mailbox: 'box', topic: 'a', deliveryLeaseMs: 5 * SECOND, ...fields }).subscription;
}

async function broker(fields: Fields = {}, config: Parameters<typeof DurableBroker.start>[0] = {}) {
  const durable = await DurableBroker.start(config);
  const [publisher, worker] = [durable.greeted(), durable.greeted()];
  const subscription = consume(worker, fields);
  return { durable, publisher, worker, subscription };
}

const events = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ topic: 'a', data: from + i }));

describe('after a crash', () => {
  it('mailboxes are there, with their filters, terms and entries', async () => {
    const { durable, publisher } = await broker({
      when: 'x > 1',
      creditEvents: 0,
      queueEvents: 50,
      queueBytes: 300_000,
      ageMs: 60 * MINUTE,
      keepMs: MINUTE,
      overflow: 'drop-oldest',
      atEnd: 'dead-letter',
      attemptsMax: 7,
      leaseMs: 20 * MINUTE,
    });
    publisher.publish({ topic: 'a', data: { x: 2 } }, { topic: 'a', data: { x: 1 } });
    const { ref: _, ...before } = statusOf(publisher, 'box');
    await durable.restart();
    const peer = durable.greeted();
    const { ref: __, ...after } = statusOf(peer, 'box');
    // Its lease runs now, with its jitter.
    expect(after).toEqual({ ...before, consumers: 0, leaseMs: expect.any(Number) });
    expect(Math.abs(after.leaseMs - before.leaseMs)).toBeLessThanOrEqual(0.1 * before.leaseMs);
    expect(after).toMatchObject({ when: 'x > 1', entries: 1, attemptsMax: 7, overflow: 'drop-oldest' });
    peer.publish({ topic: 'a', data: { x: 3 } }, { topic: 'a', data: { x: 0 } });
    expect(entriesOf(peer, 'box').map(({ data }) => data)).toEqual(['{"x":2}', '{"x":3}']);
  });

  it('nothing that was flushed is lost, and nothing that was settled comes again', async () => {
    const { durable, publisher, worker } = await broker();
    for (let from = 1; from <= 901; from += 100) publisher.publish(...events(from, from + 99));
    expect(each(publisher.take('receipt'), 'durable')).toEqual(Array(1_000).fill(true));
    const handed = worker.take('event');
    const odd = handed.filter(({ data }) => (data as number) % 2 === 1);
    for (const event of odd) worker.ack(leaseOf(event));
    await durable.restart();
    const back = durable.greeted();
    const subscription = consume(back);
    durable.time.advance(6 * SECOND);
    const all: unknown[] = [];
    for (let some = acknowledged(back); some.length > 0; some = acknowledged(back)) {
      all.push(...some);
      back.credit(subscription, some.length, 10_000);
    }
    const settled = new Set(each(odd, 'data'));
    expect(settled.size).toBeGreaterThan(50);
    expect(all).toEqual(
      events(1, 1_000)
        .map(({ data }) => data)
        .filter((data) => !settled.has(data)),
    );
    expect(statusOf(back, 'box')).toMatchObject({ entries: 0, bytes: 0 });
  });

  it('what was not flushed is as if it had never been', async () => {
    const { durable, publisher } = await broker();
    durable.store.hold();
    publisher.publish(...events(1, 3));
    await durable.restart();
    expect(statusOf(durable.greeted(), 'box')).toMatchObject({ entries: 0, entered: 0 });
  });

  it('seqs and tokens go on above all that were used', async () => {
    const { durable, publisher, worker } = await broker();
    let [seq, token] = [0, 0];
    for (let run = 1; run <= 3; run++) {
      const peer = run === 1 ? publisher : durable.greeted();
      const taker = run === 1 ? worker : durable.greeted();
      if (run > 1) consume(taker);
      peer.publish({ topic: 'a', data: run }, { topic: 'b', data: run });
      durable.time.advance(6 * SECOND);
      const seqs = each(peer.take('receipt'), 'seq') as number[];
      const tokens = taker.take('event').map((event) => leaseOf(event).token);
      expect(Math.min(...seqs)).toBeGreaterThan(seq);
      expect(Math.min(...tokens)).toBeGreaterThan(token);
      [seq, token] = [Math.max(...seqs), Math.max(...tokens)];
      durable.crash();
      await durable.start();
    }
  });

  it('leases of deliveries are void: after 5 s their events come again, as another attempt', async () => {
    const { durable, publisher, worker } = await broker({ deliveryLeaseMs: 10 * MINUTE });
    publisher.publish(...events(1, 2));
    const [first] = worker.take('event');
    await durable.restart();
    const back = durable.greeted();
    consume(back);
    durable.time.advance(5 * SECOND - 1);
    expect(back.take('event')).toEqual([]);
    durable.time.advance(200);
    const again = back.take('event');
    expect(each(again, 'data')).toEqual([1, 2]);
    expect(each(again, 'attempt')).toEqual([2, 2]);
    back.ack(leaseOf(first));
    expect(back.take('refused')).toMatchObject([{ code: expect.stringMatching(/^lease_/) }]);
    expect(statusOf(back, 'box').entries).toBe(2);
  });

  it('what was kept for nobody who was there comes at once', async () => {
    const { durable, publisher, worker, subscription } = await broker();
    worker.request('unsubscribe', { subscription });
    publisher.publish(...events(1, 2));
    await durable.restart();
    const back = durable.greeted();
    consume(back);
    durable.time.settle();
    expect(each(back.take('event'), 'attempt')).toEqual([1, 1]);
  });

  it('attempts are counted on, over as many crashes as it takes to a dead letter', async () => {
    const { durable, publisher, worker } = await broker({ attemptsMax: 3 });
    publisher.publish(...events(1, 1));
    const attempts = [...each(worker.take('event'), 'attempt')];
    for (let crash = 0; crash < 4; crash++) {
      durable.time.advance(100);
      await durable.restart();
      const back = durable.greeted();
      consume(back);
      durable.time.advance(6 * SECOND);
      attempts.push(...each(back.take('event'), 'attempt'));
    }
    expect(attempts).toEqual([1, 2, 3]);
    const peer = durable.greeted();
    expect(statusOf(peer, 'box').entries).toBe(0);
    expect(entriesOf(peer, '$dead')).toMatchObject([{ data: '1', attributes: { 'dead.attempts': 3 } }]);
  });

  it('a retention goes on with what was left, the time in between not counted, and at least 30 s', async () => {
    const { durable, publisher, worker } = await broker({ mode: 'pull', retentionMs: 10 * MINUTE });
    publisher.publish(...events(1, 1));
    const grantedMs = retentionOf(worker.take('notice')[0]).remainingMs;
    durable.time.advance(4 * MINUTE);
    durable.crash();
    durable.time.advance(60 * MINUTE);
    await durable.start();
    const back = durable.greeted();
    consume(back, { mode: 'pull', retentionMs: 10 * MINUTE });
    durable.time.advance(5_200);
    const [notice] = back.take('notice');
    // Written down each minute; up to 10 % either way for its jitter.
    const expectedMs = grantedMs - 4 * MINUTE;
    expect(retentionOf(notice).remainingMs).toBeGreaterThan(0.89 * expectedMs);
    expect(retentionOf(notice).remainingMs).toBeLessThan(1.11 * (expectedMs + MINUTE));
    durable.time.advance(expectedMs - 5_000);
    durable.crash();
    await durable.start();
    const last = durable.greeted();
    consume(last, { mode: 'pull' });
    durable.time.advance(5_200);
    expect(retentionOf(last.take('notice')[0]).remainingMs).toBeGreaterThanOrEqual(30 * SECOND);
  });

  it('the lease of a mailbox goes on with what was left, and at least five minutes', async () => {
    const { durable, publisher, worker, subscription } = await broker({ leaseMs: 60 * MINUTE });
    publisher.publish(...events(1, 1));
    worker.request('unsubscribe', { subscription });
    durable.time.advance(20 * MINUTE + 10 * SECOND);
    durable.crash();
    durable.time.advance(600 * MINUTE);
    await durable.start();
    const left = statusOf(durable.greeted(), 'box').leaseMs;
    expect(left).toBeGreaterThan(0.89 * 39 * MINUTE);
    expect(left).toBeLessThan(1.11 * 41 * MINUTE);
    durable.time.advance(left - MINUTE);
    await durable.restart();
    const peer = durable.greeted();
    expect(statusOf(peer, 'box').leaseMs).toBeGreaterThanOrEqual(5 * MINUTE);
    durable.time.advance(7 * MINUTE);
    expect(peer.request('inspect', { mailbox: 'box' })).toMatchObject({ code: 'mailbox_unknown' });
    await durable.restart();
    expect(durable.greeted().request('inspect', { mailbox: 'box' })).toMatchObject({ code: 'mailbox_unknown' });
  });

  it('a mailbox whose consumer was there waits for it as long as its lease says', async () => {
    const { durable } = await broker({ leaseMs: 10 * MINUTE });
    durable.time.advance(60 * MINUTE);
    await durable.restart();
    const peer = durable.greeted();
    expect(statusOf(peer, 'box').leaseMs).toBeGreaterThan(8 * MINUTE);
    durable.time.advance(12 * MINUTE);
    expect(peer.request('inspect', { mailbox: 'box' })).toMatchObject({ code: 'mailbox_unknown' });
  });

  it('a pause, a new predicate and a new lease are as they were answered', async () => {
    const { durable, publisher, worker, subscription } = await broker({ when: 'x = 1', leaseMs: 10 * MINUTE });
    worker.request('replace', { subscription, when: 'x = 2' });
    worker.request('renew', { subscription, leaseMs: 20 * MINUTE });
    publisher.request('pause', { mailbox: 'box', paused: true });
    await durable.restart();
    const back = durable.greeted();
    consume(back, { when: 'x = 2', leaseMs: 20 * MINUTE });
    back.publish({ topic: 'a', data: { x: 1 } }, { topic: 'a', data: { x: 2 } });
    durable.time.advance(10 * SECOND);
    expect(taken(back)).toEqual([]);
    back.request('pause', { mailbox: 'box', paused: false });
    expect(taken(back)).toEqual([{ x: 2 }]);
    const { subscription: again } = back.subscribe({ mailbox: 'box' });
    back.request('replace', { subscription: again, when: null });
    await durable.restart();
    expect(statusOf(durable.greeted(), 'box')).not.toHaveProperty('when');
  });

  it('what is kept can be replayed, and what was kept long enough is gone', async () => {
    const { durable, publisher, worker } = await broker({ keepMs: 2 * MINUTE });
    publisher.publish(...events(1, 3));
    acknowledged(worker);
    durable.time.advance(MINUTE);
    publisher.publish(...events(4, 5));
    acknowledged(worker);
    await durable.restart();
    durable.time.advance(70 * SECOND);
    const back = durable.greeted();
    expect(back.request('replay', { mailbox: 'box', from: 'beginning' })).toMatchObject({ entries: 2 });
    consume(back);
    durable.time.advance(6 * SECOND);
    expect(acknowledged(back)).toEqual([4, 5]);
  });

  it('dead letters are there, and redriven once', async () => {
    const { durable, publisher, worker } = await broker({ attemptsMax: 1 });
    publisher.publish(...events(1, 2));
    for (const event of worker.take('event')) worker.release(leaseOf(event));
    await durable.restart();
    const back = durable.greeted();
    expect(entriesOf(back, '$dead').map(({ data }) => data)).toEqual(['1', '2']);
    expect(back.request('redrive', { limit: 1 })).toMatchObject({ entries: 1, left: 1 });
    durable.time.settle();
    await durable.restart();
    const last = durable.greeted();
    expect(entriesOf(last, '$dead').map(({ data }) => data)).toEqual(['2']);
    expect(entriesOf(last, 'box').map(({ data }) => data)).toEqual(['1']);
  });

  it('a dead letter is in one place, wherever the crash came', async () => {
    for (let steps = 0; steps < 6; steps++) {
      const { durable, publisher, worker } = await broker({ attemptsMax: 1 });
      publisher.publish(...events(1, 1));
      const [event] = worker.take('event');
      durable.disk.plan({ kind: 'fails', atCommit: 1 + steps });
      worker.release(leaseOf(event));
      durable.time.advance(SECOND);
      await durable.restart();
      const back = durable.greeted();
      durable.time.advance(6 * SECOND);
      const here = [statusOf(back, 'box').entries, statusOf(back, '$dead').entries];
      expect(here[0] === 1 || here[1] === 1, `after ${steps} commits: ${here}`).toBe(true);
      expect(here).not.toEqual([1, 1]);
    }
  });

  it('a mailbox that was being removed goes on going', async () => {
    const { durable, publisher } = await broker({ creditEvents: 0 });
    for (let from = 1; from <= 2_001; from += 500) publisher.publish(...events(from, from + 499));
    const removed = publisher.ask('remove', { mailbox: 'box' });
    expect(publisher.answerTo(removed)).toMatchObject({ kind: 'removed', entries: 2_500 });
    await durable.restart();
    const back = durable.greeted();
    expect(back.request('inspect', { mailbox: 'box' })).toMatchObject({ code: 'mailbox_unknown' });
    durable.time.advance(SECOND);
    expect(durable.store.range({ from: numberKey('b', 0), to: numberKey('c', 0), limit: 10 })).toEqual([]);
    expect(durable.store.range({ from: numberKey('m', 0), to: numberKey('n', 0), limit: 10 })).toEqual([]);
  });

  it('a mailbox that was being filled is filled', async () => {
    const durable = await DurableBroker.start();
    const peer = durable.greeted();
    peer.subscribe({ mailbox: 'other', topic: '#', creditEvents: 0 });
    for (let from = 1; from <= 2_001; from += 100) peer.publish(...events(from, from + 99));
    durable.store.hold();
    peer.ask('subscribe', { mailbox: 'box', topic: 'a', from: 'beginning' });
    durable.store.letGo();
    // One commit: the mailbox is made, and not yet filled.
    durable.time.settle();
    await durable.restart();
    const back = durable.greeted();
    durable.time.advance(10 * SECOND);
    expect(statusOf(back, 'box').entries).toBe(2_100);
    expect(entriesOf(back, 'box').map(({ data }) => Number(data))).toEqual(events(1, 2_100).map(({ data }) => data));
  });

  it('an empty store is left by what has come and gone', async () => {
    const { durable, publisher, worker, subscription } = await broker();
    publisher.subscribe({ mailbox: 'other', topic: 'a' });
    for (let from = 1; from <= 401; from += 100) {
      publisher.publish(...events(from, from + 99));
      worker.credit(subscription, acknowledged(worker).length, 1_000);
      acknowledged(publisher);
      durable.time.settle();
    }
    await durable.restart();
    const back = durable.greeted();
    for (const mailbox of ['box', 'other']) {
      expect(statusOf(back, mailbox)).toMatchObject({ entries: mailbox === 'box' ? 0 : expect.any(Number) });
      back.request('purge', { mailbox });
    }
    durable.time.advance(10 * SECOND);
    for (const kind of ['b', 'r', 'p', 's'] as const) {
      const records = durable.store.range({ from: numberKey(kind, 0), to: numberKey(kind, 2 ** 50), limit: 10 });
      expect(records, kind).toEqual([]);
    }
  });
});

describe('a mailbox whose lease ends while something long is done for it', () => {
  const leased = { leaseMs: 10 * SECOND, creditEvents: 0 } as const;

  /** Left alone with its events, and its lease about to end. */
  async function ending() {
    const { durable, publisher, worker, subscription } = await broker(leased);
    publisher.subscribe({ mailbox: 'other', topic: 'a', creditEvents: 0 });
    for (let from = 1; from <= 2_001; from += 500) publisher.publish(...events(from, from + 499));
    worker.request('unsubscribe', { subscription });
    durable.time.advance(9 * SECOND);
    // From here on no step of what is long comes to its end.
    durable.store.hold();
    publisher.publish(...events(2_501, 2_501));
    return { durable, publisher };
  }

  it('lives until that is done, and leaves nothing behind', async () => {
    const { durable, publisher } = await ending();
    const purged = publisher.ask('purge', { mailbox: 'box' });
    durable.time.advance(5 * SECOND);
    durable.store.letGo();
    durable.time.advance(SECOND);
    expect(publisher.answerTo(purged)).toMatchObject({ kind: 'purged' });
    durable.time.advance(20 * SECOND);
    expect(publisher.request('inspect', { mailbox: 'box' })).toMatchObject({ code: 'mailbox_unknown' });
    expect(entriesOf(publisher, 'other')).toHaveLength(2_501);
    publisher.request('purge', { mailbox: 'other' });
    durable.time.advance(SECOND);
    for (const kind of ['b', 'r', 'p', 's'] as const) {
      const records = durable.store.range({ from: numberKey(kind, 0), to: numberKey(kind, 2 ** 50), limit: 10 });
      expect(records, kind).toEqual([]);
    }
    expect(durable.faults).toEqual([]);
  });

  it('lives on with a consumer who comes meanwhile', async () => {
    const { durable, publisher } = await ending();
    publisher.ask('purge', { mailbox: 'box' });
    durable.time.advance(5 * SECOND);
    const back = durable.greeted();
    back.ask('subscribe', { mailbox: 'box' });
    durable.store.letGo();
    durable.time.advance(60 * SECOND);
    expect(statusOf(publisher, 'box')).toMatchObject({ consumers: 1 });
  });
});

describe('after a stop in order', () => {
  it('leases have what they had, and nothing waits', async () => {
    const { durable, publisher, worker, subscription } = await broker({ leaseMs: 60 * MINUTE });
    publisher.publish(...events(1, 2));
    acknowledged(worker);
    worker.request('unsubscribe', { subscription });
    durable.time.advance(10 * MINUTE + 30 * SECOND);
    const before = statusOf(publisher, 'box').leaseMs;
    worker.peer.vanish();
    publisher.peer.vanish();
    await durable.stop();
    await durable.start();
    const after = statusOf(durable.greeted(), 'box').leaseMs;
    expect(after).toBeGreaterThan(0.89 * before);
    expect(after).toBeLessThan(1.11 * before);
    expect(durable.failures).toEqual([]);
    expect(durable.disk.offences).toEqual([]);
  });
});

describe('with other bounds than before', () => {
  it('a broker does not start that cannot have one of its mailboxes, and says which', async () => {
    const { durable } = await broker({ when: 'x > 1000' });
    durable.crash();
    await expect(durable.start({ predicateCharactersMax: 3 })).rejects.toThrow(/^mailbox box does not fit/);
  });

  it('a broker starts, and leases are as long as they may be now', async () => {
    const { durable, publisher, worker } = await broker({ mode: 'pull', retentionMs: 60 * MINUTE });
    publisher.publish(...events(1, 1));
    expect(worker.take('notice')).toHaveLength(1);
    await durable.restart({
      subscriptionLeaseMsMax: 20 * SECOND,
      subscriptionLeaseMsDefault: 20 * SECOND,
      retentionMsMax: 5 * SECOND,
      retentionMsDefault: 5 * SECOND,
      mailboxEventsMax: 10,
      mailboxEventsDefault: 10,
      mailboxesMax: 1,
    });
    const back = durable.greeted();
    expect(statusOf(back, 'box').leaseMs).toBeLessThanOrEqual(20 * SECOND);
    back.subscribe({ mailbox: 'box', mode: 'pull' });
    durable.time.advance(5_200);
    const [notice] = back.take('notice');
    expect(retentionOf(notice).remainingMs).toBeLessThanOrEqual(5 * SECOND);
    expect(statusOf(back, 'box').leaseMs).toBeLessThanOrEqual(20 * SECOND);
    expect(durable.faults).toEqual([]);
  });
});

describe('a record that is damaged', () => {
  /** Turns a bit of every record of a kind. */
  const damage = (durable: DurableBroker, kind: 'b' | 'c' | 'p' | 's' | 'm' | 'r'): number => {
    const store = durable.disk.open(durable.time);
    const records = store.range({ from: numberKey(kind, 0), to: numberKey(kind, 2 ** 50), limit: 1_000 });
    for (const { key, value } of records) {
      value[value.length >> 1] = (value[value.length >> 1] as number) ^ 1;
      store.commit([{ key, value }], () => {});
    }
    durable.time.settle();
    void store.close();
    durable.time.settle();
    return records.length;
  };

  it.each(['b', 'c', 'p', 's', 'm', 'r'] as const)('of kind %s is counted and ends nothing', async (kind) => {
    const { durable, publisher, worker } = await broker();
    publisher.subscribe({ mailbox: 'other', topic: 'a', creditEvents: 0 });
    for (let n = 1; n <= 9; n++) publisher.publish(...events(n, n));
    for (const event of worker.take('event').slice(0, 4)) worker.ack(leaseOf(event));
    // Half of a page that is longer.
    publisher.publish(...events(10, 15));
    for (const event of worker.take('event').slice(-3)) worker.ack(leaseOf(event));
    durable.crash();
    expect(damage(durable, kind)).toBeGreaterThan(0);
    await durable.start();
    const back = durable.greeted();
    consume(back);
    durable.time.advance(10 * SECOND);
    const seen = acknowledged(back);
    durable.time.advance(10 * SECOND);
    back.publish({ topic: 'a', data: 'new' });
    durable.time.settle();
    expect(seen.concat(acknowledged(back)).at(-1)).toBe('new');
    expect(statusOf(back, 'box')).toMatchObject({ entries: 0, leased: 0 });
    expect(await durable.metric('tellwhen_store_corrupt_records_total')).toBeGreaterThan(0);
    expect([durable.faults, durable.failures]).toEqual([[], []]);
  });
});
