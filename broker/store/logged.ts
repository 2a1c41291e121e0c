import type { Chance } from '../kernel/chance.ts';
import type { Time } from '../kernel/time.ts';
import { checkChanges } from './check-changes.ts';
import { backUp } from './log-backup.ts';
import { contentBytes, encodeFrame, frameBytes, RUN_BYTES } from './log-frame.ts';
import { overlayOf, PLACE_KIND, placeChanges, readLog, WITHOUT_PLACE } from './log-recovery.ts';
import { Overlay, rangeOver, recordOver } from './overlay.ts';
import type { Segment, SegmentPair, Segments } from './segment.ts';
import { type Change, type KeyRange, type Store, type StoredRecord, StoreError, type StoreSpace } from './store.ts';

/** So many keys are changed at most between two checkpoints, unless one commit has more: handing them on is one turn's work. */
const CHANGES_MAX = 4_096;

/** What is in the log for so long goes to the store behind, though there is room for more. */
const CHECKPOINT_MS = 1_000;

/** How often a write that is under way is looked at, of the time it may take. */
const LOOKS_PER_TIMEOUT = 10;

export interface LoggedMeans {
  /** Flushes as well; what it is given is larger and comes less often. Closed with this one. */
  readonly behind: Store;
  readonly segments: Segments;
  readonly time: Time;
  readonly chance: Chance;
  /** A write to the log that takes longer is a fault, `store_hangs`. */
  readonly commitTimeoutMs: number;
}

/** One of the two segments that take turns. */
interface Half {
  readonly segment: Segment;
  /**
   * What is written to it is put together here, where it will be there, and stays until the store behind has it: for those who
   * read. Of memory that nothing was written to yet there is none.
   */
  readonly image: Uint8Array;
}

interface Commit {
  readonly changes: readonly Change[];
  readonly done: (fault: StoreError | undefined) => void;
}

/**
 * A store in front of a store: commits are flushed to a write-ahead log, which takes one flush of one place of the disk, and
 * go to the store behind, for which each is several, together and later: in a *checkpoint*.
 *
 *     commit ──▶ waiting ──▶ segment in use, flushed ──▶ done
 *                                 │ full, or a second old
 *                                 ▼
 *                            the other is used now; a checkpoint of this one ──▶ store behind, flushed ──▶ free
 *
 * What is in the log and not behind yet is in memory as well, for those who read: at most two segments' worth. When the
 * other segment is not free yet, commits wait. One that is larger than a segment goes to the store behind at once, with
 * all before it.
 *
 * After the end of the process, what was flushed to the log is given to the store behind before anything else is done. It is
 * given again when that was cut short: the same values under the same keys.
 */
export class LoggedStore implements Store {
  readonly durability = 'flushed';
  readonly #means: LoggedMeans;
  readonly #behind: Store;
  readonly #halves: readonly [Half, Half];
  readonly #time: Time;
  readonly #commitTimeoutMs: number;
  readonly #run: Uint8Array;
  readonly #stops: readonly (() => void)[];
  #waiting: Commit[] = [];
  /** What is being written to the log; or is too large for it, and committed behind. */
  #underWay: readonly Commit[] | undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #inUse: Half;
  #usedBytes = 0;
  #lastNumber = 0;
  /** What is in the segment in use; and what is in the other one, while a checkpoint of it is under way. */
  #fresh = new Overlay();
  #leaving: Overlay | undefined;
  /** The segment in use is to have a checkpoint as soon as may be. */
  #isDue = false;
  #fault: StoreError | undefined;
  #closed: Promise<void> | undefined;
  #idle: (() => void)[] = [];

  /** Brings what is in the log to the store behind. Rejects StoreError when that cannot be. */
  static async open(means: LoggedMeans): Promise<LoggedStore> {
    const { behind, segments, chance } = means;
    const frames = await readLog(means);
    let changes = overlayOf(frames ?? []).all();
    let pair = segments.open();
    if (pair?.some(({ bytes }) => bytes !== segments.bytes)) {
      for (const segment of pair) segment.close();
      pair = undefined;
    }
    if (pair === undefined) {
      // Before the old ones go, nothing in them may be needed; and the new ones are there before the store says that it needs them.
      if (frames !== undefined) await flushed(behind, [...changes, ...placeChanges(undefined)]);
      changes = [];
      pair = segments.make();
    }
    const run = Buffer.from(chance.secret(), 'latin1').subarray(0, RUN_BYTES);
    // Whatever is in the segments is of another run from now on.
    await flushed(behind, [...changes, ...placeChanges({ run, applied: 0 })]);
    return new LoggedStore(means, pair, run);
  }

  private constructor(means: LoggedMeans, pair: SegmentPair, run: Uint8Array) {
    const { behind, time, commitTimeoutMs } = means;
    this.#means = means;
    this.#behind = behind;
    this.#halves = [halfOf(pair[0]), halfOf(pair[1])];
    [this.#inUse] = this.#halves;
    this.#time = time;
    this.#commitTimeoutMs = commitTimeoutMs;
    this.#run = run;
    this.#stops = [
      time.every(commitTimeoutMs / LOOKS_PER_TIMEOUT, () => this.#look()),
      time.every(CHECKPOINT_MS, () => this.#checkpointSoon()),
    ];
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return key[0] === PLACE_KIND ? undefined : recordOver(this.#overlays(), this.#behind, key);
  }

  range(range: KeyRange): readonly StoredRecord[] {
    return rangeOver([...this.#overlays(), WITHOUT_PLACE], this.#behind, range);
  }

  commit(changes: readonly Change[], done: (fault: StoreError | undefined) => void): void {
    checkChanges(changes);
    if (changes.some(({ key }) => key[0] === PLACE_KIND)) throw new TypeError('a key of the write-ahead log');
    const fault = this.#closed === undefined ? this.#fault : new StoreError('store_failed', 'the store is closed');
    if (fault === undefined) {
      this.#waiting.push({ changes, done });
      this.#goOn();
    } else this.#time.afterReads(() => done(fault));
  }

  space(): StoreSpace {
    const space = this.#behind.space();
    const logBytes = this.#halves[0].segment.bytes + this.#halves[1].segment.bytes;
    return { ...space, storeBytes: space.storeBytes + logBytes };
  }

  backup(directory: string): Promise<void> {
    return backUp(this.#means, directory);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The newest first. */
  #overlays(): Overlay[] {
    return this.#leaving === undefined ? [this.#fresh] : [this.#fresh, this.#leaving];
  }

  #goOn(): void {
    if (this.#underWay !== undefined) return;
    if (this.#fault !== undefined) for (const { done } of this.#waiting.splice(0)) done(this.#fault);
    else {
      if (this.#isDue && this.#leaving === undefined) this.#checkpoint();
      if (this.#waiting.length > 0) this.#goOnWith(this.#takeWhatFits());
    }
    if (this.#isIdle) for (const idle of this.#idle.splice(0)) idle();
  }

  #goOnWith(commits: readonly Commit[]): void {
    if (commits.length > 0) this.#append(commits);
    // Goes on when the other segment is free.
    else if (this.#leaving !== undefined) return;
    else if (this.#usedBytes > 0) {
      this.#checkpoint();
      this.#goOn();
    } else this.#commitBehind(this.#waiting.splice(0, 1));
  }

  get #isIdle(): boolean {
    const isBusy = this.#underWay !== undefined || this.#waiting.length > 0;
    return !isBusy && (this.#leaving === undefined || this.#fault !== undefined);
  }

  /** As many of the oldest as go into the segment in use, in one frame. */
  #takeWhatFits(): readonly Commit[] {
    const room = this.#inUse.segment.bytes - this.#usedBytes - frameBytes([]);
    let bytes = 0;
    let keys = this.#fresh.size;
    let count = 0;
    for (const { changes } of this.#waiting) {
      bytes += contentBytes(changes);
      keys += changes.length;
      if (bytes > room || (keys > CHANGES_MAX && keys > changes.length)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  #append(commits: readonly Commit[]): void {
    const number = this.#lastNumber + 1;
    const frame = encodeFrame(
      { run: this.#run, number },
      commits.flatMap(({ changes }) => changes),
      this.#inUse.image.subarray(this.#usedBytes),
    );
    this.#underWay = commits;
    this.#deadlineMs = this.#time.monotonicMs() + this.#commitTimeoutMs;
    this.#inUse.segment.write(this.#usedBytes, frame.content, (fault) => {
      if (fault === undefined) {
        this.#lastNumber = number;
        this.#usedBytes += frame.content.length;
        this.#fresh.apply(frame.changes);
      }
      this.#settle(commits, fault);
    });
  }

  /** They are larger than a segment. Nothing is in the log, and nothing may get there before they are flushed. */
  #commitBehind(commits: readonly Commit[]): void {
    this.#underWay = commits;
    const changes = commits.flatMap((commit) => commit.changes);
    this.#behind.commit(changes, (fault) => this.#settle(commits, fault));
  }

  #settle(commits: readonly Commit[], fault: StoreError | undefined): void {
    // The write that took too long has come to its end after all, and nobody waits for it any more.
    if (this.#underWay !== commits) return;
    this.#underWay = undefined;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    this.#fault ??= fault;
    for (const { done } of commits) done(this.#fault);
    this.#goOn();
  }

  /** What is in the segment in use goes to the store behind, and the other one, which is free, is used. */
  #checkpoint(): void {
    this.#isDue = false;
    const leaving = this.#fresh;
    this.#leaving = leaving;
    this.#fresh = new Overlay();
    this.#inUse = this.#halves[this.#inUse === this.#halves[0] ? 1 : 0];
    this.#usedBytes = 0;
    const place = placeChanges({ run: this.#run, applied: this.#lastNumber });
    this.#behind.commit([...leaving.all(), ...place], (fault) => {
      this.#fault ??= fault;
      // What has failed stays readable, as it was said to be.
      if (fault === undefined) this.#leaving = undefined;
      this.#goOn();
    });
  }

  #checkpointSoon(): void {
    if (this.#usedBytes === 0) return;
    this.#isDue = true;
    this.#goOn();
  }

  #look(): void {
    const commits = this.#underWay;
    if (commits === undefined || this.#time.monotonicMs() < this.#deadlineMs) return;
    // After a standstill of the process the write may be long done, and only its answer not yet read.
    this.#time.afterReads(() => {
      const message = `a write to the log has taken longer than ${this.#commitTimeoutMs} ms`;
      this.#settle(commits, new StoreError('store_hangs', message));
    });
  }

  async #close(): Promise<void> {
    if (!this.#isIdle) await new Promise<void>((resolve) => this.#idle.push(resolve));
    for (const stop of this.#stops) stop();
    const changes = [...this.#fresh.all(), ...placeChanges(undefined)];
    // When that fails, the log has it still.
    if (this.#fault === undefined) await flushed(this.#behind, changes).catch(() => {});
    await this.#behind.close();
    // What hangs would hang here too.
    if (this.#fault === undefined) for (const { segment } of this.#halves) segment.close();
  }
}

function halfOf(segment: Segment): Half {
  return { segment, image: new Uint8Array(segment.bytes) };
}

function flushed(store: Store, changes: readonly Change[]): Promise<void> {
  return new Promise((resolve, reject) =>
    store.commit(changes, (fault) => (fault === undefined ? resolve() : reject(fault))),
  );
}
