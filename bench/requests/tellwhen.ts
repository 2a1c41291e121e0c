import { connect } from '../../client/index.ts';
import { startBroker } from '../peers/tellwhen/broker-process.ts';
import { type RequestPeer, TOPIC } from './request-peer.ts';

/** Ours. */
export const tellwhen: RequestPeer = {
  key: 'tellwhen',
  name: 'Tellwhen',
  availability: async () => ({ version: '' }),
  start: (folder) => startBroker(folder, ['--memory']),
  async echo(address, atOnce) {
    const client = await connect(address);
    await client.serve(TOPIC, (request) => request.data, { concurrency: atOnce });
  },
  async connect(address) {
    const client = await connect(address);
    return {
      ask: async (body) => (await client.request(TOPIC, body)).data,
      close: () => client.close(),
    };
  },
};
