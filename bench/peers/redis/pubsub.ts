import type { PubSubPeer, Taken } from '../pubsub-peer.ts';
import { RedisWire } from '../wire/redis-wire.ts';
import { WireClient } from '../wire/wire-client.ts';
import { REDIS_HOST, redisAvailability, startRedis } from './redis-server.ts';

/** A subscriber is thrown out when more than these bytes wait for it; 8 MB for a minute would do as it comes. */
const OUTPUT_MAX = 'pubsub 268435456 0 0';

/** Channels, with an empty memory and nothing on disk. */
export const redisPubSub: PubSubPeer = {
  key: 'redis',
  name: 'Redis',
  manner: 'PUBLISH; a channel for each site, the rest tested in the client',
  predicates: 'client',
  consumes: 'a stream with a consumer group',
  availability: redisAvailability,
  start: (folder) =>
    startRedis(folder, {
      save: '',
      appendonly: 'no',
      maxclients: '25000',
      'client-output-buffer-limit': OUTPUT_MAX,
    }),
  connect: async (address) => {
    const ends: (() => void)[] = [];
    return new WireClient({
      wire: await RedisWire.open(REDIS_HOST, Number(address)),
      separator: '/',
      consume: async (topic, taken) => {
        ends.push(await consumeFrom(address, topic, taken));
      },
      closing: async () => {
        for (const end of ends) end();
      },
    });
  },
};

/** Resolves with how to end it. Its library is loaded only here, so that all else can be measured without. */
async function consumeFrom(address: string, topic: string, taken: Taken): Promise<() => void> {
  const [{ Redis }, { StreamConsumer }] = await Promise.all([import('ioredis'), import('./stream-consumer.ts')]);
  const redis = new Redis(Number(address), REDIS_HOST);
  const consumer = new StreamConsumer(redis, topic);
  await consumer.start((body) => taken(body, 0, body.length));
  return () => {
    consumer.close();
    redis.disconnect();
  };
}
