import type { Config } from './config/index.ts';
import { realChance } from './kernel/chance.ts';
import type { Time } from './kernel/time.ts';
import { DurationHistogram } from './observe/histogram.ts';
import type { Log } from './observe/log.ts';
import { openDataDirectory } from './store/data-directory.ts';
import { type DiskState, DiskWatch } from './store/disk-watch.ts';
import { Journal } from './store/journal.ts';
import { type DirectoryLock, lockDirectory, type OwnProcess } from './store/lock-file.ts';
import { MemoryStore } from './store/memory.ts';
import { SealedStore } from './store/sealed.ts';
import type { Store, StoreError, StoreSpace } from './store/store.ts';

export interface StorageMeans {
  readonly config: Config;
  readonly time: Time;
  readonly log: Log;
  /** Absent: one in the data directory, or in memory, as the configuration says. */
  readonly store: Store | undefined;
  /** Who claims the data directory. */
  readonly process: OwnProcess | undefined;
  /** The store failed, or the disk is as good as full: the broker has to end. */
  readonly failed: (fault: StoreError | undefined) => void;
}

/** The store with all that watches over it. */
export interface Storage {
  readonly journal: Journal;
  /** It outlives the process. */
  readonly isDurable: boolean;
  readonly commitSeconds: DurationHistogram;
  readonly commits: { count: number; changes: number; bytes: number };
  readonly diskState: () => DiskState;
  readonly space: () => StoreSpace;
  /** Records found damaged. */
  readonly corrupt: () => number;
  /** After what the journal was given. */
  close(): Promise<void>;
}

/** Throws StoreError when the store cannot be opened. */
export async function openStorage({ config, time, log, store, process, failed }: StorageMeans): Promise<Storage> {
  const lock = store === undefined && !config.memory ? claim(config.dataDir, process) : undefined;
  const sealed = new SealedStore(store ?? (await openStore(config, time, lock)), {
    corrupt: (key) => log.error('a record of the store is damaged; it is kept aside', { key: hex(key) }),
  });
  const commitSeconds = new DurationHistogram();
  const commits = { count: 0, changes: 0, bytes: 0 };
  const disk = new DiskWatch({
    directory: config.dataDir,
    time,
    space: () => sealed.space(),
    diskFreeBytesMin: config.diskFreeBytesMin,
    diskFreePercentMin: config.diskFreePercentMin,
    ballastBytes: config.ballastBytes,
    changed(state) {
      log.warn('room on the disk', { state, ...sealed.space() });
      if (state === 'critical') failed(undefined);
    },
  });
  const journal = new Journal({
    store: sealed,
    time,
    failed(fault) {
      log.error('the store failed; nothing is acknowledged any more', { error: fault });
      failed(fault);
    },
    committed(ms, changes, bytes) {
      commitSeconds.record(ms);
      commits.count += 1;
      commits.changes += changes;
      commits.bytes += bytes;
      disk.wrote(bytes);
    },
  });
  if (lock !== undefined) await disk.layBallast();
  return {
    journal,
    isDurable: sealed.durability === 'flushed',
    commitSeconds,
    commits,
    diskState: () => disk.state,
    space: () => disk.space,
    corrupt: () => sealed.corruptCount,
    async close() {
      await journal.settled();
      disk.stop();
      await sealed.close();
      lock?.release();
    },
  };
}

function claim(directory: string, process: OwnProcess | undefined): DirectoryLock {
  if (process !== undefined) return lockDirectory(directory, process);
  throw new TypeError('a broker with a data directory needs to know its `process`; or set `memory`');
}

async function openStore(config: Config, time: Time, lock: DirectoryLock | undefined): Promise<Store> {
  if (lock === undefined) return new MemoryStore(time);
  const { dataDir: directory, commitTimeoutMs, storeLogBytes: logBytes } = config;
  try {
    return await openDataDirectory({ directory, time, chance: realChance, commitTimeoutMs, logBytes });
  } catch (error) {
    lock.release();
    throw error;
  }
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
