import { join } from 'node:path';
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { PubSubPeer, Taken } from '../pubsub-peer.ts';
import { NatsWire } from '../wire/nats-wire.ts';
import { WireClient } from '../wire/wire-client.ts';
import { natsAvailability, startNats } from './nats-server.ts';

/**
 * A client is thrown out when more than this waits for it, or when a write takes longer: four times what comes as default, and six
 * times, since on a busy machine a process may wait for its turn.
 */
const LIMITS = 'max_pending: 268435456\nwrite_deadline: "60s"\n';
/** Events that a consumer may have without having acknowledged them. */
const UNACKNOWLEDGED_MAX = 5_000;

/** Core NATS; a stream in memory for who acknowledges. */
export const natsPubSub: PubSubPeer = {
  key: 'nats',
  name: 'NATS',
  manner: 'core; a subject for each site, the rest tested in the client',
  predicates: 'client',
  consumes: 'JetStream in memory, pull consumer',
  availability: natsAvailability,
  start: (folder) => startNats(folder, `${LIMITS}jetstream { store_dir: "${join(folder, 'jetstream')}" }\n`),
  connect: async (address) => {
    const [host = '', port] = address.split(':');
    const consumers: (() => Promise<void>)[] = [];
    return new WireClient({
      wire: await NatsWire.open(host, Number(port)),
      separator: '.',
      consume: async (topic, taken) => {
        consumers.push(await consumeFrom(address, topic.replaceAll('/', '.'), taken));
      },
      closing: async () => {
        await Promise.all(consumers.map((end) => end()));
      },
    });
  },
};

/** Resolves with how to end it. */
async function consumeFrom(address: string, subject: string, taken: Taken): Promise<() => Promise<void>> {
  const connection = await connect({ servers: address });
  const manager = await jetstreamManager(connection);
  const name = subject.replaceAll('.', '-');
  await manager.streams.add({
    name,
    subjects: [subject],
    storage: StorageType.Memory,
    retention: RetentionPolicy.Workqueue,
  });
  await manager.consumers.add(name, {
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: UNACKNOWLEDGED_MAX,
  });
  const consumer = await jetstream(connection).consumers.get(name, name);
  await consumer.consume({
    max_messages: UNACKNOWLEDGED_MAX / 2,
    callback: (message) => {
      taken(message.data, 0, message.data.length);
      message.ack();
    },
  });
  return () => connection.close();
}
