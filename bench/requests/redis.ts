import { Redis } from 'ioredis';
import { REDIS_HOST, redisAvailability, startRedis } from '../peers/redis/redis-server.ts';
import { type RequestPeer, TOPIC } from './request-peer.ts';

const REPLIES = `${TOPIC}.replies`;
const IN_HAND = `${TOPIC}.in-hand`;

/**
 * Two lists: a request is moved by BLMOVE into the list of what its server has in hand, and out of it with the reply. There is
 * one asker and one server here, so that replies come in the order of the requests, and no id is needed.
 */
export const redis: RequestPeer = {
  key: 'redis',
  name: 'Redis lists, BLMOVE',
  availability: redisAvailability,
  start: (folder) => startRedis(folder, { appendonly: 'no', save: '' }),
  async echo(address, atOnce) {
    const [taking, replying] = [await connected(address), await connected(address)];
    const serve = async (): Promise<void> => {
      for (;;) {
        const body = await taking.blmoveBuffer(TOPIC, IN_HAND, 'RIGHT', 'LEFT', 0);
        if (body !== null) replying.pipeline().lpush(REPLIES, body).rpop(IN_HAND).exec();
      }
    };
    for (let i = 0; i < atOnce; i++) void serve();
  },
  async connect(address) {
    const [asking, taking] = [await connected(address), await connected(address)];
    return {
      async ask(body) {
        asking.lpush(TOPIC, Buffer.from(body));
        const reply = await taking.brpopBuffer(REPLIES, 0);
        if (reply === null) throw new Error('no reply');
        return reply[1];
      },
      async close() {
        asking.disconnect();
        taking.disconnect();
      },
    };
  },
};

async function connected(address: string): Promise<Redis> {
  const client = new Redis(Number(address), REDIS_HOST, { lazyConnect: true });
  await client.connect();
  return client;
}
