import { closeSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs';

/**
 * Makes sure of a file, before lmdb maps it into memory and follows what its first pages say: where that is nonsense, or
 * leads past the end of the file, the process would end. Throws an Error that says what is wrong. Reads some KB.
 *
 *     page 0, page 1:   24 bytes of a page's own, then a meta: magic, version, …, size of pages, flags, …, last page, transaction
 *     half into page 0: the meta of what was flushed last
 */
export function prepareFile(path: string): void {
  const size = statSync(path).size;
  // Made, and nothing written to it: as good as new.
  if (size === 0) return;
  const bytes = bytesInUse(firstPages(path), size);
  // Pages that were taken and given back within one transaction are never written, and the file may end before them.
  if (size < bytes) truncateSync(path, bytes);
}

const META_0 = 24;
const META_BYTES = 144;
const MAGIC = 0xbeefc0de;
/** The low half; the other half is about how it is locked. */
const VERSION = 2;
const PAGE_BYTES_MIN = 512;
const PAGE_BYTES_MAX = 65_536;
/** Of a meta whose pages may not all have reached the disk: not what the store will be opened with. */
const UNFLUSHED = 0x1000;

function firstPages(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const pages = Buffer.alloc(Math.min(fstatSync(file).size, PAGE_BYTES_MAX + META_0 + META_BYTES));
    return pages.subarray(0, readSync(file, pages));
  } finally {
    closeSync(file);
  }
}

function bytesInUse(start: Buffer, size: number): number {
  if (size < META_0 + META_BYTES) throw new Error('it is cut short');
  const pageBytes = start.readUInt32LE(META_0 + 24);
  if (start.readUInt32LE(META_0) !== MAGIC) throw new Error('it is no file of lmdb');
  if ((start.readUInt32LE(META_0 + 4) & 0xffff) !== VERSION) throw new Error('it is of another version of lmdb');
  if (pageBytes < PAGE_BYTES_MIN || pageBytes > PAGE_BYTES_MAX) throw new Error('its pages have an impossible size');
  if (size < 2 * pageBytes) throw new Error('it is cut short');
  let pages = 2;
  for (const meta of [META_0, META_0 + pageBytes / 2, META_0 + pageBytes]) {
    const flags = start.readUInt16LE(meta + 28);
    const transaction = start.readBigUInt64LE(meta + 128);
    if (transaction > 0n && (flags & UNFLUSHED) === 0) {
      pages = Math.max(pages, Number(start.readBigUInt64LE(meta + 120)) + 1);
    }
  }
  return pages * pageBytes;
}
