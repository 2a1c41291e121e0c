import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
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
      const [first, second] = paths.map((path) => trying(path, () => readFileSync(path)));
      return first && second && [first, second];
    },
    open: () => (paths.every((path) => existsSync(path)) ? pair() : undefined),
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
    this.bytes = fstatSync(this.#file).size;
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

/** A file with this content, and zeros up to its length. */
function writeNew(path: string, content: Uint8Array, bytes: number): void {
  const file = openSync(path, 'w');
  try {
    writeSync(file, content, 0, content.length, 0);
    const zeros = new Uint8Array(PIECE_BYTES);
    for (let at = content.length; at < bytes; at += PIECE_BYTES) {
      writeSync(file, zeros, 0, Math.min(PIECE_BYTES, bytes - at), at);
    }
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
    throw faultOf(path, error);
  }
}

function faultOf(path: string, cause: unknown): StoreError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StoreError('store_failed', `${path}: ${why}`, { cause });
}
