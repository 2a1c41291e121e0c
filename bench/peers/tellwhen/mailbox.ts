import { join } from 'node:path';
import { VERSION } from '../../../broker/version.ts';
import { connect, type SubscribeOptions, TellwhenError } from '../../../client/index.ts';
import { bodyOf } from '../body.ts';
import { keepBatchesInFlight } from '../in-flight.ts';
import type { Peer, PeerClient } from '../peer.ts';
import { startBroker } from './broker-process.ts';

/** A mailbox, on LMDB. */
export const tellwhen: Peer = {
  key: 'tellwhen',
  name: 'Tellwhen, mailbox',
  ack: 'flushed here',
  settled: 'removed with a later commit; the consumer is not told',
  availability: async () => ({ version: VERSION }),
  start: (folder) => startBroker(folder, ['--data-dir', join(folder, 'data')]),
  connect: connectTo,
};

/** A mailbox with room for all that a bench puts into it. */
export function mailboxOf(queue: string): SubscribeOptions {
  return {
    mailbox: queue,
    topic: queue,
    queueEvents: 20_000_000,
    queueBytes: 2 ** 34,
    creditEvents: 4_096,
    creditBytes: 8 << 20,
  };
}

async function connectTo(address: string, queue: string): Promise<PeerClient> {
  const client = await connect(address, { name: 'bench' });
  const consumer = await client.subscribe(mailboxOf(queue), () => {});
  await consumer.unsubscribe();
  let closed = false;
  const onFailedAck = (error: unknown): void => {
    // What a consumer still has when it is closed comes again to another.
    if (!closed) throw error;
  };
  return {
    publish: (range) =>
      keepBatchesInFlight(range, async (numbers) => {
        const receipts = await client.publishBatch(
          numbers.map((n) => ({ topic: queue, data: bodyOf(n), durable: true })),
        );
        for (const receipt of receipts) {
          if (receipt instanceof TellwhenError) throw receipt;
          if (!receipt.durable || receipt.matched !== 1) throw new Error(`a wrong receipt: ${JSON.stringify(receipt)}`);
        }
      }),
    consume: async (taken) => {
      await client.subscribe(mailboxOf(queue), (event) => {
        taken(event.data);
        event.ack().catch(onFailedAck);
      });
    },
    waiting: async () => (await client.mailboxes.inspect(queue)).entries,
    close: async () => {
      closed = true;
      await client.drain();
    },
  };
}
