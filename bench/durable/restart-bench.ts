import type { Peer } from '../peers/peer.ts';
import { tellwhen } from '../peers/tellwhen/mailbox.ts';
import { measureRestart, type Restart, type RestartOrder } from './restart.ts';

export interface RestartsOrder extends Omit<RestartOrder, 'stored'> {
  readonly peers: readonly Peer[];
  /** Numbers of stored events for everybody; and more for us alone, since others take long with many. */
  readonly stored: readonly number[];
  readonly storedOurs: readonly number[];
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
  { peers, stored, storedOurs, rounds, ...order }: RestartsOrder,
  progress: (step: string) => void,
): Promise<RestartsResult> {
  const rows = [
    ...stored.flatMap((count) => peers.map((peer) => ({ peer, stored: count, rounds: [] as Restart[] }))),
    ...storedOurs.map((count) => ({ peer: tellwhen, stored: count, rounds: [] as Restart[] })),
  ];
  for (let round = 1; round <= rounds; round += 1) {
    for (const row of rows) {
      progress(`round ${round}, ${row.peer.name} with ${row.stored} events`);
      row.rounds.push(await measureRestart(row.peer, { ...order, stored: row.stored }));
    }
  }
  return { rows: rows.map(({ peer, ...row }) => ({ name: peer.name, ...row })) };
}
