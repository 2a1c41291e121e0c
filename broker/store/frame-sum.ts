import * as zlib from 'node:zlib';
import { slicedCrc } from './sliced-crc.ts';

/** CRC-32, bits reversed. */
export const CRC32_POLYNOMIAL = 0xedb88320;

/**
 * The sum of a frame of the write-ahead log: CRC-32, as in gzip. Not CRC32C as of a record, because Node has this one since 20.15 and
 * 22.2, four times as fast; the records in a frame have theirs besides.
 */
export const frameSum: (bytes: Uint8Array) => number =
  typeof zlib.crc32 === 'function' ? (bytes) => zlib.crc32(bytes) : slicedCrc(CRC32_POLYNOMIAL);
