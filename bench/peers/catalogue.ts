import { jetStream, jetStreamFlushed } from './nats/jetstream.ts';
import type { Peer } from './peer.ts';
import { quorumQueue } from './rabbitmq/quorum-queue.ts';
import { redisStreams } from './redis/streams.ts';
import { tellwhen } from './tellwhen/mailbox.ts';

/** Ours, and those it is measured beside. */
export const PEERS: readonly Peer[] = [
  tellwhen,
  jetStream,
  jetStreamFlushed,
  redisStreams('always'),
  redisStreams('everysec'),
  quorumQueue,
];

/** Throws RangeError if there is none of that key. */
export function peerOf(key: string): Peer {
  const peer = PEERS.find((one) => one.key === key);
  if (peer !== undefined) return peer;
  throw new RangeError(`there is no peer ${key}; there are ${PEERS.map((one) => one.key).join(', ')}`);
}
