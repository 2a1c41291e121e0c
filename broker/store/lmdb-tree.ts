import { readSync } from 'node:fs';

export interface Tree {
  /** The number of its page. */
  readonly root: bigint;
  /** Pages from the root to a leaf; 0 of an empty tree. */
  readonly depth: number;
  readonly entries: bigint;
  readonly pageBytes: number;
  readonly fileBytes: number;
}

const HEADER_BYTES = 24;
const NODE_HEADER_BYTES = 8;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
/** Of a leaf's node: its value is on pages of its own. */
const APART = 1;
/** What a node has in the place of such a value: number of the first page, transaction, count of pages. */
const APART_BYTES = 24;
const DEPTH_MAX = 32;

/**
 * Goes through a tree of lmdb, and throws an Error at the first thing that cannot be: a page that is not in the file,
 * is not what it should be, or points where nothing is; too few entries, or too many. Values are not read, but for
 * where they begin. Reads every branch and leaf once: some hundred thousand pages a second when they are in memory.
 *
 *     page     0 its number   16 pad   18 kind   20 end of its list of nodes   22 begin of the nodes   24 list
 *     branch   node: 0 page, low half   4 page, rest   6 length of the key   8 key
 *     leaf     node: 0 length of the value   4 flags   6 length of the key   8 key, value
 */
export function checkTree(file: number, tree: Tree): void {
  if (tree.depth === 0) return;
  if (tree.depth > DEPTH_MAX) throw new Error(`a tree is said to be ${tree.depth} pages deep`);
  const page = Buffer.alloc(tree.pageBytes);
  let pagesLeft = Math.ceil(tree.fileBytes / tree.pageBytes);
  let entries = 0n;
  const open: { readonly number: bigint; readonly level: number }[] = [{ number: tree.root, level: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { number, level } = next;
    if (pagesLeft-- === 0) throw new Error('a tree goes in circles');
    const kind = level === tree.depth ? LEAF : BRANCH;
    readPage(file, { number, kind, tree }, page);
    for (const node of nodesOf(number, page)) {
      if (kind === LEAF) checkValue(file, { number, node, page, tree });
      else open.push({ number: childOf(page, node), level: level + 1 });
      if (kind === LEAF) entries++;
    }
  }
  if (entries !== tree.entries) throw new Error(`${entries} entries were found of ${tree.entries}`);
}

interface PageWanted {
  readonly number: bigint;
  readonly kind: number;
  readonly tree: Tree;
}

/** As much of it as `into` holds. */
function readPage(file: number, { number, kind, tree }: PageWanted, into: Buffer): void {
  const { pageBytes, fileBytes } = tree;
  const at = number * BigInt(pageBytes);
  if (at + BigInt(pageBytes) > BigInt(fileBytes)) {
    throw new Error(`it is cut short: page ${number} would be behind its ${fileBytes} bytes`);
  }
  readSync(file, into, 0, into.length, at);
  if (into.readBigUInt64LE(0) !== number || (into.readUInt16LE(18) & (BRANCH | LEAF | OVERFLOW)) !== kind) {
    throw new Error(`page ${number} is not what it should be`);
  }
}

/** Where each begins in the page. */
function nodesOf(number: bigint, page: Buffer): readonly number[] {
  const count = page.readUInt16LE(20) / 2;
  if (HEADER_BYTES + 2 * count > page.length) throw new Error(`page ${number} has an impossible length`);
  return Array.from({ length: Math.floor(count) }, (_, i) => {
    const node = HEADER_BYTES + page.readUInt16LE(HEADER_BYTES + 2 * i);
    if (
      node + NODE_HEADER_BYTES > page.length ||
      node + NODE_HEADER_BYTES + page.readUInt16LE(node + 6) > page.length
    ) {
      throw new Error(`page ${number} has a node that ends behind it`);
    }
    return node;
  });
}

function childOf(page: Buffer, node: number): bigint {
  return BigInt(page.readUInt32LE(node)) + (BigInt(page.readUInt16LE(node + 4)) << 32n);
}

interface Node {
  readonly number: bigint;
  readonly node: number;
  readonly page: Buffer;
  readonly tree: Tree;
}

function checkValue(file: number, { number, node, page, tree }: Node): void {
  const valueBytes = page.readUInt32LE(node);
  const value = node + NODE_HEADER_BYTES + page.readUInt16LE(node + 6);
  const apart = (page.readUInt16LE(node + 4) & APART) !== 0;
  if (value + (apart ? APART_BYTES : valueBytes) > page.length) {
    throw new Error(`page ${number} has a value that ends behind it`);
  }
  if (!apart) return;
  const first = page.readBigUInt64LE(value);
  const pages = page.readBigUInt64LE(value + 16);
  readPage(file, { number: first, kind: OVERFLOW, tree }, Buffer.alloc(HEADER_BYTES));
  const bytes = pages * BigInt(tree.pageBytes);
  if (bytes < BigInt(HEADER_BYTES + valueBytes) || first * BigInt(tree.pageBytes) + bytes > BigInt(tree.fileBytes)) {
    throw new Error(`page ${first} begins a value that ends behind the file`);
  }
}
