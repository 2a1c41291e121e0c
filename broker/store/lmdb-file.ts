import { closeSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs';
import { checkTree } from './lmdb-tree.ts';

/**
 * Makes sure of a file, before lmdb maps it into memory and follows what is in it: where that is nonsense, or leads
 * past the end of the file, the process would end without a word. Throws an Error that says what is wrong.
 *
 * Reads some KB; and every page of its trees where the file is shorter than it says. That may be: pages that were taken
 * and given back within one transaction are never written. Then it is made as long as it says.
 */
export function prepareFile(path: string): void {
  withFile(path, (file, size) => {
    const { pageBytes, pages, roots } = readMeta(file, size);
    if (size >= pages * pageBytes) return;
    for (const root of roots) checkTree(file, { ...root, pageBytes, fileBytes: size });
    truncateSync(path, pages * pageBytes);
  });
}

/** Goes through all pages of the trees of a file, which nobody may be writing. Throws an Error that says what is wrong. */
export function checkFile(path: string): void {
  withFile(path, (file, size) => {
    const { pageBytes, roots } = readMeta(file, size);
    for (const root of roots) checkTree(file, { ...root, pageBytes, fileBytes: size });
  });
}

function withFile(path: string, use: (file: number, size: number) => void): void {
  // Made, and nothing written to it: as good as new.
  if (statSync(path).size === 0) return;
  const file = openSync(path, 'r');
  try {
    use(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

const MAGIC = 0xbeefc0de;
/** The low half; the other half is about how it is locked. */
const VERSION = 2;
const PAGE_BYTES_MIN = 512;
const PAGE_BYTES_MAX = 65_536;
const PAGE_HEADER_BYTES = 24;
const META_BYTES = 136;
/** Of a meta whose pages may not all have reached the disk. */
const UNFLUSHED = 0x1000;
/** Where the trees are described, in a meta: that of the free pages, that of the records. */
const TREES = [24, 72];

interface Meta {
  readonly pageBytes: number;
  /** Up to the last one that was ever used. */
  readonly pages: number;
  readonly roots: readonly { readonly root: bigint; readonly depth: number; readonly entries: bigint }[];
}

/**
 * What the store is opened with: what was flushed last.
 *
 *     page 0, page 1     24 bytes of a page's own, then a meta
 *     half into page 0   the meta of what was flushed last
 *
 *     meta    0 magic   4 version   24 tree of free pages   72 tree of records   120 last page   128 transaction
 *     tree    0 size of a page   4 flags   6 depth   32 entries   40 root
 */
function readMeta(file: number, size: number): Meta {
  const start = Buffer.alloc(Math.min(size, PAGE_BYTES_MAX + PAGE_HEADER_BYTES + META_BYTES));
  readSync(file, start);
  if (start.length < PAGE_HEADER_BYTES + META_BYTES) throw new Error('it is cut short');
  const first = start.subarray(PAGE_HEADER_BYTES);
  const pageBytes = first.readUInt32LE(24);
  if (first.readUInt32LE(0) !== MAGIC) throw new Error('it is no file of lmdb');
  if ((first.readUInt32LE(4) & 0xffff) !== VERSION) throw new Error('it is of another version of lmdb');
  if (pageBytes < PAGE_BYTES_MIN || pageBytes > PAGE_BYTES_MAX) throw new Error('its pages have an impossible size');
  if (size < 2 * pageBytes) throw new Error('it is cut short');
  const metas = [0, pageBytes / 2, pageBytes].map((at) => start.subarray(at + PAGE_HEADER_BYTES));
  const flushed = metas.filter((meta) => (meta.readUInt16LE(28) & UNFLUSHED) === 0);
  const meta = flushed.reduce((one, other) => (transactionOf(other) > transactionOf(one) ? other : one), first);
  return {
    pageBytes,
    pages: Number(meta.readBigUInt64LE(120)) + 1,
    roots: TREES.map((at) => ({
      root: meta.readBigUInt64LE(at + 40),
      depth: meta.readUInt16LE(at + 6),
      entries: meta.readBigUInt64LE(at + 32),
    })),
  };
}

function transactionOf(meta: Buffer): bigint {
  return meta.readBigUInt64LE(128);
}
