import type { PubSubPeer } from '../pubsub-peer.ts';
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
  availability: redisAvailability,
  start: (folder) =>
    startRedis(folder, {
      save: '',
      appendonly: 'no',
      maxclients: '25000',
      'client-output-buffer-limit': OUTPUT_MAX,
    }),
  connect: async (address) =>
    new WireClient({ wire: await RedisWire.open(REDIS_HOST, Number(address)), separator: '/' }),
};
