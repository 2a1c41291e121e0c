import { VERSION } from '../../../broker/version.ts';
import type { PubSubPeer } from '../pubsub-peer.ts';
import { freePort } from '../server-process.ts';
import { MqttWire } from '../wire/mqtt-wire.ts';
import { WireClient } from '../wire/wire-client.ts';
import { startBroker } from './broker-process.ts';

const HOST = '127.0.0.1';
/** As much may wait for a subscriber as for one of Mosquitto. */
const FLAGS = [
  '--memory',
  '--connections-max=25000',
  '--sessions-max=25000',
  '--queue-events-default=100000',
  '--queue-bytes-default=67108864',
  '--log-level=warn',
];

/** Ours over MQTT 3.1.1, at most once, with the client that the other brokers of MQTT have. */
export const tellwhenMqtt: PubSubPeer = {
  key: 'tellwhen-mqtt',
  name: 'Tellwhen, MQTT',
  manner: 'QoS 0; a topic for each site, the rest tested in the client',
  predicates: 'client',
  availability: async () => ({ version: VERSION }),
  start: async (folder) => {
    const port = await freePort();
    const server = await startBroker(folder, FLAGS, port);
    return { ...server, address: String(port) };
  },
  connect: async (address) => new WireClient({ wire: await MqttWire.open(HOST, Number(address)), separator: '/' }),
};
