import type { Peer } from '../peers/peer.ts';
import type { LeftOut, Present } from '../peers/present.ts';
import { type Floor, measureFloor } from './flush-floor.ts';
import { measurePeer, type PeerRound, type RoundOrder } from './peer-round.ts';

export interface PeersOrder extends RoundOrder {
  readonly present: readonly Present<Peer>[];
  readonly leftOut: readonly LeftOut[];
  readonly rounds: number;
}

/** What was found out of one peer: all its rounds, since a median without its spread says little. */
export interface PeerFigures extends Pick<Peer, 'key' | 'name' | 'ack' | 'settled'> {
  readonly version: string;
  readonly rounds: readonly PeerRound[];
}

export interface PeersResult {
  readonly events: number;
  readonly inFlight: number;
  readonly alone: number;
  readonly floor: readonly Floor[];
  readonly peers: readonly PeerFigures[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Every peer once a round, so that what the machine does meanwhile happens to all; each round begins with another.
 *
 * @throws Error when an event was lost, came twice, out of order or changed.
 */
export async function measurePeers(order: PeersOrder, progress: (step: string) => void): Promise<PeersResult> {
  const { present, leftOut, rounds, events, inFlight, alone } = order;
  const floor: Floor[] = [];
  const found = present.map(({ peer, version }) => ({ peer, version, rounds: [] as PeerRound[] }));
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round + 1}, a bare file`);
    floor.push(await measureFloor(order));
    const start = round % Math.max(1, found.length);
    for (const one of [...found.slice(start), ...found.slice(0, start)]) {
      progress(`round ${round + 1}, ${one.peer.name}`);
      one.rounds.push(await measurePeer(one.peer, order));
    }
  }
  const peers = found.map(({ peer: { key, name, ack, settled }, ...rest }) => ({ key, name, ack, settled, ...rest }));
  return { events, inFlight, alone, floor, peers, leftOut };
}
