import type { Peer } from '../peers/peer.ts';
import { measureRestart, type Restart, type RestartOrder } from './restart.ts';

export interface RestartsOrder extends Omit<RestartOrder, 'stored'> {
  readonly peers: readonly Peer[];
  /** Numbers of stored events. */
  readonly stored: readonly number[];
  readonly rounds: number;
}

export interface RestartRow {
  readonly name: string;
  readonly stored: number;
  readonly rounds: readonly Restart[];
}

export interface RestartsResult {
  readonly rows: readonly RestartRow[];
}

/** Every peer with every number of events, once a round. */
export async function measureRestarts(
  { peers, stored, rounds, ...order }: RestartsOrder,
  progress: (step: string) => void,
): Promise<RestartsResult> {
  const rows = stored.flatMap((count) => peers.map((peer) => ({ peer, stored: count, rounds: [] as Restart[] })));
  for (let round = 1; round <= rounds; round += 1) {
    for (const row of rows) {
      progress(`round ${round}, ${row.peer.name} with ${row.stored} events`);
      row.rounds.push(await measureRestart(row.peer, { ...order, stored: row.stored }));
    }
  }
  return { rows: rows.map(({ peer, ...row }) => ({ name: peer.name, ...row })) };
}
