import type { Chance } from '../kernel/chance.ts';
import type { Time } from '../kernel/time.ts';
import { LmdbStore } from './lmdb.ts';
import { LoggedStore } from './logged.ts';
import { segmentFiles } from './segment-files.ts';
import type { Store } from './store.ts';

export interface DataDirectoryOptions {
  /** Made, with its parents, if it is not there. */
  readonly directory: string;
  readonly time: Time;
  readonly chance: Chance;
  readonly commitTimeoutMs: number;
  /** Of each of the two segments of the write-ahead log. */
  readonly logBytes: number;
}

/** A segment takes no more of a small disk: what is in both must find room behind when the disk is as good as full. */
const SEGMENT_SHARE = 1 / 128;

/** What a broker has in its data directory: lmdb behind a write-ahead log. Rejects StoreError when it cannot be opened. */
export async function openDataDirectory(options: DataDirectoryOptions): Promise<Store> {
  const { directory, logBytes } = options;
  const behind = new LmdbStore(options);
  try {
    const bytes = Math.min(logBytes, behind.space().diskBytes * SEGMENT_SHARE);
    return await LoggedStore.open({ ...options, behind, segments: segmentFiles(directory, bytes) });
  } catch (error) {
    await behind.close();
    throw error;
  }
}
