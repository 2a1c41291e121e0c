import type { Time } from '../kernel/time.ts';
import { type Frame, framesIn, lastBegunIn, RUN_BYTES } from './log-frame.ts';
import { Overlay } from './overlay.ts';
import { SEAL_BYTES, sealed, sealOf, versionError } from './seal.ts';
import type { Segments } from './segment.ts';
import { type Change, type Store, StoreError } from './store.ts';

/** How far the store behind has what is in the log. */
interface LogPlace {
  /** Whose frames count. */
  readonly run: Uint8Array;
  /** All frames up to this number are in the store behind. */
  readonly applied: number;
}

/**
 * In the store behind: written in the commit that brings it there. Twice, because without it everything that is in the log
 * would be lost. There are none after an orderly end, when nothing is in the log.
 */
const PLACE_KEYS: readonly Uint8Array[] = [Buffer.from('w0'), Buffer.from('w1')];

/** Those keys and no others begin with it. */
export const PLACE_KIND = 'w'.charCodeAt(0);

/** Over a store that has them, so that nobody sees them. */
export const WITHOUT_PLACE = new Overlay();
WITHOUT_PLACE.apply(PLACE_KEYS.map((key) => ({ key, value: undefined })));

const APPLIED_AT = RUN_BYTES;
const PLACE_BYTES = RUN_BYTES + 8;

export function placeChanges(place: LogPlace | undefined): readonly Change[] {
  if (place === undefined) return PLACE_KEYS.map((key) => ({ key, value: undefined }));
  const value = Buffer.alloc(PLACE_BYTES);
  value.set(place.run);
  value.writeBigUInt64LE(BigInt(place.applied), APPLIED_AT);
  return PLACE_KEYS.map((key) => ({ key, value: sealed(key, value) }));
}

/** `undefined` where nothing is in a log. Throws StoreError `store_unreadable` when that cannot be known. */
function placeIn(store: Store): LogPlace | undefined {
  let damaged = false;
  for (const key of PLACE_KEYS) {
    const record = store.get(key);
    if (record === undefined) continue;
    const state = sealOf(key, record);
    if (state === 'older' || state === 'newer') throw versionError(state);
    if (state === 'broken') damaged = true;
    else {
      const value = Buffer.from(record.subarray(SEAL_BYTES));
      return { run: value.subarray(0, RUN_BYTES), applied: Number(value.readBigUInt64LE(APPLIED_AT)) };
    }
  }
  if (damaged) throw new StoreError('store_unreadable', 'how much of the write-ahead log is stored is damaged');
  return undefined;
}

export interface LogMeans {
  readonly behind: Store;
  readonly segments: Segments;
  readonly time: Pick<Time, 'afterReads'>;
}

/** So often, while a broker writes to it, it may have moved on between two looks. */
const TRIES = 10;

/**
 * What was flushed to the log and is not in the store behind, in its order; `undefined` where no log is needed. May have
 * some that are behind as well, where a broker goes on with it. Rejects StoreError `store_unreadable` when the log is not
 * there, or damaged.
 */
export async function readLog({ behind, segments, time }: LogMeans): Promise<readonly Frame[] | undefined> {
  for (let left = TRIES; ; left--) {
    const place = placeIn(behind);
    if (place === undefined) return undefined;
    const contents = segments.read();
    if (contents === undefined) {
      throw new StoreError('store_unreadable', 'the write-ahead log is missing, which has the last that was stored');
    }
    const { frames, missing } = framesBehind(place, contents);
    if (missing === undefined) return frames;
    if (left === 0) throw new StoreError('store_unreadable', `part ${missing} of the write-ahead log is damaged`);
    await new Promise<void>((resolve) => time.afterReads(resolve));
  }
}

/**
 * A write that came to no end is no frame, and nobody was told of it. But there is only one of these at a time, the last: so
 * when a frame is missing before one that is whole, or that was at least begun, what was flushed is damaged; and what came later
 * may be wrong without it.
 */
function framesBehind({ run, applied }: LogPlace, contents: readonly Uint8Array[]) {
  const frames = contents
    .flatMap((content) => framesIn(content, run))
    .filter(({ number }) => number > applied)
    .sort((one, other) => one.number - other.number);
  const gap = frames.findIndex(({ number }, i) => number !== applied + 1 + i);
  const next = applied + 1 + (gap < 0 ? frames.length : gap);
  const begun = Math.max(...contents.map((content) => lastBegunIn(content, run)));
  return { frames, missing: begun > next ? next : undefined };
}

export function overlayOf(frames: readonly Frame[]): Overlay {
  const overlay = new Overlay();
  for (const { changes } of frames) overlay.apply(changes);
  return overlay;
}
