/**
 * Where the broker keeps what must outlive it: records under keys, in the order of the keys' bytes. Small on purpose, so
 * that an adapter is little code, and the simulation can have one that fails.
 *
 * What it promises, and every implementation is tested for (test/conformance/store.conformance.ts):
 *
 * - **Atomic**: of one commit all is there, after whatever happened, or nothing.
 * - **Ordered**: commits take effect in the order in which they were given. When one is there, all earlier ones are.
 * - **Durable**: when `done` is called without a fault, the commit survives what `durability` says.
 * - **Visible**: `get` and `range` show a commit at the latest when its `done` is called, and never a part of one. They may
 *   show it earlier, and may not.
 * - **Fatal**: after the first fault every later commit ends with a fault too. What the commits in between have come to is
 *   not known until the store is opened anew.
 */
export interface Store {
  /** What a commit survives: nothing, or the end of the process and of the machine. */
  readonly durability: Durability;

  /**
   * The value, a copy that is the caller's. Synchronous: microseconds when the page is in memory. Throws StoreError, as
   * `range` does, when the disk or the library fails.
   */
  get(key: Uint8Array): Uint8Array | undefined;

  /** At most `limit` records, copies. Nothing stays open: who wants more asks again, from after the last key. */
  range(range: KeyRange): readonly StoredRecord[];

  /**
   * Makes all changes, in their order. Keys and values belong to the store until `done`, which is called once, later,
   * never within this call. Does not throw for what the disk does; throws TypeError for a key that is empty or over 1,024
   * bytes, which is a fault of our own. How much waits is for the caller to bound.
   */
  commit(changes: readonly Change[], done: (fault: StoreError | undefined) => void): void;

  /** What is taken and what is left, as it was at most some seconds ago. Asks the system, some microseconds: not for a hot path. */
  space(): StoreSpace;

  /**
   * Copies everything as it was at one moment between two commits to a new directory, while commits go on. Rejects
   * StoreError when that cannot be.
   */
  backup(directory: string): Promise<void>;

  /** Resolves after the commits it was given. Later ones end with a fault. Idempotent; nothing else may be called after it. */
  close(): Promise<void>;
}

/** The longest key of a record. */
export const KEY_BYTES_MAX = 1_024;

/** The rungs of the ladder that this broker has: gone with the process, or flushed to the disk of this machine. */
export type Durability = 'memory' | 'flushed';

/** `value` undefined: the record is deleted, if it is there. */
export interface Change {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

export interface StoredRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Keys at or after `from` and before `to`. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly limit: number;
  /** From the last key down. */
  readonly reverse?: boolean;
}

export interface StoreSpace {
  /** Bytes that the store takes on the disk, or about that many in memory. */
  readonly storeBytes: number;
  /** Of these, bytes that nothing uses any more and that will be used again. A file that has grown does not shrink. */
  readonly reusableBytes: number;
  /** Bytes that the disk has left for us, beside what the store takes; Infinity without a disk. */
  readonly diskFreeBytes: number;
  /** The size of the disk; Infinity without one. */
  readonly diskBytes: number;
}

export type StoreErrorCode =
  /** Another process has the directory. */
  | 'store_locked'
  /** The directory holds no store, or one that cannot be read. */
  | 'store_unreadable'
  /** Written by a broker that is newer than this one, or so old that this one cannot read it. */
  | 'store_version'
  /** The disk, or the library, failed. */
  | 'store_failed'
  /** A flush took longer than it may. */
  | 'store_hangs';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
