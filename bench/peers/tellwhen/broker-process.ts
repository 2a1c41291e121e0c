import { fileURLToPath } from 'node:url';
import type { Server } from '../peer.ts';
import { freePort, ServerProcess } from '../server-process.ts';

const CLI = fileURLToPath(new URL('../../../client/cli/main.js', import.meta.url));

/** Our broker as anyone would start it, with these flags besides. MQTT is spoken on `mqttPort`, if there is one. */
export async function startBroker(folder: string, flags: readonly string[], mqttPort = 0): Promise<Server> {
  const port = await freePort();
  const args = [CLI, 'serve', '--port', String(port), '--mqtt-port', String(mqttPort), ...flags];
  // The port for MQTT is the last that it listens on.
  const last = mqttPort === 0 ? port : mqttPort;
  const server = await ServerProcess.start({ command: process.execPath, args, folder, port: last });
  return server.at(`ws://127.0.0.1:${port}`);
}
