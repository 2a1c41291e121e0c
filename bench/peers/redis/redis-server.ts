import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Availability, Server } from '../peer.ts';
import { freePort, outputOf, ServerProcess } from '../server-process.ts';

export const REDIS_HOST = '127.0.0.1';

const SERVER = 'redis-server';
const ASK_AGAIN_MS = 5;

export async function redisAvailability(): Promise<Availability> {
  const version = /v=([\d.]+)/.exec((await outputOf(SERVER, ['--version'])) ?? '')?.[1];
  return version === undefined ? { leftOut: `no ${SERVER} is installed` } : { version };
}

/** Its address is its port. */
export async function startRedis(folder: string, settings: Readonly<Record<string, string>>): Promise<Server> {
  const port = await freePort();
  const all = { port: String(port), bind: REDIS_HOST, dir: folder, ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await ServerProcess.start({ command: SERVER, args, folder, port });
  await untilLoaded(port);
  return server.at(String(port));
}

/** It accepts connections before it has read its file. Asked here, since the library asks no more than once a second. */
async function untilLoaded(port: number): Promise<void> {
  const redis = new Redis(port, REDIS_HOST, { enableReadyCheck: false });
  for (;;) {
    const answer = await redis.ping().catch((error: unknown) => String(error));
    if (answer === 'PONG') break;
    if (!answer.includes('LOADING')) throw new Error(answer);
    await delay(ASK_AGAIN_MS);
  }
  redis.disconnect();
}
