import { expect, it } from 'vitest';
import { DurableBroker } from '../support/durable-broker.ts';
import { entriesOf } from '../support/received.ts';

it('a mailbox that is removed while an event of it is being written leaves nothing behind', async () => {
  const durable = await DurableBroker.start();
  const [publisher, operator] = [durable.greeted(), durable.greeted()];
  operator.subscribe({ mailbox: 'other', topic: 'b', creditEvents: 0 });
  operator.subscribe({ mailbox: 'box', topic: 'a', creditEvents: 0 });
  durable.store.hold();
  publisher.publish({ topic: 'b', data: 1 });
  // Its pause waits for a commit that is under way when the event comes.
  operator.ask('purge', { mailbox: 'other' });
  durable.store.letGo();
  durable.store.hold();
  publisher.publish({ topic: 'a', data: 2 });
  operator.ask('remove', { mailbox: 'box' });
  durable.store.letGo();
  durable.time.settle();
  await durable.stop();
  await durable.start();
  const again = durable.greeted();
  again.subscribe({ mailbox: 'new', topic: 'a', from: 'beginning', creditEvents: 0 });
  expect(entriesOf(again, 'new')).toEqual([]);
});
