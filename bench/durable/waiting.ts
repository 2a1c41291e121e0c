import { setTimeout as delay } from 'node:timers/promises';
import type { Peer, PeerClient } from '../peers/peer.ts';

const SETTLED_MS = 10_000;
const ASK_AGAIN_MS = 20;

/**
 * What was acknowledged to publishers is there, and what consumers acknowledged is not; soon at least, since a consumer is
 * not told when its acknowledgement takes effect.
 *
 * @throws Error when it is not so after ten seconds.
 */
export async function expectWaiting(peer: Peer, address: string, queue: string, expected: number): Promise<void> {
  const client = await peer.connect(address, queue);
  try {
    await untilWaiting(peer, client, expected);
  } finally {
    await client.close();
  }
}

/** The same with a client that is there already. */
export async function untilWaiting(peer: Peer, client: PeerClient, expected: number): Promise<void> {
  const endMs = performance.now() + SETTLED_MS;
  for (;;) {
    const waiting = await client.waiting();
    if (waiting === expected) return;
    if (performance.now() > endMs) throw new Error(`${peer.name}: ${waiting} events wait, not ${expected}`);
    await delay(ASK_AGAIN_MS);
  }
}
