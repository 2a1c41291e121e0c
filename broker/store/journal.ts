import type { Time } from '../kernel/time.ts';
import type { Change, Store, StoreError } from './store.ts';

/** What goes to the store in one commit. */
export interface Batch {
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /** Calls `then` when the batch is flushed; never when the store fails. In order of the calls. */
  flushed(then: () => void): void;
}

/** Says what it has to write, when a batch is made. May add to the batch what another writer gave it reason to. */
export type Writer = (batch: Batch) => void;

export interface JournalMeans {
  readonly store: Store;
  readonly time: Time;
  /** The store failed: nothing that was not flushed can be relied on, and nothing more will be. */
  readonly failed: (fault: StoreError) => void;
  /** After each commit, how long it took and how much it was. */
  readonly committed: (ms: number, changes: number, bytes: number) => void;
}

/**
 * Group commit: what a turn of the event loop has to write goes to the store together, and while one batch is being
 * flushed the next one gathers. So a flush, which costs milliseconds, is shared by all who wait for one, and the busier
 * the broker the larger the batches.
 *
 * Writers keep what they have to write themselves, and are asked for it when a batch is made: a page that changes a
 * thousand times between two flushes is written once. What one turn touches is in one batch, so it is there after a
 * crash as a whole or not at all.
 */
export class Journal {
  readonly #means: JournalMeans;
  readonly #writers: Writer[] = [];
  #touched = false;
  #scheduled = false;
  #flushing = false;
  #failed = false;
  #afterFlush: (() => void)[] = [];
  #idle: (() => void)[] = [];

  constructor(means: JournalMeans) {
    this.#means = means;
  }

  get store(): Store {
    return this.#means.store;
  }

  /** From the first fault of the store on. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Writers are asked in the order in which they came. */
  addWriter(writer: Writer): void {
    this.#writers.push(writer);
  }

  /** Somebody has something to write. */
  touch(): void {
    this.#touched = true;
    if (this.#scheduled || this.#flushing || this.#failed) return;
    this.#scheduled = true;
    this.#means.time.afterReads(() => {
      this.#scheduled = false;
      this.#commit();
    });
  }

  /** Calls `then` when all that was touched by now is flushed; never when the store fails. Never within this call. */
  afterFlush(then: () => void): void {
    if (this.#touched || this.#flushing) {
      this.#afterFlush.push(then);
      this.touch();
    } else this.#means.time.afterReads(then);
  }

  /** Resolves when nothing waits to be flushed, or the store has failed. */
  settled(): Promise<void> {
    if (this.#failed || (!this.#touched && !this.#flushing)) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #commit(): void {
    if (!this.#touched || this.#flushing || this.#failed) return;
    this.#touched = false;
    this.#flushing = true;
    const changes: Change[] = [];
    const then: (() => void)[] = [];
    let bytes = 0;
    const batch: Batch = {
      put(key, value) {
        bytes += key.length + value.length;
        changes.push({ key, value });
      },
      delete: (key) => void changes.push({ key, value: undefined }),
      flushed: (call) => void then.push(call),
    };
    for (const write of this.#writers) write(batch);
    then.push(...this.#afterFlush);
    this.#afterFlush = [];
    const sinceMs = this.#means.time.monotonicMs();
    this.#means.store.commit(changes, (fault) => {
      this.#flushing = false;
      if (fault !== undefined) {
        this.#fail(fault);
        return;
      }
      this.#means.committed(this.#means.time.monotonicMs() - sinceMs, changes.length, bytes);
      for (const call of then) call();
      this.#commit();
      if (!this.#flushing && !this.#touched) this.#release();
    });
  }

  #fail(fault: StoreError): void {
    this.#failed = true;
    this.#release();
    this.#means.failed(fault);
  }

  #release(): void {
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}
