import { describe, expect, it } from 'vitest';
import type { BrokerControl } from '../../broker/protocol/index.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { acknowledged, each, entriesOf, leaseOf, statusOf, taken } from '../support/received.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

const SECOND = 1_000;

/** A publisher and a worker who have not said what they want yet. */
async function broker(config: Parameters<typeof simulatedBroker>[0] = {}) {
  const simulated = await simulatedBroker(config);
  return { ...simulated, publisher: simulated.greeted(), worker: simulated.greeted() };
}

/** A consumer of the mailbox `box`, with leases short enough to be granted to the millisecond. */
function consume(peer: RawPeer, fields: Partial<Parameters<RawPeer['subscribe']>[0]> = {}) {
  return peer.subscribe({ mailbox: 'box', topic: 'a', deliveryLeaseMs: 5 * SECOND, ...fields });
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const events = (from: number, to: number, topic = 'a') => numbers(from, to).map((data) => ({ topic, data }));

describe('a mailbox', () => {
  it('is made by the first who names it, and joined by the next', async () => {
    const { publisher, worker } = await broker();
    expect(consume(worker, { when: 'x > 1' }).mailbox).toEqual({
      name: 'box',
      created: true,
      entries: 0,
      topic: 'a',
      when: 'x > 1',
    });
    expect(publisher.subscribe({ mailbox: 'box' }).mailbox).toMatchObject({
      created: false,
      topic: 'a',
      when: 'x > 1',
    });
  });

  it('keeps events for who is not there', async () => {
    const { publisher, worker } = await broker();
    const { subscription } = consume(worker);
    worker.request('unsubscribe', { subscription });
    publisher.publish(...events(1, 3));
    expect(each(publisher.take('receipt'), 'matched')).toEqual([1, 1, 1]);
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 3, consumers: 0, entered: 3, settled: 0 });
    expect(consume(worker).mailbox).toMatchObject({ created: false, entries: 3 });
    expect(acknowledged(worker)).toEqual([1, 2, 3]);
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 0, bytes: 0, entered: 3, settled: 3 });
  });

  it('gives nothing that does not match, and nothing from before it was made', async () => {
    const { publisher, worker } = await broker();
    publisher.publish({ topic: 'a', data: { x: 9 } });
    consume(worker, { when: 'x > 1' });
    publisher.publish({ topic: 'a', data: { x: 1 } }, { topic: 'b', data: { x: 2 } }, { topic: 'a', data: { x: 2 } });
    expect(taken(worker)).toEqual([{ x: 2 }]);
  });

  it('that was not made is unknown to who does not say its topic', async () => {
    const { worker } = await broker();
    for (const kind of ['inspect', 'peek', 'purge', 'remove'] as const) {
      expect(worker.request(kind, { mailbox: 'box' })).toMatchObject({ kind: 'refused', code: 'mailbox_unknown' });
    }
    expect(worker.request('subscribe', { mailbox: 'box' })).toMatchObject({ code: 'mailbox_unknown' });
    expect(worker.request('pause', { mailbox: 'box', paused: true })).toMatchObject({ code: 'mailbox_unknown' });
    expect(worker.request('replay', { mailbox: 'box', from: 'beginning' })).toMatchObject({ code: 'mailbox_unknown' });
  });

  it.each([['a/b'], ['a+'], ['#'], ['$mine'], [''], ['a\nb'], ['x'.repeat(129)]])(
    'is not named %j',
    async (mailbox) => {
      const { worker } = await broker();
      expect(worker.request('subscribe', { mailbox, topic: 'a' })).toMatchObject({
        kind: 'refused',
        code: mailbox.length > 128 ? 'frame_malformed' : 'mailbox_name_invalid',
      });
    },
  );

  it('may be named by anything else', async () => {
    const { worker } = await broker();
    for (const name of ['Boîte aux lettres', 'x'.repeat(128), '🐇', 'a.b-c_d', ' ']) {
      expect(worker.subscribe({ mailbox: name, topic: 'a' }).mailbox).toMatchObject({ name, created: true });
    }
  });

  it('says how it is to who thinks it is otherwise, and stays so', async () => {
    const { worker, publisher } = await broker();
    consume(worker, { when: 'x > 1', queueEvents: 10, leaseMs: 60 * SECOND });
    const terms = [
      { topic: 'b', when: 'x > 1' },
      { topic: 'a' },
      { topic: 'a', when: 'x > 2' },
      { queueEvents: 11 },
      { queueBytes: 5_000 },
      { ageMs: 1 },
      { keepMs: 1 },
      { overflow: 'drop-oldest' },
      { atEnd: 'dead-letter' },
      { attemptsMax: 7 },
      { leaseMs: 61 * SECOND },
    ] as const;
    for (const term of terms) {
      expect(publisher.request('subscribe', { mailbox: 'box', ...term }), JSON.stringify(term)).toMatchObject({
        kind: 'refused',
        code: 'mailbox_differs',
      });
    }
    expect(publisher.request('subscribe', { mailbox: 'box', queueEvents: 11 })).toMatchObject({
      message: expect.stringContaining('queueEvents is 10'),
    });
    expect(statusOf(worker, 'box')).toMatchObject({ consumers: 1, limits: { events: 10 } });
    const same = { topic: 'a', when: 'x > 1', queueEvents: 10, leaseMs: 60 * SECOND } as const;
    expect(publisher.subscribe({ mailbox: 'box', ...same }).mailbox).toMatchObject({ created: false });
  });

  it('is refused where its terms are out of bounds, or are none of a mailbox', async () => {
    const { worker } = await broker({ mailboxEventsDefault: 100, mailboxEventsMax: 100 });
    const refusals = [
      [{ queueEvents: 101 }, 'frame_malformed'],
      [{ leaseMs: 1 }, 'lease_ttl_range'],
      [{ overflow: 'disconnect' }, 'subscription_mode'],
      [{ overflow: 'drop-newest' }, 'subscription_mode'],
      [{ ack: 'none' }, 'subscription_mode'],
      [{ retained: 'send' }, 'subscription_mode'],
      [{ when: 'x >' }, 'predicate_syntax'],
      [{ topic: 'a#' }, 'topic_filter_invalid'],
      [{ creditEvents: 1_000_000 }, 'credit_limit'],
    ] as const;
    for (const [fields, code] of refusals) {
      const answer = worker.request('subscribe', { mailbox: 'box', topic: 'a', ...fields });
      expect(answer, JSON.stringify(fields)).toMatchObject({ kind: 'refused', code });
    }
    expect(worker.request('inspect', { mailbox: 'box' })).toMatchObject({ code: 'mailbox_unknown' });
  });

  it('has words that are not for other subscriptions', async () => {
    const { worker } = await broker();
    const fields = [{ from: 'beginning' }, { ageMs: 1 }, { keepMs: 1 }, { atEnd: 'drop' }] as const;
    for (const field of fields) {
      expect(worker.request('subscribe', { topic: 'a', ...field })).toMatchObject({ code: 'subscription_mode' });
    }
    for (const overflow of ['reject', 'dead-letter'] as const) {
      expect(worker.request('subscribe', { topic: 'a', overflow }), overflow).toMatchObject({ kind: 'refused' });
    }
  });

  it('there are so many at most, and another when one is gone', async () => {
    const { worker } = await broker({ mailboxesMax: 2 });
    worker.subscribe({ mailbox: 'one', topic: 'a' });
    worker.subscribe({ mailbox: 'two', topic: 'a' });
    expect(worker.request('subscribe', { mailbox: 'three', topic: 'a' })).toMatchObject({ code: 'mailbox_limit' });
    worker.request('remove', { mailbox: 'one' });
    expect(worker.subscribe({ mailbox: 'three', topic: 'a' }).mailbox).toMatchObject({ created: true });
  });

  it('has a bound of consumers', async () => {
    const { worker } = await broker({ mailboxConsumersMax: 2 });
    worker.subscribe({ mailbox: 'm', topic: 'a' });
    const second = worker.subscribe({ mailbox: 'm' });
    expect(worker.request('subscribe', { mailbox: 'm' })).toMatchObject({ code: 'subscription_limit' });
    worker.request('unsubscribe', { subscription: second.subscription });
    expect(worker.subscribe({ mailbox: 'm' }).mailbox).toMatchObject({ created: false });
  });

  it('is one of several that an event is in, each with a life of its own', async () => {
    const { publisher, worker } = await broker();
    const names = ['one', 'two', 'three'];
    for (const mailbox of names) worker.subscribe({ mailbox, topic: 'a' });
    publisher.publish({ topic: 'a', data: 'same' });
    expect(each(publisher.take('receipt'), 'matched')).toEqual([3]);
    const handed = worker.take('event');
    expect(each(handed, 'seq')).toEqual([1, 1, 1]);
    worker.ack(leaseOf(handed[1]));
    const left = names.map((name) => statusOf(worker, name).entries);
    expect(left).toEqual([1, 0, 1]);
    for (const event of [handed[0], handed[2]]) worker.ack(leaseOf(event));
    expect(names.map((name) => statusOf(worker, name).entries)).toEqual([0, 0, 0]);
  });

  it('takes another predicate at one seq, and keeps what it has', async () => {
    const { publisher, worker } = await broker();
    const { subscription } = consume(worker, { when: 'x = 1', creditEvents: 0 });
    publisher.publish({ topic: 'a', data: { x: 1 } }, { topic: 'a', data: { x: 2 } });
    expect(worker.request('replace', { subscription, when: 'x = 2' })).toMatchObject({ kind: 'replaced', seq: 2 });
    publisher.publish({ topic: 'a', data: { x: 1 } }, { topic: 'a', data: { x: 2 } });
    expect(statusOf(worker, 'box').when).toBe('x = 2');
    worker.credit(subscription, 10);
    expect(each(worker.take('event'), 'seq')).toEqual([1, 4]);
    expect(worker.request('replace', { subscription, when: null })).toMatchObject({ kind: 'replaced', seq: 4 });
    publisher.publish({ topic: 'a', data: {} });
    expect(each(worker.take('event'), 'seq')).toEqual([5]);
    expect(statusOf(worker, 'box')).not.toHaveProperty('when');
    expect(worker.request('replace', { subscription, when: 'x >' })).toMatchObject({ code: 'predicate_syntax' });
  });
});

describe('the mailboxes of a broker', () => {
  it('are listed in pages, in the order of their making', async () => {
    const { worker } = await broker();
    const names = numbers(1, 7).map((n) => `box ${n}`);
    for (const mailbox of names) worker.subscribe({ mailbox, topic: 'a' });
    worker.request('remove', { mailbox: 'box 3' });
    const listed: string[] = [];
    const pages: number[] = [];
    for (let cursor: number | undefined = 0; cursor !== undefined; ) {
      const answer: BrokerControl = worker.request('mailboxes', { limit: 4, cursor });
      if (answer.kind !== 'listed') throw new Error(answer.kind);
      listed.push(...answer.mailboxes.map(({ mailbox }) => mailbox));
      pages.push(answer.mailboxes.length);
      cursor = answer.next;
    }
    expect(listed).toEqual(names.filter((name) => name !== 'box 3'));
    expect(pages).toEqual([4, 2]);
  });

  it('are counted', async () => {
    const { publisher, worker, time, metric } = await broker();
    consume(worker);
    worker.subscribe({ mailbox: 'other', topic: 'b', creditEvents: 0 });
    publisher.publish(...events(1, 2), { topic: 'b', data: 1 });
    expect(await metric('tellwhen_mailboxes')).toBe(2);
    expect(await metric('tellwhen_mailbox_consumers')).toBe(2);
    expect(await metric('tellwhen_mailbox_entries')).toBe(3);
    expect(await metric('tellwhen_mailbox_bytes')).toBeGreaterThan(3);
    acknowledged(worker);
    expect(await metric('tellwhen_mailbox_entries')).toBe(1);
    expect(await metric('tellwhen_mailbox_entered_total')).toBe(3);
    expect(await metric('tellwhen_mailbox_settled_total')).toBe(2);
    time.advance(10 * SECOND);
    expect(await metric('tellwhen_mailbox_oldest_seconds')).toBe(10);
    expect(statusOf(worker, 'other').oldestMs).toBe(10 * SECOND);
    worker.request('remove', { mailbox: 'other' });
    expect(await metric('tellwhen_mailboxes')).toBe(1);
    expect(await metric('tellwhen_mailbox_entries')).toBe(0);
    expect(await metric('tellwhen_mailbox_entered_total')).toBe(3);
  });
});

describe('looking into a mailbox', () => {
  it('shows what is in it, in order and in pages, and takes nothing', async () => {
    const { publisher, worker, time } = await broker();
    consume(worker, { creditEvents: 0 });
    publisher.publish(...events(1, 5));
    const first = publisher.request('peek', { mailbox: 'box', limit: 2 });
    expect(first).toMatchObject({ kind: 'peeked', entries: [{ seq: 1 }, { seq: 2 }], next: 2 });
    expect(publisher.request('peek', { mailbox: 'box', limit: 3, cursor: 2 })).toEqual({
      kind: 'peeked',
      ref: expect.any(Number),
      entries: [3, 4, 5].map((n) => ({
        seq: n,
        topic: 'a',
        time: time.wallMs(),
        size: 1,
        state: 'stored',
        attempt: 0,
        data: String(n),
      })),
    });
    expect(statusOf(worker, 'box').entries).toBe(5);
  });

  it('shows what an event says of itself, and of its data no more than is text, and not all', async () => {
    const { publisher, worker } = await broker();
    consume(worker, { creditEvents: 0 });
    const binary = 'application/octet-stream';
    publisher.publish(
      { topic: 'a', data: 'x'.repeat(5_000), id: 'i', source: 's', attributes: { colour: 'red', n: 1 } },
      { topic: 'a', data: 'bytes', contentType: binary },
    );
    const [long, other] = entriesOf(publisher, 'box');
    expect(long).toMatchObject({ size: 5_000, id: 'i', source: 's', attributes: { colour: 'red', n: 1 } });
    expect(long?.data?.length).toBe(4_096);
    expect(other).toMatchObject({ size: 5, contentType: binary });
    expect(other).not.toHaveProperty('data');
  });

  it('ends a page early where the data is long', async () => {
    const { publisher, worker } = await broker();
    consume(worker, { creditEvents: 0 });
    publisher.publish(...numbers(1, 20).map(() => ({ topic: 'a', data: 'x'.repeat(4_000) })));
    const answer = publisher.request('peek', { mailbox: 'box' });
    expect(answer).toMatchObject({ kind: 'peeked', next: 9 });
    expect(entriesOf(publisher, 'box').map(({ seq }) => seq)).toEqual(numbers(1, 20));
  });

  it('shows where each entry is, and how often it was handed over', async () => {
    const { publisher, worker, time } = await broker();
    const { subscription } = consume(worker, { creditEvents: 3 });
    const { subscription: reader } = publisher.subscribe({
      mailbox: 'box',
      mode: 'pull',
      creditEvents: 0,
      retentionMs: 10 * SECOND,
    });
    publisher.publish(...events(1, 5));
    const [one, two, three] = worker.take('event');
    worker.ack(leaseOf(one));
    worker.release(leaseOf(two), 10 * SECOND);
    publisher.credit(reader, 1);
    expect(each(publisher.take('notice'), 'seq')).toEqual([4]);
    const states = () => entriesOf(publisher, 'box').map(({ seq, state, attempt }) => [seq, state, attempt]);
    expect(states()).toEqual([
      [2, 'resting', 1],
      [3, 'leased', 1],
      [4, 'notified', 0],
      [5, 'ready', 0],
    ]);
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 4, leased: 2, resting: 1 });
    time.advance(11 * SECOND);
    worker.credit(subscription, 1);
    expect(each(worker.take('event'), 'seq')).toEqual([2]);
    expect(leaseOf(three).token).toBeGreaterThan(0);
  });
});

describe('a mailbox that is paused', () => {
  it('hands nothing over until it is told to go on, and goes on taking', async () => {
    const { publisher, worker } = await broker();
    consume(worker);
    expect(publisher.request('pause', { mailbox: 'box', paused: true })).toMatchObject({
      kind: 'paused',
      paused: true,
    });
    publisher.publish(...events(1, 3));
    expect(taken(worker)).toEqual([]);
    expect(statusOf(publisher, 'box')).toMatchObject({ paused: true, entries: 3 });
    publisher.request('pause', { mailbox: 'box', paused: false });
    expect(taken(worker)).toEqual([1, 2, 3]);
    expect(statusOf(publisher, 'box').paused).toBe(false);
  });

  it('takes acknowledgements of what is with its consumers', async () => {
    const { publisher, worker } = await broker();
    consume(worker);
    publisher.publish(...events(1, 1));
    publisher.request('pause', { mailbox: 'box', paused: true });
    expect(acknowledged(worker)).toEqual([1]);
    expect(worker.take('settled')).toHaveLength(1);
    expect(statusOf(publisher, 'box').entries).toBe(0);
  });
});

describe('emptying a mailbox', () => {
  it('drops what nobody has, says how much that was, and tells the consumers', async () => {
    const { publisher, worker, metric } = await broker();
    const { subscription } = consume(worker, { creditEvents: 2 });
    publisher.publish(...events(1, 10));
    const [one, two] = worker.take('event');
    worker.release(leaseOf(two), 5 * SECOND);
    expect(publisher.request('purge', { mailbox: 'box' })).toMatchObject({ kind: 'purged', entries: 9 });
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 1, leased: 1, dropped: 9 });
    worker.credit(subscription, 10);
    publisher.publish(...events(11, 11));
    expect(worker.take('gap')).toMatchObject([{ subscription, reason: 'purged', total: 9, seq: 10 }]);
    expect(taken(worker)).toEqual([11]);
    worker.ack(leaseOf(one));
    expect(worker.take('settled')).toHaveLength(2);
    expect(await metric('tellwhen_drops_total{reason="purged"}')).toBe(9);
  });

  it('with nobody there leaves nothing in the store', async () => {
    const { publisher, worker } = await broker();
    const { subscription } = consume(worker);
    worker.request('unsubscribe', { subscription });
    for (let from = 1; from <= 4_001; from += 500) publisher.publish(...events(from, from + 499));
    expect(publisher.request('purge', { mailbox: 'box' })).toMatchObject({ kind: 'purged', entries: 4_500 });
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 0, bytes: 0 });
    expect(entriesOf(publisher, 'box')).toEqual([]);
    publisher.publish(...events(1, 1));
    consume(worker);
    expect(taken(worker)).toEqual([1]);
  });
});

describe('removing a mailbox', () => {
  it('ends it for its consumers, says how much was in it, and lets the name be used anew', async () => {
    const { publisher, worker, faults } = await broker();
    const { subscription } = consume(worker);
    publisher.publish(...events(1, 3));
    const [first] = worker.take('event');
    expect(publisher.request('remove', { mailbox: 'box' })).toMatchObject({ kind: 'removed', entries: 3 });
    expect(worker.controls.at(-1)).toMatchObject({ kind: 'ended', subscription, code: 'mailbox_unknown' });
    worker.ack(leaseOf(first));
    expect(worker.take('refused')).toMatchObject([{ code: 'lease_settled' }]);
    publisher.publish(...events(4, 4));
    expect(each(publisher.take('receipt'), 'matched').at(-1)).toBe(0);
    expect(worker.request('unsubscribe', { subscription })).toMatchObject({ code: 'subscription_unknown' });
    expect(consume(worker).mailbox).toMatchObject({ created: true, entries: 0 });
    expect(faults).toEqual([]);
  });

  it('leaves what other mailboxes have', async () => {
    const { publisher, worker } = await broker();
    consume(worker, { creditEvents: 0 });
    worker.subscribe({ mailbox: 'other', topic: 'a' });
    publisher.publish(...events(1, 3));
    publisher.request('remove', { mailbox: 'box' });
    expect(acknowledged(worker)).toEqual([1, 2, 3]);
  });
});

describe('more events than a mailbox has in memory', () => {
  const many = 3_000;
  /** Several blocks, as each turn is one commit. */
  const fill = (publisher: RawPeer, data = (n: number): unknown => n) => {
    for (let from = 1; from <= many; from += 100) {
      publisher.publish(...numbers(from, from + 99).map((n) => ({ topic: 'a', data: data(n) })));
    }
  };
  const drain = (worker: RawPeer, subscription: number, bytes = 100): unknown[] => {
    const all: unknown[] = [];
    for (let some = acknowledged(worker); some.length > 0; some = acknowledged(worker)) {
      all.push(...some);
      worker.credit(subscription, some.length, bytes);
    }
    return all;
  };

  it('come in order, to a consumer who was there', async () => {
    const { publisher, worker } = await broker({ mailboxLoadedMax: 200 });
    const { subscription } = consume(worker, { creditEvents: 50 });
    fill(publisher);
    expect(drain(worker, subscription)).toEqual(numbers(1, many));
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 0, bytes: 0, settled: many });
  });

  it('come in order, to one who was not', async () => {
    const { publisher, worker } = await broker({ mailboxLoadedMax: 200 });
    worker.request('unsubscribe', { subscription: consume(worker).subscription });
    fill(publisher);
    const { subscription } = consume(worker);
    expect(drain(worker, subscription)).toEqual(numbers(1, many));
    expect(statusOf(publisher, 'box')).toMatchObject({ entries: 0, bytes: 0 });
  });

  it('come in order while more arrive', async () => {
    const { publisher, worker } = await broker({ mailboxLoadedMax: 200 });
    const { subscription } = consume(worker, { creditEvents: 10 });
    const all: unknown[] = [];
    for (let n = 1; n <= many; n += 10) {
      publisher.publish(...events(n, n + 9));
      const some = acknowledged(worker);
      all.push(...some);
      worker.credit(subscription, n % 3 === 0 ? 4 : 8, 100);
    }
    worker.credit(subscription, 100, 100);
    all.push(...drain(worker, subscription));
    expect(all).toEqual(numbers(1, many));
  });

  it('of one commit are in several blocks where they are long', async () => {
    const { publisher, worker } = await broker({ storeCacheBytesMax: 100_000 });
    worker.request('unsubscribe', { subscription: consume(worker).subscription });
    const long = (n: number) => `${n} ${'x'.repeat(20_000)}`;
    for (const from of [1, 41, 81]) {
      publisher.publish(...numbers(from, from + 39).map((n) => ({ topic: 'a', data: long(n) })));
    }
    const { subscription } = consume(worker);
    expect(drain(worker, subscription, 1_000_000)).toEqual(numbers(1, 120).map(long));
  });

  it('hold up nobody when those that were handed over are never acknowledged', async () => {
    const { publisher, worker, time } = await broker({ mailboxLoadedMax: 100 });
    const { subscription } = consume(worker, { creditEvents: 1_000, attemptsMax: 100 });
    fill(publisher);
    // As many as may be in memory, rounded up to a page.
    expect(taken(worker)).toEqual(numbers(1, 100));
    expect(statusOf(publisher, 'box').leased).toBe(100);
    time.advance(7 * SECOND);
    worker.credit(subscription, 1_000, 100_000);
    const again = worker.take('event');
    expect(each(again, 'data')).toEqual(numbers(1, 100));
    expect(new Set(each(again, 'attempt'))).toEqual(new Set([2]));
    for (const event of again) worker.ack(leaseOf(event));
    expect(taken(worker)).toEqual(numbers(101, 200));
  });
});
