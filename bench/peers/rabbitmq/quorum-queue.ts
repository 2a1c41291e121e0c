import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'amqplib';
import { bodyOf } from '../body.ts';
import { keepInFlight } from '../in-flight.ts';
import type { Peer, PeerClient } from '../peer.ts';
import { rabbitAvailability, startRabbit } from './rabbitmq-server.ts';

/** Events a consumer may have without having acknowledged them. */
const PREFETCH = 1_000;
const PASS_ON_MS = 500;

/** A quorum queue of one node, with publisher confirms. */
export const quorumQueue: Peer = {
  key: 'rabbitmq',
  name: 'RabbitMQ, quorum queue',
  ack: 'flushed here (a quorum of one)',
  settled: 'removed; the consumer is not told',
  availability: rabbitAvailability,
  start: startRabbit,
  connect: connectTo,
};

async function connectTo(address: string, queue: string): Promise<PeerClient> {
  const connection = await connect(address);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  return {
    publish: (range) =>
      keepInFlight(
        range,
        (n) =>
          new Promise<void>((resolve, reject) => {
            channel.sendToQueue(queue, bodyOf(n), { persistent: true }, (error) => (error ? reject(error) : resolve()));
          }),
      ),
    consume: async (taken) => {
      await channel.prefetch(PREFETCH);
      await channel.consume(queue, (message) => {
        if (message === null) throw new Error('the consumer was cancelled');
        taken(message.content);
        channel.ack(message);
      });
    },
    waiting: async () => (await channel.checkQueue(queue)).messageCount,
    close: async () => {
      // Acknowledgements that the channel has not yet passed on to the queue are forgotten with it, and the events come again.
      await delay(PASS_ON_MS);
      await channel.close();
      await connection.close();
    },
  };
}
