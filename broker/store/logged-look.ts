import { backUp } from './log-backup.ts';
import { type LogMeans, overlayOf, readLog, WITHOUT_PLACE } from './log-recovery.ts';
import { type Overlay, rangeOver, recordOver } from './overlay.ts';
import { type Change, type KeyRange, type Store, type StoredRecord, StoreError, type StoreSpace } from './store.ts';

/**
 * A store with a log, for a look: as it was when the look began, as far as the log is concerned, and nothing is changed. A broker may
 * be running on it.
 */
export class LoggedLook implements Store {
  readonly durability = 'flushed';
  readonly #means: LogMeans;
  readonly #overlays: readonly Overlay[];

  /** Rejects StoreError. The store behind is closed with it. */
  static async open(means: LogMeans): Promise<LoggedLook> {
    return new LoggedLook(means, overlayOf((await readLog(means)) ?? []));
  }

  private constructor(means: LogMeans, log: Overlay) {
    this.#means = means;
    this.#overlays = [log, WITHOUT_PLACE];
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return recordOver(this.#overlays, this.#means.behind, key);
  }

  range(range: KeyRange): readonly StoredRecord[] {
    return rangeOver(this.#overlays, this.#means.behind, range);
  }

  commit(_: readonly Change[], done: (fault: StoreError | undefined) => void): void {
    queueMicrotask(() => done(new StoreError('store_failed', 'the store was opened for reading only')));
  }

  space(): StoreSpace {
    return this.#means.behind.space();
  }

  backup(directory: string): Promise<void> {
    return backUp(this.#means, directory);
  }

  close(): Promise<void> {
    return this.#means.behind.close();
  }
}
