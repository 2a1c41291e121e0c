import { connect } from '@nats-io/transport-node';
import { natsAvailability, startNats } from '../peers/nats/nats-server.ts';
import { type RequestPeer, TOPIC } from './request-peer.ts';

/** Its own request/reply: one subscription for all replies of a connection, as is the library's default. */
export const nats: RequestPeer = {
  key: 'nats',
  name: 'NATS request/reply',
  availability: natsAvailability,
  start: (folder) => startNats(folder, ''),
  async echo(address) {
    const connection = await connect({ servers: address });
    connection.subscribe(TOPIC, { queue: 'echo', callback: (_, message) => void message.respond(message.data) });
    await connection.flush();
  },
  async connect(address) {
    const connection = await connect({ servers: address });
    return {
      ask: async (body) => (await connection.request(TOPIC, body, { timeout: 30_000 })).data,
      close: () => connection.close(),
    };
  },
};
