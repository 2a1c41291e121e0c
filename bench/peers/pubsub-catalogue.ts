import type { PubSubPeer } from './pubsub-peer.ts';

/** Ours, and those it is measured beside. Each is loaded when it is wanted: a package that one needs may not be installed. */
const LOADERS: Readonly<Record<string, () => Promise<PubSubPeer>>> = {
  tellwhen: async () => (await import('./tellwhen/pubsub.ts')).tellwhenPubSub,
  'tellwhen-mqtt': async () => (await import('./tellwhen/mqtt.ts')).tellwhenMqtt,
  nats: async () => (await import('./nats/pubsub.ts')).natsPubSub,
  redis: async () => (await import('./redis/pubsub.ts')).redisPubSub,
  mosquitto: async () => (await import('./mosquitto/pubsub.ts')).mosquittoPubSub,
  aedes: async () => (await import('./aedes/pubsub.ts')).aedesPubSub,
  activemq: async () => (await import('./activemq/pubsub.ts')).activeMqPubSub,
  rabbitmq: async () => (await import('./rabbitmq/pubsub.ts')).rabbitPubSub,
};

export const PUBSUB_KEYS: readonly string[] = Object.keys(LOADERS);

/** Rejects with RangeError if there is none of that key. */
export async function pubSubPeerOf(key: string): Promise<PubSubPeer> {
  const load = Object.hasOwn(LOADERS, key) ? LOADERS[key] : undefined;
  if (load !== undefined) return load();
  throw new RangeError(`there is no peer ${key}; there are ${PUBSUB_KEYS.join(', ')}`);
}
