import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PubSubPeer } from '../pubsub-peer.ts';
import { freePort, outputOf, ServerProcess } from '../server-process.ts';
import { MqttWire } from '../wire/mqtt-wire.ts';
import { WireClient } from '../wire/wire-client.ts';

const SERVER = 'mosquitto';
const HOST = '127.0.0.1';
/** Of a run that only tells of itself. */
const HELP_EXIT_CODE = 3;
/** Of a client; what is more is thrown away. As it comes these are 1,000 events. */
const QUEUED_EVENTS_MAX = 1_000_000;

/** MQTT 3.1.1, at most once. */
export const mosquittoPubSub: PubSubPeer = {
  key: 'mosquitto',
  name: 'Mosquitto',
  manner: 'QoS 0; a topic for each site, the rest tested in the client',
  predicates: 'client',
  availability: async () => {
    const version = /version ([\d.]+)/.exec((await outputOf(SERVER, ['-h'], HELP_EXIT_CODE)) ?? '')?.[1];
    return version === undefined ? { leftOut: `no ${SERVER} is installed` } : { version };
  },
  start: async (folder) => {
    const port = await freePort();
    const settings = {
      listener: `${port} ${HOST}`,
      allow_anonymous: 'true',
      set_tcp_nodelay: 'true',
      persistence: 'false',
      max_queued_messages: QUEUED_EVENTS_MAX,
      log_type: 'error',
    };
    const path = join(folder, 'mosquitto.conf');
    const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
    await writeFile(path, lines.join(''));
    const server = await ServerProcess.start({ command: SERVER, args: ['-c', path], folder, port });
    return server.at(String(port));
  },
  connect: async (address) => new WireClient({ wire: await MqttWire.open(HOST, Number(address)), separator: '/' }),
};
