import type { Peer, PublishRange } from '../peers/peer.ts';
import { ClientRun } from './client-run.ts';
import type { PublishReport } from './messages.ts';

export interface Publishing extends PublishRange {
  readonly warmUp: number;
}

/** Has a client process publish; resolves when all is acknowledged and the process has ended. */
export async function publishAt(
  peer: Peer,
  address: string,
  queue: string,
  { warmUp, ...range }: Publishing,
): Promise<PublishReport> {
  const run = new ClientRun({ kind: 'publish', peer: peer.key, address, queue, range, warmUp });
  try {
    const { report } = await run.next('published');
    await run.end();
    return report;
  } finally {
    await run.end(true);
  }
}
