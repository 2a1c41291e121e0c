import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PubSubPeer } from '../pubsub-peer.ts';
import { freePort, ServerProcess } from '../server-process.ts';
import { MqttWire } from '../wire/mqtt-wire.ts';
import { WireClient } from '../wire/wire-client.ts';

const HOST = '127.0.0.1';
const SERVER = fileURLToPath(new URL('./aedes-process.js', import.meta.url));

/** MQTT 3.1.1, at most once, by a broker written for Node. */
export const aedesPubSub: PubSubPeer = {
  key: 'aedes',
  name: 'Aedes',
  manner: 'QoS 0; a topic for each site, the rest tested in the client',
  predicates: 'client',
  availability: async () => {
    const version = await installedVersion();
    return version === undefined ? { leftOut: 'the npm package aedes is not installed' } : { version };
  },
  start: async (folder) => {
    const port = await freePort();
    const args = [SERVER, HOST, String(port)];
    const server = await ServerProcess.start({ command: process.execPath, args, folder, port });
    return server.at(String(port));
  },
  connect: async (address) => new WireClient({ wire: await MqttWire.open(HOST, Number(address)), separator: '/' }),
};

/** Of the package's own description, which it does not export. */
async function installedVersion(): Promise<string | undefined> {
  try {
    const description = join(dirname(createRequire(import.meta.url).resolve('aedes')), 'package.json');
    return (JSON.parse(await readFile(description, 'utf8')) as { version: string }).version;
  } catch {
    return undefined;
  }
}
