import { describe, expect, it } from 'vitest';
import type { LeaseGrant } from '../../broker/protocol/index.ts';
import { DurableBroker } from '../support/durable-broker.ts';
import { acknowledged, statusOf, taken } from '../support/received.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

it('what a replay brings back takes room: publishers are refused, and not told that all is well', async () => {
  const { greeted, time } = await simulatedBroker();
  const [publisher, consumer] = [greeted(), greeted()];
  const { subscription } = consumer.subscribe({ mailbox: 'm', topic: '#', queueEvents: 2, keepMs: 60_000 });
  publisher.publish({ topic: 'a', data: 1 }, { topic: 'a', data: 2 });
  for (const event of consumer.take('event')) consumer.ack(event['lease'] as LeaseGrant);
  time.settle();
  consumer.request('unsubscribe', { subscription });
  expect(consumer.request('replay', { mailbox: 'm', from: 'beginning' })).toMatchObject({ entries: 2 });
  publisher.take('receipt');
  publisher.publish({ topic: 'a', data: 3 });
  expect(publisher.take('refused')).toMatchObject([{ code: 'mailbox_full' }]);
  expect(publisher.take('receipt')).toEqual([]);
});

describe('a mailbox that keeps many pages', () => {
  const keeping = { mailbox: 'm', topic: 'a', keepMs: 10_000 } as const;

  /** Each in a commit, and a page, of its own. */
  async function kept(count: number) {
    const durable = await DurableBroker.start();
    const [publisher, consumer] = [durable.greeted(), durable.greeted()];
    const { subscription } = consumer.subscribe({ ...keeping, creditEvents: 4_096 });
    for (let i = 0; i < count; i++) {
      publisher.publish({ topic: 'a', data: i });
      acknowledged(consumer);
    }
    return { durable, publisher, consumer, subscription };
  }

  it('frees them as fast as they came', async () => {
    const { durable, publisher } = await kept(2_500);
    durable.time.advance(12_000);
    expect(publisher.request('replay', { mailbox: 'm', from: 'beginning' })).toMatchObject({ entries: 0 });
  });

  it('finds what comes after them, to hand it over, to purge it, and to hand a part of them over again', async () => {
    const { durable, publisher, consumer, subscription } = await kept(700);
    consumer.request('unsubscribe', { subscription });
    publisher.publish({ topic: 'a', data: 'last' });
    await durable.restart();
    durable.time.advance(5_000);
    const [again, operator] = [durable.greeted(), durable.greeted()];
    const { subscription: second } = again.subscribe({ mailbox: 'm' });
    expect(acknowledged(again)).toEqual(['last']);
    again.request('unsubscribe', { subscription: second });
    operator.publish({ topic: 'a', data: 'more' });
    await durable.restart();
    const purger = durable.greeted();
    expect(purger.request('purge', { mailbox: 'm' })).toMatchObject({ entries: 1 });
    expect(purger.request('replay', { mailbox: 'm', from: { seq: 300 } })).toMatchObject({ kind: 'replayed' });
    const { entries } = statusOf(purger, 'm');
    durable.time.advance(5_000);
    const last = durable.greeted();
    last.subscribe({ mailbox: 'm', creditEvents: 4_096 });
    expect(taken(last)).toHaveLength(entries);
    expect(durable.faults).toEqual([]);
  });
});
