/**
 * The paths that filters name, as a tree that is walked by the bytes of a document. Nodes are small integers; a child is
 * found in a dictionary by its parent and its name or index, and most names that are none's are told by two bits.
 */
import * as arenaConstants from '../index/arena.ts';
import { roomForInts } from '../index/columns.ts';
import { Dictionary } from '../index/dictionary.ts';
import { IdPool } from '../index/id-pool.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { NOWHERE } = arenaConstants;

type Path = readonly (string | number)[];

/** The whole document. */
export const ROOT = 0;
export const NO_NODE = NOWHERE;
const NO_SLOT = -1;

export class PathTree {
  readonly #nodes = new IdPool();
  readonly #steps = new Dictionary();
  /** By node. A slot is -1 where no path ends. */
  parents = new Int32Array(0);
  slots = new Int32Array(0);
  children = new Int32Array(0);
  /** By node: which lengths and which first letters its children's names have, modulo 32. Bits stay while it has any. */
  #lengths = new Int32Array(0);
  #letters = new Int32Array(0);
  /** By node: elements that are looked at, from the first on. */
  #elements = new Int32Array(0);

  constructor() {
    this.#create(NO_NODE);
  }

  /** Nodes that there may be: those of the columns. */
  get capacity(): number {
    return this.slots.length;
  }

  get bytes(): number {
    // The root is there always, and weighs nothing alone.
    return this.#nodes.size === 1 ? 0 : this.slots.byteLength * 6 + this.#steps.bytes;
  }

  /** Has a path that is not held end in a slot. */
  add(path: Path, slot: number): void {
    let node = ROOT;
    for (const step of path) {
      const child = this.#steps.find(node, step);
      node = child === NOWHERE ? this.#grow(node, step) : child;
    }
    this.slots[node] = slot;
  }

  /** Forgets a path that is held. */
  remove(path: Path): void {
    let node = ROOT;
    for (const step of path) node = this.#steps.find(node, step);
    this.slots[node] = NO_SLOT;
    while (node !== ROOT && this.slots[node] === NO_SLOT && this.children[node] === 0) {
      const parent = this.parents[node] as number;
      this.#steps.remove(node);
      this.#nodes.release(node);
      const left = (this.children[parent] as number) - 1;
      this.children[parent] = left;
      if (left === 0) this.#clear(parent);
      node = parent;
    }
    if (this.#nodes.size === 1) this.#reset();
  }

  /** The child that has the ASCII bytes `from`…`end` - 1 as its name, or NO_NODE. */
  namedByBytes(node: number, bytes: Uint8Array, from: number, end: number): number {
    const isLength = (this.#lengths[node] as number) >>> ((end - from) & 31);
    // Of an empty name it is the closing quote.
    const isLetter = (this.#letters[node] as number) >>> ((bytes[from] as number) & 31);
    return (isLength & isLetter & 1) === 0 ? NO_NODE : this.#steps.findAscii(node, bytes, from, end);
  }

  /** The child of this name, or NO_NODE. */
  named(node: number, name: string): number {
    return this.#steps.findText(node, name);
  }

  /** The child of this index, or NO_NODE. */
  element(node: number, index: number): number {
    return index < (this.#elements[node] as number) ? this.#steps.find(node, index) : NO_NODE;
  }

  #grow(parent: number, step: string | number): number {
    const node = this.#create(parent);
    this.#steps.add(parent, step, node);
    this.children[parent] = (this.children[parent] as number) + 1;
    if (typeof step === 'number') {
      // An array has fewer elements than an int32 has values.
      this.#elements[parent] = Math.max(this.#elements[parent] as number, Math.min(step + 1, 0x7fffffff));
      return node;
    }
    const letter = step === '' ? 0x22 : step.charCodeAt(0);
    this.#lengths[parent] = (this.#lengths[parent] as number) | (1 << (step.length & 31));
    this.#letters[parent] = (this.#letters[parent] as number) | (1 << (letter & 31));
    return node;
  }

  #create(parent: number): number {
    const node = this.#nodes.take();
    this.parents = roomForInts(this.parents, node + 1);
    this.slots = roomForInts(this.slots, node + 1);
    this.children = roomForInts(this.children, node + 1);
    this.#lengths = roomForInts(this.#lengths, node + 1);
    this.#letters = roomForInts(this.#letters, node + 1);
    this.#elements = roomForInts(this.#elements, node + 1);
    this.parents[node] = parent;
    this.slots[node] = NO_SLOT;
    this.children[node] = 0;
    this.#clear(node);
    return node;
  }

  #clear(node: number): void {
    this.#lengths[node] = 0;
    this.#letters[node] = 0;
    this.#elements[node] = 0;
  }

  /** Gives the columns back, when the root alone is left. */
  #reset(): void {
    this.#nodes.release(ROOT);
    this.parents = new Int32Array(0);
    this.slots = new Int32Array(0);
    this.children = new Int32Array(0);
    this.#lengths = new Int32Array(0);
    this.#letters = new Int32Array(0);
    this.#elements = new Int32Array(0);
    this.#create(NO_NODE);
  }
}
