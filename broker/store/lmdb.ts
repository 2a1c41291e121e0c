import { existsSync, statfsSync, statSync } from 'node:fs';
import { mkdir, open as openFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';
import type { Time } from '../kernel/time.ts';
import { checkChanges } from './check-changes.ts';
import { prepareFile } from './lmdb-file.ts';
import { type Change, type KeyRange, type Store, type StoredRecord, StoreError, type StoreSpace } from './store.ts';

/** The file in the directory. lmdb puts a lock file of its own beside it, which says nothing of who may open it. */
export const STORE_FILE = 'store.mdb';

/** So many changes at most in one transaction, unless a single commit has more: what one transaction holds up is bounded. */
const CHANGES_MAX = 4096;

/** How often a flush that is under way is looked at, of the time it may take. */
const LOOKS_PER_TIMEOUT = 10;

export interface LmdbOptions {
  /** Made, with its parents, if it is not there; unless `readOnly`. */
  readonly directory: string;
  readonly time: Time;
  /** A flush that takes longer is a fault, `store_hangs`. */
  readonly commitTimeoutMs: number;
  /** For a look into a directory that a broker may have open. Commits end with a fault. */
  readonly readOnly?: boolean;
}

/** Without the free pages, and without a lock on the writer. */
const COMPACT = true;

interface Commit {
  readonly changes: readonly Change[];
  readonly done: (fault: StoreError | undefined) => void;
}

/** What lmdb's typings leave out, with `separateFlushed`. */
interface Written extends Promise<boolean> {
  readonly flushed: Promise<unknown>;
}

/**
 * A store in one file, by way of lmdb: a B-tree of pages that are never overwritten while somebody may need them, in
 * the page cache of the system. Commits are written by a thread of lmdb's own; one transaction is under way, and takes
 * what came while the one before it was.
 *
 * Who opens it has made sure that no other process writes to it (`lock-file.ts`), and sees to it that the disk
 * never fills (`disk-watch.ts`).
 *
 * After `store_hangs` the process cannot leave by `process.exit`: that waits for the thread that hangs. A signal that
 * cannot be caught ends it.
 */
export class LmdbStore implements Store {
  readonly durability = 'flushed';
  readonly #directory: string;
  readonly #time: Time;
  readonly #commitTimeoutMs: number;
  readonly #database: RootDatabase<Uint8Array, Uint8Array>;
  readonly #readOnly: boolean;
  readonly #stopLooking: () => void;
  #waiting: Commit[] = [];
  #underWay: readonly Commit[] | undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #fault: StoreError | undefined;
  #closed: Promise<void> | undefined;
  #idle: (() => void)[] = [];

  /** Throws StoreError `store_unreadable`. */
  constructor({ directory, time, commitTimeoutMs, readOnly = false }: LmdbOptions) {
    this.#directory = directory;
    this.#time = time;
    this.#commitTimeoutMs = commitTimeoutMs;
    this.#readOnly = readOnly;
    this.#database = openDatabase(directory, readOnly);
    this.#stopLooking = time.every(commitTimeoutMs / LOOKS_PER_TIMEOUT, () => this.#look());
    if (readOnly) this.#fault = new StoreError('store_failed', 'the store was opened for reading only');
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return reading(() => this.#database.getBinary(key));
  }

  range({ from, to, limit, reverse = false }: KeyRange): readonly StoredRecord[] {
    // To lmdb, an end without a byte is no end.
    if (limit < 1 || Buffer.compare(from, to) >= 0) return [];
    // lmdb walks down from `start` to `end`, and by itself takes the first and leaves the last.
    const ends = reverse
      ? { start: to, end: from, reverse, exclusiveStart: true, inclusiveEnd: true }
      : { start: from, end: to };
    // To its end, which is what closes its cursor: one left open would keep every page that is freed from then on.
    return reading(() => [...this.#database.getRange({ ...ends, limit })]);
  }

  commit(changes: readonly Change[], done: (fault: StoreError | undefined) => void): void {
    checkChanges(changes);
    if (this.#closed !== undefined) {
      queueMicrotask(() => done(new StoreError('store_failed', 'the store is closed')));
      return;
    }
    this.#waiting.push({ changes, done });
    // Later, as promised, and with what else comes in this turn.
    if (this.#underWay === undefined) queueMicrotask(() => this.#writeNext());
  }

  space(): StoreSpace {
    const { bavail, bsize, blocks } = statfsSync(this.#directory);
    const { pageSize, lastPageNumber, root, free } = this.#database.getStats() as Stats;
    const pages = lastPageNumber + 1;
    const used = META_PAGES + pagesOf(root) + pagesOf(free);
    return {
      storeBytes: pages * pageSize,
      reusableBytes: Math.max(0, pages - used) * pageSize,
      diskFreeBytes: bavail * bsize,
      diskBytes: blocks * bsize,
    };
  }

  async backup(directory: string): Promise<void> {
    const path = join(directory, STORE_FILE);
    const unfinished = `${path}.unfinished`;
    try {
      await mkdir(directory, { recursive: true });
      if (existsSync(path)) throw new Error(`there is a store already: ${path}`);
      // What an earlier one did not finish.
      await rm(unfinished, { force: true });
      await this.#database.backup(unfinished, COMPACT);
      await flushFile(unfinished);
      await rename(unfinished, path);
      await flushFile(directory);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {});
      throw new StoreError('store_failed', `no backup was made in ${directory}: ${messageOf(error)}`, { cause: error });
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #writeNext(): void {
    if (this.#underWay !== undefined || this.#waiting.length === 0) return;
    const commits = this.#takeWaiting();
    this.#underWay = commits;
    this.#deadlineMs = this.#time.monotonicMs() + this.#commitTimeoutMs;
    const written = this.#fault === undefined ? this.#write(commits) : Promise.reject(this.#fault);
    written.then(
      () => this.#settle(commits),
      async (error) => this.#failed(commits, await faultOf(error)),
    );
  }

  /** As many of the oldest as go together into one transaction, and at least one. */
  #takeWaiting(): readonly Commit[] {
    let changes = 0;
    let count = 0;
    for (const commit of this.#waiting) {
      changes += commit.changes.length;
      if (count > 0 && changes > CHANGES_MAX) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  /** Resolves when it is flushed. */
  async #write(commits: readonly Commit[]): Promise<void> {
    const database = this.#database;
    const written = database.batch(() => {
      for (const { changes } of commits) {
        for (const { key, value } of changes) {
          if (value === undefined) database.remove(key);
          else database.put(key, value);
        }
      }
    }) as Written;
    // What fails to be written is never flushed either: only the first promise says so.
    await written;
    await written.flushed;
  }

  #settle(commits: readonly Commit[]): void {
    // The flush that took too long has come to its end after all, and nobody waits for it any more.
    if (this.#underWay !== commits) return;
    this.#underWay = undefined;
    for (const { done } of commits) done(this.#fault);
    this.#writeNext();
    if (this.#underWay === undefined) for (const idle of this.#idle.splice(0)) idle();
  }

  #failed(commits: readonly Commit[], fault: StoreError): void {
    if (this.#underWay !== commits) return;
    this.#fault ??= fault;
    this.#settle(commits);
  }

  #look(): void {
    const commits = this.#underWay;
    if (commits === undefined || this.#time.monotonicMs() < this.#deadlineMs) return;
    // After a standstill of the process the flush may be long done, and only its answer not yet read.
    this.#time.afterReads(() => {
      const message = `a flush has taken longer than ${this.#commitTimeoutMs} ms`;
      this.#failed(commits, new StoreError('store_hangs', message));
    });
  }

  async #close(): Promise<void> {
    if (this.#underWay !== undefined || this.#waiting.length > 0) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
    this.#stopLooking();
    const broken = this.#fault !== undefined && !this.#readOnly;
    // What hangs would hang here too.
    if (!broken) await this.#database.close();
  }
}

/** What the library says of its file, of which its typings say nothing. In pages, but for `pageSize`. */
interface Stats {
  readonly pageSize: number;
  readonly lastPageNumber: number;
  /** The tree of the records, and that of the free pages. */
  readonly root: TreeStats;
  readonly free: TreeStats;
}

interface TreeStats {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** Pages at the start of the file that say where its trees are. */
const META_PAGES = 2;

function pagesOf({ treeBranchPageCount, treeLeafPageCount, overflowPages }: TreeStats): number {
  return treeBranchPageCount + treeLeafPageCount + overflowPages;
}

function openDatabase(directory: string, readOnly: boolean): RootDatabase<Uint8Array, Uint8Array> {
  const path = join(directory, STORE_FILE);
  if (readOnly && sizeOf(path) === 0) throw new StoreError('store_unreadable', `there is no store in ${directory}`);
  try {
    if (!readOnly && existsSync(path)) prepareFile(path);
    // Its typings do not know the last one.
    const options: RootDatabaseOptionsWithPath & { readonly safeRestore: boolean } = {
      path,
      noSubdir: true,
      readOnly,
      keyEncoding: 'binary',
      encoding: 'binary',
      compression: false,
      // The records are in the root, and a broker that is newer may have more.
      maxDbs: 4,
      // A commit is visible, and the next may be written, while it is being flushed; and it is told when that is done.
      overlappingSync: !readOnly,
      separateFlushed: true,
      // A batch is a transaction of its own, written at once.
      eventTurnBatching: false,
      // Opens with what was flushed last, whatever the page cache may have beyond that.
      safeRestore: true,
    };
    return open<Uint8Array, Uint8Array>(options);
  } catch (error) {
    throw new StoreError('store_unreadable', `${path} cannot be opened as a store: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A folder is flushed too, so that its new name in it lasts. */
async function flushFile(path: string): Promise<void> {
  const file = await openFile(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function faultOf(error: unknown): Promise<StoreError> {
  if (error instanceof StoreError) return error;
  // lmdb has the reason rejected beside, and nobody listening to that would be the end of the process.
  const cause = await (error as { readonly commitError?: Promise<never> }).commitError?.catch(
    (reason: unknown) => reason,
  );
  return new StoreError('store_failed', `a commit has failed: ${messageOf(cause ?? error)}`, { cause: cause ?? error });
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new StoreError('store_failed', `the store cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
