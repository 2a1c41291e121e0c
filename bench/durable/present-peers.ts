import { PEERS, peerOf } from '../peers/catalogue.ts';
import type { Peer } from '../peers/peer.ts';

export interface PresentPeer {
  readonly peer: Peer;
  readonly version: string;
}

export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

/** Those of the keys that can be measured here, and the others; of none, all. Throws RangeError for a key without a peer. */
export async function presentPeers(keys: readonly string[]): Promise<{ present: PresentPeer[]; leftOut: LeftOut[] }> {
  const present: PresentPeer[] = [];
  const leftOut: LeftOut[] = [];
  for (const peer of keys.length === 0 ? PEERS : keys.map(peerOf)) {
    const found = await peer.availability();
    if ('version' in found) present.push({ peer, version: found.version });
    else leftOut.push({ name: peer.name, why: found.leftOut });
  }
  return { present, leftOut };
}
