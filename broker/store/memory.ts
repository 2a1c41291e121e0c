import type { Time } from '../kernel/time.ts';
import { checkChanges } from './check-changes.ts';
import { SortedMap } from './sorted-map.ts';
import { type Change, type KeyRange, type Store, type StoredRecord, StoreError, type StoreSpace } from './store.ts';

/** About what a record takes beside the bytes of its key and its value. */
const RECORD_BYTES = 200;

/** A store that is gone with the process. Commits are visible at once, and done after the next reads of the sockets. */
export class MemoryStore implements Store {
  readonly durability = 'memory';
  readonly #time: Time;
  /** By keys as texts of one character a byte, which compare as the bytes do, faster. */
  readonly #records = new SortedMap<Uint8Array>();
  #contentBytes = 0;
  #commitsUnderWay = 0;
  #closed = false;
  #closing: (() => void)[] = [];

  constructor(time: Time) {
    this.#time = time;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const value = this.#records.get(textOf(key));
    return value === undefined ? undefined : copyOf(value);
  }

  range({ from, to, limit, reverse = false }: KeyRange): readonly StoredRecord[] {
    const records: StoredRecord[] = [];
    if (limit < 1) return records;
    const walk = reverse ? this.#records.down(textOf(from), textOf(to)) : this.#records.up(textOf(from), textOf(to));
    for (const [key, value] of walk) {
      records.push({ key: new Uint8Array(Buffer.from(key, 'latin1')), value: copyOf(value) });
      if (records.length >= limit) break;
    }
    return records;
  }

  commit(changes: readonly Change[], done: (fault: StoreError | undefined) => void): void {
    checkChanges(changes);
    const fault = this.#closed ? new StoreError('store_failed', 'the store is closed') : undefined;
    if (fault === undefined) for (const change of changes) this.#make(change);
    this.#commitsUnderWay++;
    this.#time.afterReads(() => {
      this.#commitsUnderWay--;
      done(fault);
      this.#closeIfIdle();
    });
  }

  space(): StoreSpace {
    return {
      storeBytes: this.#contentBytes + this.#records.size * RECORD_BYTES,
      reusableBytes: 0,
      diskFreeBytes: Number.POSITIVE_INFINITY,
      diskBytes: Number.POSITIVE_INFINITY,
    };
  }

  backup(): Promise<void> {
    return Promise.reject(new StoreError('store_failed', 'what is only in memory cannot be backed up'));
  }

  close(): Promise<void> {
    this.#closed = true;
    return new Promise((resolve) => {
      this.#closing.push(resolve);
      this.#closeIfIdle();
    });
  }

  #make({ key, value }: Change): void {
    const text = textOf(key);
    const before = value === undefined ? this.#records.delete(text) : this.#records.set(text, copyOf(value));
    if (before !== undefined) this.#contentBytes -= key.length + before.length;
    if (value !== undefined) this.#contentBytes += key.length + value.length;
  }

  #closeIfIdle(): void {
    if (!this.#closed || this.#commitsUnderWay > 0) return;
    for (const closed of this.#closing.splice(0)) closed();
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

function copyOf(value: Uint8Array): Uint8Array {
  return new Uint8Array(value);
}
