import type { Time } from '../../../broker/kernel/time.ts';
import { framesIn } from '../../../broker/store/log-frame.ts';
import type { Segment, SegmentPair, Segments } from '../../../broker/store/segment.ts';
import type { StoreError } from '../../../broker/store/store.ts';
import { after } from '../../../broker/transports/linger.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { errorOf } from './simulated-store.ts';

/** What a disk writes as a whole, or not at all. */
const SECTOR_BYTES = 512;

interface Pending {
  readonly to: Uint8Array;
  readonly at: number;
  readonly content: Uint8Array;
}

/**
 * One opening of the segments of a log on a simulated disk. Writes are flushed after a time of their own; of one that a crash
 * cuts short, any sectors may be there.
 */
export class SimulatedSegments implements Segments {
  readonly bytes: number;
  readonly #disk: SimulatedDisk;
  readonly #time: Time;
  #pending: Pending | undefined;
  #abandoned = false;
  #failing = false;

  constructor(disk: SimulatedDisk, time: Time, bytes: number) {
    this.#disk = disk;
    this.#time = time;
    this.bytes = bytes;
  }

  /** A write has failed, or will. */
  get failing(): boolean {
    return this.#failing;
  }

  read(): readonly [Uint8Array, Uint8Array] | undefined {
    const [first, second] = this.#disk.segments ?? [];
    return first && second && [first.slice(), second.slice()];
  }

  open(): SegmentPair | undefined {
    const [first, second] = this.#disk.segments ?? [];
    return first && second && [this.#segment(first), this.#segment(second)];
  }

  make(): SegmentPair {
    const pair = [new Uint8Array(this.bytes), new Uint8Array(this.bytes)] as const;
    this.#disk.segments = pair;
    return [this.#segment(pair[0]), this.#segment(pair[1])];
  }

  copy(): void {
    throw new Error('a simulated disk cannot be backed up');
  }

  /** The process is gone. */
  abandon(): void {
    this.#abandoned = true;
    if (this.#pending === undefined) return;
    const { to, at, content } = this.#pending;
    for (let sector = 0; sector < content.length; sector += SECTOR_BYTES) {
      if (this.#disk.chance.fraction() < 0.5) to.set(content.subarray(sector, sector + SECTOR_BYTES), at + sector);
    }
  }

  #segment(to: Uint8Array): Segment {
    return {
      bytes: to.length,
      write: (at, content, done) => this.#write({ to, at, content: content.slice() }, content, done),
      close: () => {},
    };
  }

  #write(pending: Pending, given: Uint8Array, done: (fault: StoreError | undefined) => void): void {
    if (this.#abandoned) return;
    if (this.#pending !== undefined) this.#disk.offences.push('two writes to the log at a time');
    if (pending.at + given.length > pending.to.length) this.#disk.offences.push('a write past the end of a segment');
    this.#pending = pending;
    const fault = this.#disk.nextFault();
    if (fault !== undefined) this.#failing = true;
    const ms = this.#disk.flushMs(fault);
    const flushed = (): void => {
      if (this.#abandoned) return;
      if (Buffer.compare(given, pending.content) !== 0) {
        this.#disk.offences.push('what was written to the log was changed before it was flushed');
      }
      if (fault !== undefined) {
        done(errorOf(fault));
        return;
      }
      this.#pending = undefined;
      pending.to.set(pending.content, pending.at);
      for (const { changes } of framesIn(pending.content, pending.content.slice(8, 16))) this.#disk.onFlushed(changes);
      done(undefined);
    };
    if (ms === 0) this.#time.afterReads(flushed);
    else after(this.#time, ms, flushed);
  }
}
