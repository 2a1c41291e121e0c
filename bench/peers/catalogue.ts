import type { Peer } from './peer.ts';

/** Ours, and those it is measured beside. Each is loaded when it is wanted: a package that one needs may not be installed. */
const LOADERS: Readonly<Record<string, () => Promise<Peer>>> = {
  tellwhen: async () => (await import('./tellwhen/mailbox.ts')).tellwhen,
  jetstream: async () => (await import('./nats/jetstream.ts')).jetStream,
  'jetstream-always': async () => (await import('./nats/jetstream.ts')).jetStreamFlushed,
  'redis-always': async () => (await import('./redis/streams.ts')).redisStreams('always'),
  'redis-everysec': async () => (await import('./redis/streams.ts')).redisStreams('everysec'),
  rabbitmq: async () => (await import('./rabbitmq/quorum-queue.ts')).quorumQueue,
};

export const PEER_KEYS: readonly string[] = Object.keys(LOADERS);

/** Rejects with RangeError if there is none of that key. */
export async function peerOf(key: string): Promise<Peer> {
  const load = Object.hasOwn(LOADERS, key) ? LOADERS[key] : undefined;
  if (load !== undefined) return load();
  throw new RangeError(`there is no peer ${key}; there are ${PEER_KEYS.join(', ')}`);
}
