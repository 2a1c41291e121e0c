import { describe, expect, it } from 'vitest';
import type { RawPeer } from '../support/raw-peer.ts';
import { acknowledged, each, entriesOf, leaseOf, retentionOf, statusOf, taken } from '../support/received.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

const SECOND = 1_000;

/** A publisher, and two workers at one mailbox. */
async function broker(fields: Fields = {}) {
  const simulated = await simulatedBroker();
  const [publisher, one, two] = [simulated.greeted(), simulated.greeted(), simulated.greeted()];
  return { ...simulated, publisher, one, two, first: consume(one, fields), second: () => consume(two, {}) };
}

type Fields = Partial<Parameters<RawPeer['subscribe']>[0]>;

/** A consumer of the mailbox `box`, with leases short enough to be granted to the millisecond. */
function consume(peer: RawPeer, fields: Fields): number {
  return peer.subscribe({ mailbox: 'box', topic: 'a', deliveryLeaseMs: 5 * SECOND, ...fields }).subscription;
}

const events = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ topic: 'a', data: from + i }));

describe('consumers of one mailbox', () => {
  it('compete fairly: each has its turn', async () => {
    const { publisher, one, two, second } = await broker();
    second();
    publisher.publish(...events(1, 6));
    expect([taken(one), taken(two)]).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ]);
  });

  it('have their turns also when events come one by one', async () => {
    const { publisher, one, two, second } = await broker();
    second();
    const turns: number[] = [];
    for (let n = 1; n <= 10; n++) {
      publisher.publish(...events(n, n));
      turns.push(acknowledged(one).length - acknowledged(two).length);
    }
    expect(turns.map(Math.abs)).toEqual(Array.from({ length: 10 }, () => 1));
    expect(turns.reduce((sum, turn) => sum + turn)).toBe(0);
  });

  it('without credit hold up nobody', async () => {
    const { publisher, one, two, second, first } = await broker({ creditEvents: 1 });
    second();
    publisher.publish(...events(1, 6));
    expect([taken(one), taken(two)]).toEqual([[1], [2, 3, 4, 5, 6]]);
    one.credit(first, 5);
    publisher.publish(...events(7, 8));
    expect([...taken(one), ...taken(two)].sort()).toEqual([7, 8]);
  });

  it('who do not read hold up nobody', async () => {
    const credit = { creditEvents: 300, creditBytes: 2 ** 24 };
    const { publisher, one, two } = await broker(credit);
    consume(two, credit);
    one.peer.pause();
    for (let n = 1; n <= 300; n++) publisher.publish({ topic: 'a', data: 'x'.repeat(10_000) });
    const quick = acknowledged(two).length;
    const { entries } = statusOf(publisher, 'box');
    // What the slow one has not acknowledged is what fits on the way to it.
    expect(quick + entries).toBe(300);
    expect(entries).toBeLessThan(100);
  });

  it('may be one who pushes and one who pulls', async () => {
    const { publisher, one, two } = await broker();
    const reader = consume(two, { mode: 'pull', retentionMs: 10 * SECOND });
    publisher.publish(...events(1, 2));
    expect(taken(one)).toEqual([1]);
    expect(each(two.take('notice'), 'seq')).toEqual([2]);
    two.fetch(reader, 2);
    const [fetched] = two.take('fetched');
    expect(fetched).toMatchObject({ data: 2, attempt: 1 });
    two.ack(leaseOf(fetched));
    expect(statusOf(publisher, 'box').entries).toBe(1);
  });

  it('of one session are two all the same', async () => {
    const { publisher, one } = await broker();
    const other = consume(one, {});
    publisher.publish(...events(1, 4));
    const handed = one.take('event');
    expect(handed.filter(({ subscription }) => subscription === other)).toHaveLength(2);
    one.request('unsubscribe', { subscription: other });
    expect(taken(one)).toEqual([2, 4]);
    expect(statusOf(publisher, 'box').consumers).toBe(1);
  });

  it('leave what they have to the others, at once and counted as an attempt', async () => {
    const { publisher, one, two, second } = await broker();
    publisher.publish(...events(1, 3));
    expect(taken(one)).toEqual([1, 2, 3]);
    second();
    one.peer.vanish();
    publisher.publish();
    const again = two.take('event');
    expect(each(again, 'data')).toEqual([1, 2, 3]);
    expect(each(again, 'attempt')).toEqual([2, 2, 2]);
  });

  it('end with their connection, also where the session is resumed', async () => {
    const { publisher, connect } = await broker();
    const lasting = connect();
    const { session } = lasting.hello();
    const { subscription } = lasting.subscribe({ topic: 'b', leaseMs: 60 * SECOND });
    consume(lasting, {});
    expect(statusOf(publisher, 'box').consumers).toBe(2);
    lasting.peer.vanish();
    const resumed = connect();
    expect(resumed.hello(session)).toMatchObject({ session: { resumed: true }, subscriptions: [subscription] });
    expect(statusOf(publisher, 'box').consumers).toBe(1);
    consume(resumed, {});
    resumed.request('goodbye', {});
    expect(statusOf(publisher, 'box').consumers).toBe(1);
  });

  it('who leave on their own account do the same', async () => {
    const { publisher, one, two, second, first } = await broker();
    publisher.publish(...events(1, 2));
    const [had] = one.take('event');
    second();
    one.request('unsubscribe', { subscription: first });
    expect(taken(two)).toEqual([1, 2]);
    one.ack(leaseOf(had));
    expect(one.take('refused')).toMatchObject([{ code: expect.stringMatching(/^lease_/) }]);
    expect(statusOf(publisher, 'box').entries).toBe(2);
  });

  it('cannot settle what another has', async () => {
    const { publisher, one, two, second } = await broker();
    publisher.publish(...events(1, 1));
    const [had] = one.take('event');
    second();
    two.ack(leaseOf(had));
    expect(two.take('refused')).toMatchObject([{ code: 'lease_not_owner' }]);
    one.ack(leaseOf(had));
    expect(one.take('settled')).toHaveLength(1);
  });
});

describe('leases that are not to be had', () => {
  it('hold a mailbox up until there are some', async () => {
    const { greeted, time } = await simulatedBroker({ leasesPerSessionMax: 2 });
    const [publisher, worker] = [greeted(), greeted()];
    consume(worker, {});
    publisher.publish(...events(1, 4));
    const [first, second] = worker.take('event');
    expect([first?.['data'], second?.['data']]).toEqual([1, 2]);
    expect(statusOf(publisher, 'box')).toMatchObject({ leased: 2, entries: 4 });
    worker.ack(leaseOf(first));
    time.advance(200);
    expect(taken(worker)).toEqual([3]);
  });

  it('do not hold up those who have others', async () => {
    const { greeted, time } = await simulatedBroker({ leasesPerSessionMax: 3 });
    const [publisher, one, two] = [greeted(), greeted(), greeted()];
    consume(one, {});
    publisher.publish(...events(1, 3));
    expect(one.take('event')).toHaveLength(3);
    consume(two, {});
    publisher.publish(...events(4, 6));
    time.advance(SECOND);
    expect(taken(two)).toEqual([4, 5, 6]);
  });

  it('refuse a new mailbox, and leave nothing of it', async () => {
    const { greeted, metric } = await simulatedBroker({ leasesMax: 1 });
    const peer = greeted();
    peer.subscribe({ mailbox: 'first', topic: 'a' });
    expect(peer.request('subscribe', { mailbox: 'second', topic: 'a' })).toMatchObject({ code: 'lease_limit' });
    expect(await metric('tellwhen_mailboxes')).toBe(1);
    expect(await metric('tellwhen_subscriptions{mode="push"}')).toBe(1);
    peer.publish(...events(1, 1));
    expect(each(peer.take('receipt'), 'matched')).toEqual([1]);
  });
});

describe('an event of a mailbox', () => {
  it('comes again when its lease ends, after a rest that grows', async () => {
    const { publisher, one, time } = await broker();
    publisher.publish(...events(1, 1));
    const attempts: unknown[] = [];
    const restsMs = [1, 5, 30, 120].map((seconds) => seconds * SECOND);
    for (const restMs of restsMs) {
      attempts.push(...each(one.take('event'), 'attempt'));
      const sinceMs = time.monotonicMs();
      while (!one.records.some(({ record }) => record === 'event')) time.advance(100);
      const lateMs = time.monotonicMs() - sinceMs - 5 * SECOND - restMs;
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThanOrEqual(300);
    }
    attempts.push(...each(one.take('event'), 'attempt'));
    expect(attempts).toEqual([1, 2, 3, 4, 5]);
    expect(statusOf(publisher, 'box').redelivered).toBe(4);
  });

  it('is given back at once, or after a rest of its consumer’s choice', async () => {
    const { publisher, one, time } = await broker();
    publisher.publish(...events(1, 1));
    one.release(leaseOf(one.take('event')[0]));
    const [second] = one.take('event');
    expect(second).toMatchObject({ attempt: 2 });
    one.release(leaseOf(second), 20 * SECOND);
    time.advance(20 * SECOND - 1);
    expect(one.take('event')).toEqual([]);
    time.advance(200);
    expect(one.take('event')).toMatchObject([{ attempt: 3 }]);
  });

  it('stays as long as its lease is extended', async () => {
    const { publisher, one, time } = await broker();
    publisher.publish(...events(1, 1));
    const lease = leaseOf(one.take('event')[0]);
    for (let i = 0; i < 10; i++) {
      time.advance(4 * SECOND);
      one.extend(lease, 5 * SECOND);
    }
    expect(one.take('settled')).toHaveLength(10);
    expect(one.take('event')).toEqual([]);
    one.ack(lease);
    expect(statusOf(publisher, 'box').entries).toBe(0);
  });

  it('may be acknowledged a little late, while nobody else has it', async () => {
    const { publisher, one, time } = await broker();
    publisher.publish(...events(1, 1));
    const lease = leaseOf(one.take('event')[0]);
    time.advance(5 * SECOND + 300);
    one.ack(lease);
    expect(one.take('settled')).toHaveLength(1);
    time.advance(10 * SECOND);
    expect(one.take('event')).toEqual([]);
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 0, resting: 0 });
  });

  it('may be extended a little late, and is then still its consumer’s', async () => {
    const { publisher, one, time } = await broker();
    publisher.publish(...events(1, 1));
    const lease = leaseOf(one.take('event')[0]);
    time.advance(5 * SECOND + 300);
    one.extend(lease, 9 * SECOND);
    expect(one.take('settled')).toMatchObject([{ remainingMs: 9 * SECOND }]);
    expect(statusOf(publisher, 'box')).toMatchObject({ leased: 1, resting: 0 });
    time.advance(8 * SECOND);
    expect(one.take('event')).toEqual([]);
    one.peer.vanish();
    publisher.publish();
    expect(statusOf(publisher, 'box')).toMatchObject({ leased: 0, entries: 1 });
  });

  it('is refused to who is late when another has it', async () => {
    const { publisher, one, two, second, time } = await broker();
    publisher.publish(...events(1, 1));
    const lease = leaseOf(one.take('event')[0]);
    second();
    time.advance(7 * SECOND);
    const later = [...one.take('event'), ...two.take('event')];
    expect(each(later, 'attempt')).toEqual([2]);
    one.ack(lease);
    expect(one.take('refused')).toMatchObject([{ code: 'lease_superseded' }]);
    expect(leaseOf(later[0]).token).toBeGreaterThan(lease.token);
  });

  it('keeps its place before those that were never handed over', async () => {
    const { publisher, one, first } = await broker({ creditEvents: 2 });
    publisher.publish(...events(1, 4));
    const [event] = one.take('event');
    one.release(leaseOf(event));
    one.credit(first, 10);
    expect(taken(one)).toEqual([1, 3, 4]);
  });

  it('that came again with others comes in order', async () => {
    const { publisher, one, first, time } = await broker();
    publisher.publish(...events(1, 50));
    one.take('event');
    time.advance(7 * SECOND);
    one.credit(first, 0);
    expect(taken(one)).toEqual(events(1, 50).map(({ data }) => data));
  });
});

describe('a consumer that pulls', () => {
  const pulling = { mode: 'pull', retentionMs: 10 * SECOND } as const;

  it('is notified, fetches under a lease, and acknowledges', async () => {
    const { publisher, one, first } = await broker(pulling);
    publisher.publish(...events(1, 1));
    const [notice] = one.take('notice');
    expect(notice).toMatchObject({ subscription: first, seq: 1, topic: 'a', size: 1, attempt: 0 });
    expect(retentionOf(notice).remainingMs).toBe(10 * SECOND);
    one.fetch(first, 1, 7);
    const [fetched] = one.take('fetched');
    expect(fetched).toMatchObject({ ref: 7, seq: 1, data: 1, attempt: 1 });
    expect(leaseOf(fetched).remainingMs).toBe(5 * SECOND);
    one.fetch(first, 1, 8);
    expect(one.take('refused')).toMatchObject([{ ref: 8, code: 'event_leased' }]);
    one.ack(leaseOf(fetched));
    one.fetch(first, 1, 9);
    expect(one.take('refused')).toMatchObject([{ ref: 9, code: 'event_gone' }]);
    one.fetch(first, 2, 10);
    expect(one.take('refused')).toMatchObject([{ ref: 10, code: 'event_unknown' }]);
    expect(statusOf(publisher, 'box').entries).toBe(0);
  });

  it('may acknowledge what it never fetched', async () => {
    const { publisher, one } = await broker(pulling);
    publisher.publish(...events(1, 1));
    one.ack(retentionOf(one.take('notice')[0]));
    expect(one.take('settled')).toHaveLength(1);
    expect(statusOf(publisher, 'box').entries).toBe(0);
  });

  it('who does not fetch in time is notified again, and that counts', async () => {
    const { publisher, one, time } = await broker({ ...pulling, attemptsMax: 2 });
    publisher.publish(...events(1, 1));
    expect(one.take('notice')).toHaveLength(1);
    time.advance(10 * SECOND + 200);
    expect(statusOf(publisher, 'box')).toMatchObject({ resting: 1, leased: 0 });
    time.advance(1_200);
    expect(one.take('notice')).toMatchObject([{ seq: 1, attempt: 1 }]);
    time.advance(20 * SECOND);
    expect(one.take('notice')).toEqual([]);
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 0, deadLettered: 1 });
  });

  it('may give back what it was notified of, to another', async () => {
    const { publisher, one, two, first, second } = await broker(pulling);
    publisher.publish(...events(1, 1));
    const [notice] = one.take('notice');
    second();
    one.release(retentionOf(notice));
    expect(one.take('settled')).toHaveLength(1);
    const turns = [...one.take('notice'), ...two.take('event')];
    expect(each(turns, 'seq')).toEqual([1]);
    if (turns[0]?.record === 'event') {
      one.fetch(first, 1);
      expect(one.take('refused')).toMatchObject([{ code: 'event_gone' }]);
    }
  });

  it('who has fetched is left alone when the retention ends, and leaves no lease behind', async () => {
    const { publisher, one, first, time, metric } = await broker({ ...pulling, retentionMs: 2 * SECOND });
    publisher.publish(...events(1, 1));
    one.fetch(first, 1);
    const [fetched] = one.take('fetched');
    time.advance(4 * SECOND);
    expect(entriesOf(publisher, 'box')).toMatchObject([{ state: 'leased', attempt: 1 }]);
    one.ack(leaseOf(fetched));
    expect(one.take('settled')).toHaveLength(1);
    expect(await metric('tellwhen_leases{kind="retention"}')).toBe(0);
    expect(await metric('tellwhen_leases{kind="delivery"}')).toBe(0);
  });

  it('that loses its connection is notified anew when it is back', async () => {
    const { publisher, one, time, greeted } = await broker(pulling);
    publisher.publish(...events(1, 2));
    expect(one.take('notice')).toHaveLength(2);
    one.peer.vanish();
    time.settle();
    expect(statusOf(publisher, 'box')).toMatchObject({ leased: 0, entries: 2, consumers: 0 });
    const back = greeted();
    consume(back, pulling);
    expect(each(back.take('notice'), 'seq')).toEqual([1, 2]);
  });

  it('cannot fetch what was pushed', async () => {
    const { publisher, one, two, first } = await broker();
    const reader = consume(two, pulling);
    publisher.publish(...events(1, 2));
    one.fetch(first, 1, 1);
    expect(one.take('refused')).toMatchObject([{ code: expect.stringMatching(/event_unknown|subscription_mode/) }]);
    two.fetch(reader, 1, 2);
    expect(two.take('refused')).toMatchObject([{ code: expect.stringMatching(/event_unknown|event_gone/) }]);
  });
});

describe('replaying a mailbox', () => {
  const keeping = { keepMs: 60 * SECOND } as const;

  /** Ten events, one each 100 ms, all of them settled. */
  async function settled(fields: Fields = keeping) {
    const all = await broker(fields);
    for (let n = 1; n <= 10; n++) {
      all.publisher.publish(...events(n, n));
      acknowledged(all.one);
      all.time.advance(100);
    }
    return all;
  }

  it('hands over again what was settled, from the beginning, a seq or a time', async () => {
    const { publisher, one, time } = await settled();
    expect(statusOf(publisher, 'box').entries).toBe(0);
    expect(publisher.request('replay', { mailbox: 'box', from: 'beginning' })).toMatchObject({ entries: 10 });
    expect(acknowledged(one)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(publisher.request('replay', { mailbox: 'box', from: { seq: 8 } })).toMatchObject({ entries: 3 });
    expect(acknowledged(one)).toEqual([8, 9, 10]);
    const from = { time: time.wallMs() - 500 };
    expect(publisher.request('replay', { mailbox: 'box', from })).toMatchObject({ kind: 'replayed', entries: 5 });
    expect(acknowledged(one)).toEqual([6, 7, 8, 9, 10]);
    expect(publisher.request('replay', { mailbox: 'box', from: 'now' })).toMatchObject({ entries: 0 });
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 0, bytes: 0 });
  });

  it('leaves what is waiting, or with a consumer, as it is', async () => {
    const { publisher, one } = await settled();
    publisher.publish(...events(11, 12));
    const [eleven, twelve] = one.take('event');
    one.release(leaseOf(twelve), 10 * SECOND);
    expect(publisher.request('replay', { mailbox: 'box', from: { seq: 10 } })).toMatchObject({ entries: 1 });
    expect(taken(one)).toEqual([10]);
    one.ack(leaseOf(eleven));
    expect(statusOf(publisher, 'box').entries).toBe(2);
  });

  it('that keeps nothing finds nothing', async () => {
    const { publisher } = await settled({});
    expect(publisher.request('replay', { mailbox: 'box', from: 'beginning' })).toMatchObject({ entries: 0 });
  });

  it('finds nothing that was kept long enough', async () => {
    const { publisher, time } = await settled();
    time.advance(59 * SECOND + 450);
    // The first five were settled over a minute ago.
    const answer = publisher.request('replay', { mailbox: 'box', from: 'beginning' });
    expect(answer).toMatchObject({ kind: 'replayed' });
    time.advance(70 * SECOND);
    acknowledged(publisher);
    expect(statusOf(publisher, 'box').entries).toBe(answer.kind === 'replayed' ? answer.entries : -1);
  });

  it('goes through more pages than are in memory, in order, and looking into it goes past them', async () => {
    const { publisher, one, first } = await broker(keeping);
    const all: unknown[] = [];
    for (let n = 1; n <= 700; n++) {
      publisher.publish(...events(n, n));
      all.push(...acknowledged(one));
      one.credit(first, 1, 100);
    }
    expect(all).toHaveLength(700);
    expect(entriesOf(publisher, 'box')).toEqual([]);
    expect(publisher.request('replay', { mailbox: 'box', from: 'beginning' })).toMatchObject({ entries: 700 });
    expect(entriesOf(publisher, 'box')).toHaveLength(700);
    const again: unknown[] = [];
    for (let some = acknowledged(one); some.length > 0; some = acknowledged(one)) {
      again.push(...some);
      one.credit(first, some.length, 10_000);
    }
    expect(again).toEqual(all);
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 0, bytes: 0, leased: 0 });
  });

  it('is told to wait while another long thing is done for the mailbox', async () => {
    const { publisher } = await settled();
    const first = publisher.peer;
    first.sendText(JSON.stringify({ kind: 'purge', ref: 901, mailbox: 'box' }));
    first.sendText(JSON.stringify({ kind: 'replay', ref: 902, mailbox: 'box', from: 'beginning' }));
    first.sendText(JSON.stringify({ kind: 'remove', ref: 903, mailbox: 'box' }));
    publisher.publish();
    expect(publisher.answerTo(901)).toMatchObject({ kind: 'purged' });
    expect(publisher.answerTo(902)).toMatchObject({ kind: 'refused', code: 'mailbox_busy' });
    expect(publisher.answerTo(903)).toMatchObject({ kind: 'refused', code: 'mailbox_busy' });
    expect(publisher.request('remove', { mailbox: 'box' })).toMatchObject({ kind: 'removed' });
  });

  it('may be done again and again, and in the midst of it', async () => {
    const { publisher, one, first } = await settled();
    for (let i = 0; i < 3; i++) {
      publisher.request('replay', { mailbox: 'box', from: 'beginning' });
      acknowledged(one);
    }
    publisher.request('replay', { mailbox: 'box', from: 'beginning' });
    const some = one.take('event');
    for (const event of some.slice(0, 4)) one.ack(leaseOf(event));
    expect(publisher.request('replay', { mailbox: 'box', from: 'beginning' })).toMatchObject({ entries: 4 });
    one.credit(first, 100);
    expect(taken(one)).toEqual([1, 2, 3, 4]);
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 10, leased: 10 });
  });
});

describe('a mailbox that is made late', () => {
  /** Another mailbox has kept five events so far, one each second. */
  async function late() {
    const all = await simulatedBroker();
    const [publisher, one] = [all.greeted(), all.greeted()];
    publisher.subscribe({ mailbox: 'other', topic: '#', creditEvents: 0 });
    for (let n = 1; n <= 5; n++) {
      publisher.publish({ topic: n % 2 === 0 ? 'b' : 'a', data: { n } });
      all.time.advance(SECOND);
    }
    return { ...all, publisher, one };
  }

  it('begins with what is stored, where it says so', async () => {
    const { one, publisher, time } = await late();
    const began = (mailbox: string, from: Fields['from'], when?: string) => {
      consume(one, { mailbox, topic: 'a', from, ...(when !== undefined && { when }) });
      return each(one.take('event'), 'seq');
    };
    expect(began('all', 'beginning')).toEqual([1, 3, 5]);
    expect(began('seq', { seq: 3 })).toEqual([3, 5]);
    expect(began('time', { time: time.wallMs() - 2_500 })).toEqual([5]);
    expect(began('some', 'beginning', 'n < 4')).toEqual([1, 3]);
    expect(began('none', 'now')).toEqual([]);
    publisher.publish({ topic: 'a', data: { n: 6 } });
    expect(new Set(each(one.take('event'), 'seq'))).toEqual(new Set([6]));
    expect(statusOf(one, 'all')).toMatchObject({ entries: 4, entered: 4 });
  });

  it('takes what comes meanwhile after what was stored', async () => {
    const { one, publisher } = await late();
    one.peer.sendText(
      JSON.stringify({ kind: 'subscribe', ref: 99, mailbox: 'box', topic: '#', from: 'beginning', creditEvents: 100 }),
    );
    publisher.publish({ topic: 'a', data: { n: 6 } }, { topic: 'b', data: { n: 7 } });
    expect(each(one.take('event'), 'seq')).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('finds nothing where no mailbox kept it', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    peer.publish({ topic: 'a', data: 1 });
    consume(peer, { from: 'beginning' });
    expect(taken(peer)).toEqual([]);
    peer.publish({ topic: 'a', data: 2 });
    expect(taken(peer)).toEqual([2]);
  });
});
