import { type LogMeans, readLog } from './log-recovery.ts';
import { BLOCK_BYTES } from './segment.ts';

/**
 * A backup of a store with a log: the log as it is now, and the store behind as it is then. So all that was flushed when it
 * began is in it; what of the log has come to the store behind meanwhile does no harm.
 */
export async function backUp(means: LogMeans, directory: string): Promise<void> {
  // None where the store is closed. A broker may open it before it is copied, and then the copy needs a log, if an empty one.
  const frames = (await readLog(means)) ?? [];
  await means.behind.backup(directory);
  const end = new Uint8Array(BLOCK_BYTES);
  // Both must be there. One is as good as empty.
  means.segments.copy(directory, [Buffer.concat([...frames.map(({ content }) => content), end]), end]);
}
