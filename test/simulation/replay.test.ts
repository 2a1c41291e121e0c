import { expect, it } from 'vitest';
import type { LeaseGrant } from '../../broker/protocol/index.ts';
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
