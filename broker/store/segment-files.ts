import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  write,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { BLOCK_BYTES, type Segment, type SegmentPair, type Segments } from './segment.ts';
import { StoreError } from './store.ts';

/** The files in the directory. */
export const SEGMENT_FILES = ['store.log-0', 'store.log-1'] as const;

/** Where the system has it, a write is a flush of what was written; elsewhere one follows. */
const FLUSHED: number | undefined = constants.O_DSYNC;

/** New files are written in pieces of this size. */
const PIECE_BYTES = 1 << 20;

/** In front of the last block of a file, of which nothing else is used: without it the file is cut short. */
const END = Buffer.from('the end of a segment of Tellwhen’s write-ahead log\n');

/**
 * Segments as files of a directory, `about` so many bytes long when they are made: whole blocks. Every block is written then: a write that has to make
 * room flushes what the file system knows of the file as well, and takes half as long again.
 */
export function segmentFiles(directory: string, about: number): Segments {
  const bytes = Math.max(1, Math.floor(about / BLOCK_BYTES)) * BLOCK_BYTES;
  const paths = SEGMENT_FILES.map((name) => join(directory, name));
  const pair = (): SegmentPair => paths.map((path) => new SegmentFile(path)) as unknown as SegmentPair;
  return {
    bytes,
    read() {
      if (!paths.every((path) => existsSync(path))) return undefined;
      const [first, second] = paths.map((path) => trying(path, () => readSegment(path)));
      return first && second && [first, second];
    },
    open: () => (paths.every((path) => trying(path, () => isWhole(path))) ? pair() : undefined),
    make() {
      for (const path of paths) trying(path, () => writeNew(path, new Uint8Array(0), bytes));
      trying(directory, () => flushDirectory(directory));
      return pair();
    },
    copy(to, contents) {
      for (const [i, content] of contents.entries()) {
        const path = join(to, SEGMENT_FILES[i] as string);
        trying(path, () => writeNew(path, content, content.length));
      }
      trying(to, () => flushDirectory(to));
    },
  };
}

class SegmentFile implements Segment {
  readonly bytes: number;
  readonly #path: string;
  readonly #file: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = trying(path, () => openSync(path, constants.O_RDWR | (FLUSHED ?? 0)));
    this.bytes = fstatSync(this.#file).size - BLOCK_BYTES;
  }

  write(at: number, content: Uint8Array, done: (fault: StoreError | undefined) => void): void {
    write(this.#file, content, 0, content.length, at, (error, written) => {
      if (error !== null) done(faultOf(this.#path, error));
      else if (written < content.length) this.write(at + written, content.subarray(written), done);
      else if (FLUSHED !== undefined) done(undefined);
      else fdatasync(this.#file, (error) => done(error === null ? undefined : faultOf(this.#path, error)));
    });
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** What is in it, but for its end. Throws StoreError where that is not there. */
function readSegment(path: string): Uint8Array {
  const file = readFileSync(path);
  const end = Math.max(0, file.length - BLOCK_BYTES);
  if (!file.subarray(end, end + END.length).equals(END))
    throw new StoreError('store_unreadable', `${path} is cut short`);
  return file.subarray(0, end);
}

/** Whether it is there, to its end. */
function isWhole(path: string): boolean {
  if (!existsSync(path)) return false;
  const file = openSync(path, 'r');
  try {
    const end = Buffer.alloc(END.length);
    readSync(file, end, 0, end.length, Math.max(0, fstatSync(file).size - BLOCK_BYTES));
    return end.equals(END);
  } finally {
    closeSync(file);
  }
}

/** A file with this content, zeros up to so many bytes, and its end. */
function writeNew(path: string, content: Uint8Array, bytes: number): void {
  const file = openSync(path, 'w');
  try {
    writeSync(file, content, 0, content.length, 0);
    const zeros = new Uint8Array(PIECE_BYTES);
    for (let at = content.length; at < bytes; at += PIECE_BYTES) {
      writeSync(file, zeros, 0, Math.min(PIECE_BYTES, bytes - at), at);
    }
    const end = new Uint8Array(BLOCK_BYTES);
    end.set(END);
    writeSync(file, end, 0, end.length, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** So that the new names in it last. */
function flushDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function trying<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof StoreError ? error : faultOf(path, error);
  }
}

function faultOf(path: string, cause: unknown): StoreError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StoreError('store_failed', `${path}: ${why}`, { cause });
}
