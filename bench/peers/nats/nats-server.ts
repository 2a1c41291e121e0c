import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Availability, Server } from '../peer.ts';
import { freePort, outputOf, ServerProcess } from '../server-process.ts';

export const NATS_SERVER = 'nats-server';

export async function natsAvailability(): Promise<Availability> {
  const version = (await outputOf(NATS_SERVER, ['--version']))?.replace(/^\D*/, '').trim();
  return version === undefined ? { leftOut: `no ${NATS_SERVER} is installed` } : { version };
}

/** @param settings Lines of its configuration. */
export async function startNats(folder: string, settings: string): Promise<Server> {
  const port = await freePort();
  const path = join(folder, 'nats.conf');
  await writeFile(path, `listen: "127.0.0.1:${port}"\n${settings}`);
  const server = await ServerProcess.start({ command: NATS_SERVER, args: ['-c', path], folder, port });
  return server.at(`127.0.0.1:${port}`);
}
