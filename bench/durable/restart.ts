import type { Peer } from '../peers/peer.ts';
import { bytesIn, withFolder } from './data-folder.ts';
import { publishAt } from './publish-at.ts';
import { untilWaiting } from './waiting.ts';

/** What a server is like that has stored events when it starts. */
export interface Restart {
  /** From its start until it has told a client how many events it has. */
  readonly readyMs: number;
  /** From a consumer's coming until it has the oldest event. */
  readonly firstEventMs: number;
  /** When it was ready. */
  readonly ownBytes: number;
  readonly mappedBytes: number;
  /** Of the files it started from. */
  readonly fileBytes: number;
}

export interface RestartOrder {
  /** Where it makes its folder. */
  readonly parent: string;
  readonly stored: number;
  readonly inFlight: number;
}

const QUEUE = 'stored';

/**
 * Publishes, kills the server with SIGKILL when all is acknowledged, and starts it again. What the files hold is in the
 * system's page cache then.
 *
 * @throws Error when an event that was acknowledged is not there any more.
 */
export function measureRestart(peer: Peer, { parent, stored, inFlight }: RestartOrder): Promise<Restart> {
  return withFolder(parent, async (folder) => {
    const before = await peer.start(folder);
    try {
      await publishAt(peer, before.address, QUEUE, { first: 0, count: stored, inFlight, warmUp: 0 });
    } finally {
      await before.kill();
    }
    const fileBytes = await bytesIn(folder);
    const startMs = performance.now();
    const server = await peer.start(folder);
    try {
      const client = await peer.connect(server.address, QUEUE);
      await untilWaiting(peer, client, stored);
      const readyMs = performance.now() - startMs;
      const { ownBytes, mappedBytes } = server.usage();
      const askedMs = performance.now();
      await new Promise<void>((resolve, reject) => {
        client.consume(() => resolve()).catch(reject);
      });
      const firstEventMs = performance.now() - askedMs;
      await client.close();
      return { readyMs, firstEventMs, ownBytes, mappedBytes, fileBytes };
    } finally {
      await server.stop();
    }
  });
}
