import type { Time } from '../kernel/time.ts';
import { freeBallast, layBallast } from './ballast.ts';
import type { StoreSpace } from './store.ts';

/**
 * `open`: there is room. `low`: what would grow the store is refused; consuming and acknowledging go on, for which the
 * room below is kept. `critical`: the process is to end while it still can.
 */
export type DiskState = 'open' | 'low' | 'critical';

export interface DiskWatchOptions {
  /** Where the store is. The ballast lies beside it. */
  readonly directory: string;
  readonly time: Time;
  readonly space: () => StoreSpace;
  /** Room below which it is `low`; and the same as a share of the disk. The larger one holds. */
  readonly diskFreeBytesMin: number;
  readonly diskFreePercentMin: number;
  /** Size of the file that is given up when it becomes critical. 0: none. */
  readonly ballastBytes: number;
  readonly changed: (state: DiskState) => void;
}

const LOOK_MS = 1000;

/** Shares of the low mark. */
const CRITICAL_SHARE = 1 / 4;
const OPEN_AGAIN_SHARE = 5 / 4;
/** What the disk itself must have left, however much room there is inside the file. */
const DISK_SHARE = 1 / 16;
const DISK_AGAIN_SHARE = 1 / 8;
/** So much may be written between two looks. */
const LOOK_SHARE = 1 / 16;

/**
 * Sees to it that the disk never fills, because the store ends the process where it does. Looks once a second, and
 * sooner when much was written.
 *
 *     room    ──────────────┬───────────────┬──────────┬──────────▶
 *              critical     │ low           │ as it was│ open
 *                      mark / 4           mark    mark · 5/4
 *
 * Room is what the disk has left, and half of what the file of the store can use again: it never shrinks, so after a
 * full disk that is all there will be; but what is free in it is in pieces, and a large value needs one piece. When the
 * disk itself has next to nothing left, it is low all the same.
 */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #stopLooking: () => void;
  #state: DiskState = 'open';
  #space: StoreSpace;
  #bytesSinceLook = 0;

  /** Looks at once. `changed` is called for that as well, unless it is `open`. */
  constructor(options: DiskWatchOptions) {
    this.#options = options;
    this.#space = options.space();
    this.#judge();
    this.#stopLooking = options.time.every(LOOK_MS, () => this.#look());
  }

  get state(): DiskState {
    return this.#state;
  }

  /** As it was at the last look. */
  get space(): StoreSpace {
    return this.#space;
  }

  /** So much was given to the store. */
  wrote(bytes: number): void {
    this.#bytesSinceLook += bytes;
    if (this.#bytesSinceLook > this.#markBytes * LOOK_SHARE) this.#look();
  }

  /** Resolves when the ballast is there, or there is no room for it. Rejects when it cannot be written. */
  async layBallast(): Promise<void> {
    const { directory, ballastBytes } = this.#options;
    const roomBytes = this.#space.diskFreeBytes - this.#markBytes * OPEN_AGAIN_SHARE;
    await layBallast(directory, { bytes: ballastBytes, roomBytes });
    // It may have become critical meanwhile.
    if (this.#state === 'critical') freeBallast(directory);
  }

  stop(): void {
    this.#stopLooking();
  }

  get #markBytes(): number {
    const { diskFreeBytesMin, diskFreePercentMin } = this.#options;
    const { diskBytes } = this.#space;
    // Without a disk nothing is ever low.
    if (diskBytes === Number.POSITIVE_INFINITY) return diskFreeBytesMin;
    return Math.max(diskFreeBytesMin, (diskBytes * diskFreePercentMin) / 100);
  }

  #look(): void {
    this.#bytesSinceLook = 0;
    this.#space = this.#options.space();
    this.#judge();
  }

  #judge(): void {
    const before = this.#state;
    this.#state = this.#next();
    if (this.#state === before) return;
    if (this.#state === 'critical') freeBallast(this.#options.directory);
    this.#options.changed(this.#state);
  }

  #next(): DiskState {
    const mark = this.#markBytes;
    const { diskFreeBytes, reusableBytes } = this.#space;
    const room = diskFreeBytes + reusableBytes / 2;
    // No way back: the end has been asked for.
    if (this.#state === 'critical' || room < mark * CRITICAL_SHARE) return 'critical';
    if (room < mark || diskFreeBytes < mark * DISK_SHARE) return 'low';
    if (room >= mark * OPEN_AGAIN_SHARE && diskFreeBytes >= mark * DISK_AGAIN_SHARE) return 'open';
    return this.#state;
  }
}
