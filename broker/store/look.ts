import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { realTime } from '../kernel/time.ts';
import { type CheckOptions, checkStore, type KindCount } from './check-store.ts';
import { LmdbStore, STORE_FILE } from './lmdb.ts';
import { checkFile } from './lmdb-file.ts';
import { type DirectoryLock, lockDirectory, type OwnProcess } from './lock-file.ts';
import { LoggedLook } from './logged-look.ts';
import { segmentFiles } from './segment-files.ts';
import { type Store, StoreError } from './store.ts';

export interface LookOptions {
  readonly directory: string;
  readonly own: OwnProcess;
}

/** A store that is looked at, as it lies there, seals and all. */
export interface Look {
  readonly store: Store;
  /** A broker has it, and goes on with it. */
  readonly inUse: boolean;
  check(options: CheckOptions): Promise<readonly KindCount[]>;
  end(): Promise<void>;
}

/**
 * Opens the store of a data directory for people who want to know what is in it. A broker may run on it. If none does,
 * none can be started meanwhile, and the store is opened as a broker would open it, with what was flushed last.
 *
 * Rejects StoreError: `store_unreadable` where there is none.
 */
export async function openForLook({ directory, own }: LookOptions): Promise<Look> {
  const path = join(directory, STORE_FILE);
  // Before the directory is claimed, which makes it.
  if (!existsSync(path)) throw new StoreError('store_unreadable', `there is no store in ${directory}`);
  const lock = lockIfFree(directory, own);
  try {
    // Under the hands of a broker a page may be written while it is read.
    if (lock !== undefined) checkedFile(path);
    const behind = new LmdbStore({
      directory,
      time: realTime,
      commitTimeoutMs: NO_COMMITS_MS,
      readOnly: lock === undefined,
    });
    // None is made.
    const segments = segmentFiles(directory, 0);
    const store = await LoggedLook.open({ behind, segments, time: realTime });
    return {
      store,
      inUse: lock === undefined,
      check: (options) => checkStore(store, realTime, options),
      async end() {
        await store.close();
        lock?.release();
      },
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

function checkedFile(path: string): void {
  try {
    checkFile(path);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StoreError('store_unreadable', `${path} is damaged: ${message}`, { cause: error });
  }
}

const NO_COMMITS_MS = 60_000;

function lockIfFree(directory: string, own: OwnProcess): DirectoryLock | undefined {
  try {
    return lockDirectory(directory, own);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'store_locked') return undefined;
    throw error;
  }
}
