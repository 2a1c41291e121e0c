import { describe, expect, it } from 'vitest';
import { BROKERS_OWN, NO_OPTIONS, PAST_UNKNOWN, publisherNumber } from '../../broker/protocol/index.ts';
import { DurableBroker } from '../support/durable-broker.ts';
import type { RawPeer, RawPublication } from '../support/raw-peer.ts';
import { acknowledged, each, leaseOf, retentionOf, taken } from '../support/received.ts';
import { type SimulatedBroker, simulatedBroker } from '../support/simulated-broker.ts';

const SECOND = 1_000;

type Subscribe = Parameters<RawPeer['subscribe']>[0];

function greeted(broker: SimulatedBroker, publisher: string): RawPeer {
  const peer = broker.connect();
  peer.hello(undefined, publisher);
  return peer;
}

const event = (data: unknown, topic = 'a'): RawPublication => ({ topic, data });

/** Counted, after its publisher was delivered everything up to `past`. */
function counted(number: number, past: number, data: unknown, more: Partial<RawPublication> = {}): RawPublication {
  return { topic: 'a', data, options: { ...NO_OPTIONS, order: { number, since: number, past } }, ...more };
}

/** Two publishers and a subscriber. */
async function party(fields: Partial<Subscribe>, config: Parameters<typeof simulatedBroker>[0] = {}) {
  const broker = await simulatedBroker(config);
  const reader = broker.greeted();
  const ann = greeted(broker, 'ann');
  const ben = greeted(broker, 'ben');
  const subscribe = (more: Partial<Subscribe> = {}) =>
    reader.subscribe({ topic: 'a', deliveryLeaseMs: 5 * SECOND, retentionMs: 60 * SECOND, ...fields, ...more });
  return { broker, reader, ann, ben, subscribe };
}

const ACKNOWLEDGED = { ack: 'explicit' } as const;
const MAILBOX = { mailbox: 'box' } as const;

describe.each([
  ['an acknowledged subscription', ACKNOWLEDGED],
  ['a mailbox', MAILBOX],
] as const)('%s that is ordered', (_name, kind) => {
  it('hands one event of each publisher over at a time, in fifo order', async () => {
    const { reader, ann, ben, subscribe } = await party({ ...kind, ordered: true });
    subscribe();
    ann.publish(event('a1'), event('a2'), event('a3'));
    ben.publish(event('b1'), event('b2'));
    expect(acknowledged(reader)).toEqual(['a1', 'b1']);
    expect(acknowledged(reader)).toEqual(['a2', 'b2']);
    expect(acknowledged(reader)).toEqual(['a3']);
  });

  it('hands one event over at a time, in total order', async () => {
    const { reader, ann, ben, subscribe } = await party({ ...kind, order: 'total', ordered: true });
    subscribe();
    ann.publish(event('a1'), event('a2'));
    ben.publish(event('b1'));
    expect(acknowledged(reader)).toEqual(['a1']);
    expect(acknowledged(reader)).toEqual(['a2']);
    expect(acknowledged(reader)).toEqual(['b1']);
  });

  it('holds a publisher back while one of its events rests, and nobody else', async () => {
    const { broker, reader, ann, ben, subscribe } = await party({ ...kind, ordered: true });
    subscribe();
    ann.publish(event('a1'), event('a2'));
    reader.release(leaseOf(reader.take('event')[0]), 3 * SECOND);
    ben.publish(event('b1'));
    expect(acknowledged(reader)).toEqual(['b1']);
    broker.time.advance(3 * SECOND);
    const again = reader.take('event');
    expect(again).toMatchObject([{ data: 'a1', attempt: 2 }]);
    reader.ack(leaseOf(again[0]));
    expect(acknowledged(reader)).toEqual(['a2']);
  });

  it('holds back while a lease runs out and its rest does', async () => {
    const { broker, reader, ann, subscribe } = await party({ ...kind, ordered: true });
    subscribe();
    ann.publish(event('a1'), event('a2'));
    expect(taken(reader)).toEqual(['a1']);
    broker.time.advance(5.5 * SECOND);
    expect(taken(reader)).toEqual([]);
    broker.time.advance(SECOND);
    expect(reader.take('event')).toMatchObject([{ data: 'a1', attempt: 2 }]);
  });

  it('goes on when one is given up', async () => {
    const { broker, reader, ann, subscribe } = await party({ ...kind, ordered: true, attemptsMax: 1 });
    subscribe();
    ann.publish(event('a1'), event('a2'));
    expect(taken(reader)).toEqual(['a1']);
    broker.time.advance(7 * SECOND);
    expect(taken(reader)).toEqual(['a2']);
  });

  it('goes on when what rests or waits expires', async () => {
    const { broker, reader, ann, subscribe } = await party({ ...kind, ordered: true });
    subscribe();
    const mortal = { options: { ...NO_OPTIONS, ttlMs: 10 * SECOND } };
    ann.publish({ ...event('a1'), ...mortal }, { ...event('a2'), ...mortal }, event('a3'));
    reader.release(leaseOf(reader.take('event')[0]), 20 * SECOND);
    broker.time.advance(19 * SECOND);
    broker.time.advance(3 * SECOND);
    expect(taken(reader)[0]).toBe('a3');
  });

  it('knows a publisher again on another connection', async () => {
    const { broker, reader, ann, subscribe } = await party({ ...kind, ordered: true });
    subscribe();
    ann.publish(event('a1'));
    ann.peer.vanish();
    const again = greeted(broker, 'ann');
    again.publish(event('a2'));
    expect(acknowledged(reader)).toEqual(['a1']);
    expect(acknowledged(reader)).toEqual(['a2']);
  });

  it('begins with what was not acknowledged when its subscriber comes back', async () => {
    const { broker, ann } = await party({});
    const first = broker.connect();
    const { session: known } = first.hello();
    const wish = { topic: 'a', deliveryLeaseMs: 5 * SECOND, leaseMs: 600 * SECOND, ...kind, ordered: true };
    first.subscribe(wish);
    ann.publish(event('a1'), event('a2'));
    expect(taken(first)).toEqual(['a1']);
    first.peer.vanish();
    const second = broker.connect();
    second.hello(known);
    if ('mailbox' in kind) second.subscribe(wish);
    const came = second.take('event');
    expect(came).toMatchObject([{ data: 'a1', attempt: 2 }]);
    second.ack(leaseOf(came[0]));
    expect(acknowledged(second)).toEqual(['a2']);
  });

  it('in causal order holds back what its publisher knew of, and nothing else', async () => {
    const { reader, ann, ben, subscribe } = await party({ ...kind, order: 'causal', ordered: true });
    subscribe();
    ann.publish(counted(1, 0, 'question'));
    ben.publish(counted(1, 0, 'small talk'));
    ben.publish(counted(2, 1, 'answer'));
    const [question, talk] = reader.take('event');
    expect([question?.['data'], talk?.['data']]).toEqual(['question', 'small talk']);
    reader.ack(leaseOf(talk));
    expect(taken(reader)).toEqual([]);
    reader.ack(leaseOf(question));
    expect(taken(reader)).toEqual(['answer']);
  });

  it('in causal order takes everything for known of who does not say', async () => {
    const { reader, ann, ben, subscribe } = await party({ ...kind, order: 'causal', ordered: true });
    subscribe();
    ann.publish(event('a1'));
    ben.publish(event('b1'));
    expect(acknowledged(reader)).toEqual(['a1']);
    expect(acknowledged(reader)).toEqual(['b1']);
  });

  it('in causal order holds back what depends on what is held back', async () => {
    const { reader, ann, ben, subscribe, broker } = await party({ ...kind, order: 'causal', ordered: true });
    const cleo = greeted(broker, 'cleo');
    subscribe();
    ann.publish(counted(1, 0, 'a1'));
    ben.publish(counted(1, 1, 'b1'));
    ben.publish(counted(2, 1, 'b2'));
    cleo.publish(counted(1, 2, 'c1'));
    expect(acknowledged(reader)).toEqual(['a1']);
    expect(acknowledged(reader)).toEqual(['b1']);
    expect(acknowledged(reader).sort()).toEqual(['b2', 'c1']);
  });
});

describe('a pull subscription that is ordered', () => {
  it('is told of one event of each publisher at a time, so that fetching keeps the order', async () => {
    const { reader, ann, ben, subscribe } = await party({ mode: 'pull', ordered: true });
    const { subscription } = subscribe();
    ann.publish(event('a1'), event('a2'));
    ben.publish(event('b1'));
    expect(each(reader.take('notice'), 'seq')).toEqual([1, 3]);
    reader.fetch(subscription, 1);
    expect(reader.take('notice')).toEqual([]);
    reader.ack(leaseOf(reader.take('fetched')[0]));
    expect(each(reader.take('notice'), 'seq')).toEqual([2]);
  });

  it('goes on when nobody fetches in time', async () => {
    const { broker, reader, ann, subscribe } = await party({ mode: 'pull', ordered: true, retentionMs: 5 * SECOND });
    subscribe();
    ann.publish(event('a1'), event('a2'));
    expect(each(reader.take('notice'), 'seq')).toEqual([1]);
    broker.time.advance(6 * SECOND);
    expect(each(reader.take('notice'), 'seq')).toEqual([2]);
  });

  it('goes on when a notice is dismissed', async () => {
    const { reader, ann, subscribe } = await party({ mode: 'pull', order: 'total', ordered: true });
    subscribe();
    ann.publish(event('a1'), event('a2'));
    const [notice] = reader.take('notice');
    reader.ack(retentionOf(notice));
    expect(each(reader.take('notice'), 'seq')).toEqual([2]);
  });
});

describe('an ordered mailbox', () => {
  it('gives consumers in competition different publishers, and what comes after from whoever is free', async () => {
    const { broker, reader, ann, ben, subscribe } = await party({ ...MAILBOX, ordered: true });
    const other = broker.greeted();
    subscribe();
    other.subscribe({ mailbox: 'box', deliveryLeaseMs: 5 * SECOND });
    ann.publish(event('a1'), event('a2'));
    ben.publish(event('b1'), event('b2'));
    const at = { reader: reader.take('event'), other: other.take('event') };
    expect([...each(at.reader, 'data'), ...each(at.other, 'data')].sort()).toEqual(['a1', 'b1']);
    expect(at.reader).toHaveLength(1);
  });

  it('keeps its order over a restart', async () => {
    const broker = await DurableBroker.start();
    const wish = { mailbox: 'box', topic: 'a', ordered: true, order: 'fifo' as const, deliveryLeaseMs: 5 * SECOND };
    const ann = broker.greeted('ann');
    const reader = broker.greeted();
    reader.subscribe(wish);
    ann.publish(counted(1, 0, 'a1'), counted(2, 0, 'a2'));
    expect(taken(reader)).toEqual(['a1']);
    await broker.restart();
    const again = broker.greeted();
    again.subscribe(wish);
    broker.time.advance(6 * SECOND);
    const [provenance] = again.take('provenance');
    expect(provenance).toMatchObject({ publisher: publisherNumber('ann'), number: 1, past: 0 });
    const came = again.take('event');
    expect(came).toMatchObject([{ data: 'a1', attempt: 2 }]);
    again.ack(leaseOf(came[0]));
    expect(taken(again)).toEqual(['a2']);
  });

  it('is as it was made: who joins it with another wish is refused', async () => {
    const { reader, subscribe } = await party({ ...MAILBOX, ordered: true });
    subscribe();
    const join = (fields: Partial<Subscribe>) => reader.request('subscribe', { mailbox: 'box', ...fields });
    expect(join({ ordered: false })).toMatchObject({ kind: 'refused', code: 'mailbox_differs' });
    expect(join({ order: 'total' })).toMatchObject({ kind: 'refused', code: 'mailbox_differs' });
    expect(join({ order: 'fifo', ordered: true })).toMatchObject({ kind: 'subscribed' });
  });

  it('drops the oldest that nobody has when it is full, and goes on in order', async () => {
    const { reader, ann, subscribe } = await party({
      ...MAILBOX,
      ordered: true,
      queueEvents: 3,
      overflow: 'drop-oldest',
    });
    subscribe();
    ann.publish(event('a1'));
    ann.publish(event('a2'), event('a3'), event('a4'), event('a5'));
    const order: unknown[] = [];
    for (let got = acknowledged(reader); got.length > 0; got = acknowledged(reader)) order.push(...got);
    expect(order).toEqual(['a1', 'a4', 'a5']);
  });
});

describe('an order that cannot be kept', () => {
  const refused: [string, Partial<Subscribe>][] = [
    ['ordered without acknowledgement', { ordered: true }],
    ['total over a mailbox that is not ordered', { ...MAILBOX, order: 'total' }],
    ['causal over a mailbox that is not ordered', { ...MAILBOX, order: 'causal' }],
    ['total with acknowledgement that is not ordered', { ...ACKNOWLEDGED, order: 'total' }],
    ['total by pull that is not ordered', { mode: 'pull', order: 'total' }],
  ];
  it.each(refused)('is refused: %s', async (_name, fields) => {
    const { reader } = await party({});
    const answer = reader.request('subscribe', { topic: 'a', ...fields });
    expect(answer).toMatchObject({ kind: 'refused', code: 'order_unsupported' });
  });
});

describe('provenance', () => {
  it('is told of each run to who names an order, and to nobody else', async () => {
    const { broker, reader, ann, subscribe } = await party({ order: 'causal' });
    subscribe();
    const other = broker.greeted();
    other.subscribe({ topic: 'a' });
    ann.publish(counted(1, 7, 'a1'), counted(2, 7, 'a2'), counted(5, 8, 'a5'), event('plain'));
    expect(each(reader.records, 'record')).toEqual([
      'provenance',
      'event',
      'event',
      'provenance',
      'event',
      'provenance',
      'event',
    ]);
    const publisher = publisherNumber('ann');
    expect(reader.take('provenance')).toMatchObject([
      { publisher, number: 1, past: 7 },
      { publisher, number: 5, past: 8 },
      { publisher, number: 0, past: PAST_UNKNOWN },
    ]);
    expect(other.take('provenance')).toEqual([]);
  });

  it('is kept with a last value and with a delayed event', async () => {
    const { broker, reader, ann, subscribe } = await party({ order: 'fifo' });
    const later = { ...NO_OPTIONS, delayMs: 5 * SECOND };
    ann.publish(counted(3, 2, 'kept', { options: { ...counted(3, 2, '').options, retain: true } }), {
      ...event('late'),
      options: later,
    });
    subscribe();
    broker.time.advance(6 * SECOND);
    const publisher = publisherNumber('ann');
    expect(reader.take('provenance')).toMatchObject([
      { publisher, number: 3, past: 2 },
      { publisher, number: 0, past: PAST_UNKNOWN },
    ]);
  });

  it('is the broker’s own of a dead letter', async () => {
    const { broker, reader, ann, subscribe } = await party({ ...MAILBOX, attemptsMax: 1 });
    subscribe();
    const undertaker = broker.greeted();
    undertaker.subscribe({ topic: '$dead/#', order: 'fifo' });
    ann.publish(event('a1'));
    reader.release(leaseOf(reader.take('event')[0]));
    expect(undertaker.take('provenance')).toMatchObject([BROKERS_OWN]);
  });
});

describe('last values', () => {
  it('come before what is published while they are being offered, where an order was named', async () => {
    const topics = Array.from({ length: 1_200 }, (_, i) => ({
      topic: `a/${i}`,
      data: i,
      options: { ...NO_OPTIONS, retain: true },
    }));
    for (const mode of [{}, ACKNOWLEDGED, { ...ACKNOWLEDGED, ordered: true }]) {
      const { broker, ann } = await party({});
      ann.publish(...topics);
      const reader = broker.connect();
      reader.hello();
      reader.peer.sendText(
        JSON.stringify({
          kind: 'subscribe',
          ref: 99,
          topic: 'a/#',
          order: 'fifo',
          creditEvents: 5_000,
          queueEvents: 5_000,
          ...mode,
        }),
      );
      ann.peer.sendBinary(Buffer.from('0100' + '03612f78' + '0200000001' + '03' + '00' + '0139', 'hex'));
      const seqs: number[] = [];
      for (let looks = 0; looks < 3_000 && seqs.length < 1_201; looks++) {
        broker.time.advance(1);
        const got = reader.take('event');
        seqs.push(...(each(got, 'seq') as number[]));
        for (const one of got) if (leaseOf(one) !== undefined) reader.ack(leaseOf(one));
      }
      expect(seqs).toHaveLength(1_201);
      expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
    }
  });
});

describe('events that their publisher counts and sends again', () => {
  const withId = (number: number, since: number, data: string): RawPublication => ({
    topic: 'a',
    data,
    id: `${number}`,
    source: 'ann',
    ref: number,
    options: { ...NO_OPTIONS, order: { number, since, past: 0 } },
  });
  const big = 'x'.repeat(100);

  /** A mailbox that has no room for a big one, and has for a small one. */
  async function tight() {
    const made = await party({ ...MAILBOX, queueBytes: 130 });
    made.subscribe({ creditEvents: 0 });
    made.ann.publish(event('y'.repeat(60)));
    made.ann.take('receipt');
    return made;
  }

  it('wait behind one that was refused for now', async () => {
    const { ann } = await tight();
    ann.publish(withId(1, 1, big), withId(2, 1, 'small'));
    expect(ann.take('refused')).toMatchObject([
      { ref: 1, code: 'mailbox_full' },
      { ref: 2, code: 'order_held' },
    ]);
    // It comes again, and is small now.
    ann.publish(withId(1, 1, 's'), withId(2, 1, 'small'));
    expect(each(ann.take('receipt'), 'ref')).toEqual([1, 2]);
  });

  it('wait no longer when the publisher has given it up', async () => {
    const { ann } = await tight();
    ann.publish(withId(1, 1, big), withId(2, 2, 'small'));
    expect(ann.take('refused')).toMatchObject([{ ref: 1, code: 'mailbox_full' }]);
    expect(each(ann.take('receipt'), 'ref')).toEqual([2]);
  });

  it('do not wait for one that cannot come again', async () => {
    const { ann } = await tight();
    const { id: _id, ...anonymous } = withId(1, 1, big);
    ann.publish(anonymous, withId(2, 1, 'small'));
    expect(each(ann.take('receipt'), 'ref')).toEqual([2]);
  });
});
