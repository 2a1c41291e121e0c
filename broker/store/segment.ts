import type { StoreError } from './store.ts';

/**
 * A part of the write-ahead log: some bytes on the disk that are there from the beginning, so that a write is one flush
 * of data and changes nothing else. Two of them take turns (`logged.ts`).
 */
export interface Segment {
  readonly bytes: number;

  /**
   * Writes at a place, and flushes it: `done` is called later, once, without a fault when it is on the disk. A crash before
   * leaves any part of it. One write at a time; `content` is left alone until `done`.
   */
  write(at: number, content: Uint8Array, done: (fault: StoreError | undefined) => void): void;

  /** Nothing may be under way. */
  close(): void;
}

/** Frames begin at multiples of it: what is on the disk is never written again for what comes behind it. */
export const BLOCK_BYTES = 4_096;

/** Both segments of a store. */
export type SegmentPair = readonly [Segment, Segment];

/** Where the segments of a store are. All of it throws StoreError when the disk fails. */
export interface Segments {
  /** Of each that is made. */
  readonly bytes: number;

  /**
   * What is in them; `undefined` where there are not two. While one is written, any part of that may be in it. Throws StoreError
   * `store_unreadable` where one was cut short.
   */
  read(): readonly [Uint8Array, Uint8Array] | undefined;

  /** Those that are there; `undefined` where there are not two, whole. */
  open(): SegmentPair | undefined;

  /** New ones, in the place of those that are there, flushed. */
  make(): SegmentPair;

  /** Puts such as a backup has into a directory, flushed. */
  copy(directory: string, contents: readonly [Uint8Array, Uint8Array]): void;
}
