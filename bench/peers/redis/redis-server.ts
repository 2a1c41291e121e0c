import type { Availability, Server } from '../peer.ts';
import { freePort, outputOf, ServerProcess } from '../server-process.ts';

export const REDIS_HOST = '127.0.0.1';

const SERVER = 'redis-server';

export async function redisAvailability(): Promise<Availability> {
  const version = /v=([\d.]+)/.exec((await outputOf(SERVER, ['--version'])) ?? '')?.[1];
  return version === undefined ? { leftOut: `no ${SERVER} is installed` } : { version };
}

/** Its address is its port. It accepts connections before it has read what it has stored. */
export async function startRedis(folder: string, settings: Readonly<Record<string, string>>): Promise<Server> {
  const port = await freePort();
  const all = { port: String(port), bind: REDIS_HOST, dir: folder, ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await ServerProcess.start({ command: SERVER, args, folder, port });
  return server.at(String(port));
}
