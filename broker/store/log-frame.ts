import { frameSum } from './frame-sum.ts';
import { BLOCK_BYTES } from './segment.ts';
import type { Change } from './store.ts';

/** Which one a frame is: of all that one run of the store has written, the `number`th, from 1. */
export interface FrameName {
  /** Eight bytes that no other run has. */
  readonly run: Uint8Array;
  readonly number: number;
}

export interface Frame {
  readonly number: number;
  readonly changes: readonly Change[];
  /** As it lies in its segment: whole blocks. */
  readonly content: Uint8Array;
}

export const RUN_BYTES = 8;

const LENGTH_AT = 4;
const RUN_AT = 8;
const NUMBER_AT = 16;
const VERSION_AT = 24;
const COUNT_AT = 28;
const HEAD_BYTES = 32;
/** In front of each change: 0 length of the key, 2 is there a value, 4 length of the value. */
const CHANGE_BYTES = 8;

/** 1 had another sum. */
const VERSION = 2;

/** What a frame of these changes takes in a segment. */
export function frameBytes(changes: readonly Change[]): number {
  return blocks(HEAD_BYTES + contentBytes(changes));
}

/** What changes add to a frame, but for its rounding up to blocks. */
export function contentBytes(changes: readonly Change[]): number {
  let bytes = 0;
  for (const { key, value } of changes) bytes += CHANGE_BYTES + key.length + (value?.length ?? 0);
  return bytes;
}

/**
 * The changes of one write to the log:
 *
 *     0     4        8     16       24        25  28      32
 *     | CRC | length | run | number | version | 0 | count | changes … | zeros up to the end of a block
 *
 * Little-endian; the CRC (`frame-sum.ts`) is that of all that follows it, up to the length. It is written to `into`, from
 * the front, which has room for `frameBytes`. `content` and the `changes` that are given back are views of that, so that whoever
 * gave them may do with theirs what he likes.
 */
export function encodeFrame(
  { run, number }: FrameName,
  changes: readonly Change[],
  into: Uint8Array,
): { readonly content: Uint8Array; readonly changes: readonly Change[] } {
  const length = HEAD_BYTES + contentBytes(changes);
  const content = Buffer.from(into.buffer, into.byteOffset, blocks(length));
  content[VERSION_AT + 1] = content[VERSION_AT + 2] = content[VERSION_AT + 3] = 0;
  content.fill(0, length);
  content.writeUInt32LE(length, LENGTH_AT);
  content.set(run, RUN_AT);
  content.writeBigUInt64LE(BigInt(number), NUMBER_AT);
  content[VERSION_AT] = VERSION;
  content.writeUInt32LE(changes.length, COUNT_AT);
  let at = HEAD_BYTES;
  const views = changes.map(({ key, value }) => {
    content.writeUInt16LE(key.length, at);
    content[at + 2] = value === undefined ? 0 : 1;
    content[at + 3] = 0;
    content.writeUInt32LE(value?.length ?? 0, at + 4);
    at += CHANGE_BYTES;
    content.set(key, at);
    const keyAt = at;
    at += key.length;
    const valueAt = at;
    if (value !== undefined) content.set(value, at);
    at += value?.length ?? 0;
    return {
      key: content.subarray(keyAt, valueAt),
      value: value === undefined ? undefined : content.subarray(valueAt, at),
    };
  });
  content.writeUInt32LE(frameSum(content.subarray(LENGTH_AT, length)), 0);
  return { content, changes: views };
}

/**
 * The whole frames of a run in a segment, in the order in which they lie there. What is between them, left of earlier use
 * or of a write that came to no end, is passed over. Views.
 */
export function framesIn(segment: Uint8Array, run: Uint8Array): readonly Frame[] {
  const bytes = Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength);
  const frames: Frame[] = [];
  for (let at = 0; at + BLOCK_BYTES <= bytes.length; ) {
    const frame = frameAt(bytes.subarray(at), run);
    if (frame !== undefined) frames.push(frame);
    at += frame?.content.length ?? BLOCK_BYTES;
  }
  return frames;
}

/** The highest number of a frame of a run that begins in a segment, whole or not; 0 where none does. */
export function lastBegunIn(segment: Uint8Array, run: Uint8Array): number {
  const bytes = Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength);
  let last = 0;
  for (let at = 0; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) {
    if (bytes.compare(run, 0, RUN_BYTES, at + RUN_AT, at + RUN_AT + RUN_BYTES) !== 0) continue;
    last = Math.max(last, Number(bytes.readBigUInt64LE(at + NUMBER_AT)));
  }
  return last;
}

function frameAt(bytes: Buffer, run: Uint8Array): Frame | undefined {
  if (bytes.compare(run, 0, RUN_BYTES, RUN_AT, RUN_AT + RUN_BYTES) !== 0) return undefined;
  const length = bytes.readUInt32LE(LENGTH_AT);
  if (length < HEAD_BYTES || length > bytes.length) return undefined;
  if (bytes.readUInt32LE(0) !== frameSum(bytes.subarray(LENGTH_AT, length))) return undefined;
  const changes: Change[] = [];
  let at = HEAD_BYTES;
  for (let count = bytes.readUInt32LE(COUNT_AT); count > 0; count--) {
    const keyBytes = bytes.readUInt16LE(at);
    const hasValue = bytes[at + 2] === 1;
    const valueAt = at + CHANGE_BYTES + keyBytes;
    const end = valueAt + bytes.readUInt32LE(at + 4);
    changes.push({
      key: bytes.subarray(at + CHANGE_BYTES, valueAt),
      value: hasValue ? bytes.subarray(valueAt, end) : undefined,
    });
    at = end;
  }
  return { number: Number(bytes.readBigUInt64LE(NUMBER_AT)), changes, content: bytes.subarray(0, blocks(length)) };
}

function blocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}
