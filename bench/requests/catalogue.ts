import type { RequestPeer } from './request-peer.ts';

const PEERS: Readonly<Record<string, () => Promise<RequestPeer>>> = {
  tellwhen: async () => (await import('./tellwhen.ts')).tellwhen,
  nats: async () => (await import('./nats.ts')).nats,
  redis: async () => (await import('./redis.ts')).redis,
};

export const REQUEST_PEERS: readonly string[] = Object.keys(PEERS);

/** Rejects with RangeError for a key that no peer has. */
export async function requestPeerOf(key: string): Promise<RequestPeer> {
  const load = Object.hasOwn(PEERS, key) ? PEERS[key] : undefined;
  if (load === undefined) throw new RangeError(`there is no peer ${key}; there are ${REQUEST_PEERS.join(', ')}`);
  return load();
}
