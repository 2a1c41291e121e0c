import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { connect, createInbox, type NatsConnection } from '@nats-io/transport-node';
import { bodyOf } from '../body.ts';
import { keepInFlight } from '../in-flight.ts';
import type { Peer, PeerClient, Server } from '../peer.ts';
import { outputOf } from '../server-process.ts';
import { NATS_SERVER, natsAvailability, startNats } from './nats-server.ts';

const SETTLED = 'removed (work queue); the consumer is not told';
/** Events a consumer may have without having acknowledged them. */
const UNACKNOWLEDGED_MAX = 5_000;

/** The file store as it comes: written to the file, which is flushed every two minutes. */
export const jetStream: Peer = {
  key: 'jetstream',
  name: 'NATS JetStream, file store',
  ack: 'written, not flushed: the system has it; flushed every 2 min',
  settled: SETTLED,
  availability: natsAvailability,
  start: (folder) => startServer(folder, ''),
  connect: connectTo,
};

/** The file store with a flush for every write; only newer servers have that. */
export const jetStreamFlushed: Peer = {
  key: 'jetstream-always',
  name: 'NATS JetStream, file store, sync_interval always',
  ack: 'flushed here',
  settled: SETTLED,
  availability: async () => {
    const found = await natsAvailability();
    if ('leftOut' in found || (await knowsFlushing())) return found;
    return { leftOut: `${NATS_SERVER} ${found.version} has no sync_interval` };
  },
  start: (folder) => startServer(folder, 'sync_interval: always'),
  connect: connectTo,
};

async function knowsFlushing(): Promise<boolean> {
  const path = join(tmpdir(), `tellwhen-bench-nats-${process.pid}.conf`);
  await writeFile(path, 'jetstream { sync_interval: always }\n');
  return (await outputOf(NATS_SERVER, ['-t', '-c', path])) !== undefined;
}

function startServer(folder: string, setting: string): Promise<Server> {
  return startNats(folder, `jetstream { store_dir: "${join(folder, 'jetstream')}"\n${setting} }\n`);
}

async function connectTo(address: string, queue: string): Promise<PeerClient> {
  const connection = await connect({ servers: address });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({
    name: queue,
    subjects: [queue],
    storage: StorageType.File,
    retention: RetentionPolicy.Workqueue,
  });
  const publisher = publisherTo(connection, queue);
  return {
    publish: (range) => keepInFlight(range, publisher),
    consume: async (taken) => {
      const name = `${queue}-consumer`;
      await manager.consumers.add(queue, {
        durable_name: name,
        ack_policy: AckPolicy.Explicit,
        max_ack_pending: UNACKNOWLEDGED_MAX,
      });
      const consumer = await jetstream(connection).consumers.get(queue, name);
      await consumer.consume({
        max_messages: UNACKNOWLEDGED_MAX / 2,
        callback: (message) => {
          taken(message.data);
          message.ack();
        },
      });
    },
    waiting: async () => (await manager.streams.info(queue)).state.messages,
    close: async () => {
      await connection.flush();
      await connection.close();
    },
  };
}

/** Publishes with one inbox for all acks. The library's own publish makes a request of each event, and is five times slower. */
function publisherTo(connection: NatsConnection, queue: string): (n: number) => Promise<void> {
  const inbox = createInbox();
  const waiting = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      const one = waiting.get(message.subject);
      waiting.delete(message.subject);
      const answer = error ?? message.json<{ error?: unknown }>().error;
      if (answer === undefined || answer === null) one?.resolve();
      else one?.reject(new Error(`a publish was refused: ${JSON.stringify(answer)}`));
    },
  });
  return (n) => {
    const reply = `${inbox}.${n}`;
    connection.publish(queue, bodyOf(n), { reply });
    return new Promise((resolve, reject) => waiting.set(reply, { resolve, reject }));
  };
}
