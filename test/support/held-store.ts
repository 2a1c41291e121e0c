import type { Change, KeyRange, Store, StoredRecord, StoreError, StoreSpace } from '../../broker/store/store.ts';

type Done = (fault: StoreError | undefined) => void;

/** A store whose flushes wait while the test says so. What waits is on no disk, and nobody can read it. */
export class HeldStore implements Store {
  readonly #inner: Store;
  readonly #waiting: (() => void)[] = [];
  #held = false;
  /** What the disk is said to have left, beside what is taken. Absent: as it is. */
  diskFreeBytes: number | undefined;

  constructor(inner: Store) {
    this.#inner = inner;
  }

  get durability() {
    return this.#inner.durability;
  }

  /** From now on no commit is done. */
  hold(): void {
    this.#held = true;
  }

  /** All that waits goes on, and what comes does not wait. */
  letGo(): void {
    this.#held = false;
    for (const commit of this.#waiting.splice(0)) commit();
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#inner.get(key);
  }

  range(range: KeyRange): readonly StoredRecord[] {
    return this.#inner.range(range);
  }

  commit(changes: readonly Change[], done: Done): void {
    if (this.#held) this.#waiting.push(() => this.#inner.commit(changes, done));
    else this.#inner.commit(changes, done);
  }

  space(): StoreSpace {
    const space = this.#inner.space();
    return { ...space, diskFreeBytes: this.diskFreeBytes ?? space.diskFreeBytes };
  }

  backup(directory: string): Promise<void> {
    return this.#inner.backup(directory);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
