import type { Time } from '../../../broker/kernel/time.ts';
import { checkChanges } from '../../../broker/store/check-changes.ts';
import {
  type Change,
  type KeyRange,
  type Store,
  type StoredRecord,
  StoreError,
  type StoreSpace,
} from '../../../broker/store/store.ts';
import { after } from '../../../broker/transports/linger.ts';
import type { DiskFault, SimulatedDisk } from './simulated-disk.ts';
import { copyOf, type SortedRecords } from './sorted-records.ts';

interface Pending {
  /** As the commit was given: what belongs to the store until it is done. */
  readonly given: readonly Change[];
  /** As it was then. */
  readonly changes: readonly Change[];
  readonly done: (fault: StoreError | undefined) => void;
  readonly fault: DiskFault['kind'] | undefined;
}

/**
 * One opening of a simulated disk. Keeps the contract of a store and not a jot more: commits are flushed one after the
 * other, each after a time of its own; readers see them when `terms.visible` says; what was given to it is checked to be
 * left alone until it is done.
 */
export class SimulatedStore implements Store {
  readonly durability = 'flushed';
  readonly #disk: SimulatedDisk;
  readonly #time: Time;
  readonly #onClosed: () => void;
  /** What readers see. */
  readonly #view: SortedRecords;
  readonly #pending: Pending[] = [];
  #flushing = false;
  #fault: StoreError | undefined;
  /** Since the fault, something did not reach the disk. */
  #lost = false;
  #state: 'open' | 'closing' | 'closed' = 'open';
  readonly #whenClosed: (() => void)[] = [];

  constructor(means: {
    readonly disk: SimulatedDisk;
    readonly time: Time;
    readonly records: SortedRecords;
    readonly onClosed: () => void;
  }) {
    this.#disk = means.disk;
    this.#time = means.time;
    this.#view = means.records;
    this.#onClosed = means.onClosed;
  }

  /** It has failed, or will. */
  get failing(): boolean {
    return this.#fault !== undefined || this.#pending.some(({ fault }) => fault !== undefined);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#mustBeOpen();
    return this.#view.get(key);
  }

  range(range: KeyRange): readonly StoredRecord[] {
    this.#mustBeOpen();
    return this.#view.range(range);
  }

  commit(changes: readonly Change[], done: (fault: StoreError | undefined) => void): void {
    checkChanges(changes);
    if (this.#state !== 'open') {
      this.#time.afterReads(() => done(new StoreError('store_failed', 'the store is closed')));
      return;
    }
    const fault = this.#disk.nextFault();
    const copies = changes.map(({ key, value }) => ({ key: copyOf(key), value: value && copyOf(value) }));
    if (this.#disk.terms.visible === 'at-once') this.#view.apply(copies);
    this.#pending.push({ given: changes, changes: copies, done, fault });
    this.#flush();
  }

  space(): StoreSpace {
    const { bytes, freeBytes, diskBytes } = this.#disk;
    return { storeBytes: bytes, reusableBytes: 0, diskFreeBytes: freeBytes, diskBytes };
  }

  async backup(): Promise<void> {
    throw new StoreError('store_failed', 'a simulated disk cannot be backed up');
  }

  close(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closing';
    return new Promise((resolve) => {
      this.#whenClosed.push(resolve);
      this.#closeOnceDone();
    });
  }

  /** The process is gone: nobody is called any more. Answers what was not flushed. */
  abandon(): readonly (readonly Change[])[] {
    this.#state = 'closed';
    return this.#pending.splice(0).map(({ changes }) => changes);
  }

  #flush(): void {
    if (this.#flushing || this.#state === 'closed') return;
    const pending = this.#pending[0];
    if (pending === undefined) {
      this.#closeOnceDone();
      return;
    }
    this.#flushing = true;
    this.#after(this.#disk.flushMs(pending.fault), () => {
      this.#flushing = false;
      if (this.#state === 'closed') return;
      this.#pending.shift();
      this.#end(pending);
      this.#flush();
    });
  }

  #end({ given, changes, done, fault }: Pending): void {
    this.#fault ??= fault === undefined ? undefined : errorOf(fault);
    // A commit that failed may be there all the same, if those before it are.
    if (this.#fault !== undefined) this.#lost ||= this.#disk.chance.fraction() < 0.5;
    if (!this.#lost) this.#disk.flushed(changes);
    if (this.#fault === undefined && this.#disk.terms.visible === 'when-done') this.#view.apply(changes);
    if (!given.every((change, i) => isSame(change, changes[i]))) {
      this.#disk.offences.push('what a commit was given was changed before it was done');
    }
    done(this.#fault);
  }

  #after(ms: number, then: () => void): void {
    if (ms === 0) this.#time.afterReads(then);
    else after(this.#time, ms, then);
  }

  #closeOnceDone(): void {
    if (this.#state === 'open' || this.#pending.length > 0) return;
    if (this.#state === 'closing') this.#onClosed();
    this.#state = 'closed';
    for (const closed of this.#whenClosed.splice(0)) closed();
  }

  #mustBeOpen(): void {
    if (this.#state === 'closed') throw new StoreError('store_failed', 'the store is closed');
  }
}

export function errorOf(kind: DiskFault['kind']): StoreError {
  return kind === 'fails'
    ? new StoreError('store_failed', 'the simulated disk fails')
    : new StoreError('store_hangs', 'the simulated disk hangs');
}

function isSame(given: Change, kept: Change | undefined): boolean {
  if (kept === undefined || Buffer.compare(given.key, kept.key) !== 0) return false;
  if (given.value === undefined || kept.value === undefined) return given.value === kept.value;
  return Buffer.compare(given.value, kept.value) === 0;
}
