/**
 * The fields of an object that live filters name, read all at once. Paths form a tree, so that a common prefix is
 * walked once.
 *
 * Most fields are read by generated code (see field-reader.ts). Those that came since it was made are looked for by
 * walking the tree and the object by the shorter side: the steps that filters name, or the keys that it has. So neither
 * many filters with rare fields nor an event with many fields makes the other side expensive. After a while new code is
 * made; each time the while is twice as long, so that fields that keep coming and going cost no more than the walk.
 */
import type { JsonValue } from '../event.ts';
import { roomForInts, roomForNumbers } from './columns.ts';
import { compileFieldReader, type FieldReader } from './field-reader.ts';

export type Path = readonly (string | number)[];

export const NO_SLOT = -1;

interface PathNode {
  readonly step: string | number;
  readonly parent: PathNode | undefined;
  /** Does every object have a property of this name? */
  readonly isInherited: boolean;
  slot: number;
  /** Where generated code writes the field, or NO_POSITION. */
  position: number;
  /** Slots here and below that have no position. */
  unplaced: number;
  readonly children: Map<string | number, PathNode>;
}

const NO_POSITION = -1;

/** Fields in generated code, and how deep they are, at most; the others are walked to. */
const PLACED_MAX = 128;
const DEPTH_MAX = 8;
/** Nodes looked at to find what may be placed, so that code is made in a bounded step. */
const VISITS_MAX = 1024;
/** With fewer steps than this, walking them is cheaper than going through the object's keys. */
const NARROW = 24;
/** Objects that are read before code is made of new fields: the first time, and at most. */
const WAIT_MIN = 64;
const WAIT_MAX = 1 << 16;

export class Fields {
  readonly #root: PathNode = createNode('', undefined);
  #size = 0;
  #reader: FieldReader | undefined;
  /** By position in the generated code; undefined when the slot has gone. */
  #placed: (PathNode | undefined)[] = [];
  #idle = 0;
  /** Would new code read more fields, or much fewer in vain? */
  #isStale = false;
  #wait = WAIT_MIN;
  /** Objects to be read until code is made. */
  #countdown = WAIT_MIN;

  /**
   * What the last `read` returned the count of: the slot, or NO_SLOT; its number, or NaN; and if that is NaN, its value,
   * undefined when it is missing. Who calls `read` sets `others` back to undefined, so that nothing of the object is kept.
   */
  slots = new Int32Array(0);
  numbers = new Float64Array(0);
  others: (JsonValue | undefined)[] = [];
  #count = 0;

  /** Paths held. */
  get size(): number {
    return this.#size;
  }

  /** The slot of a path, or NO_SLOT. */
  find(path: Path): number {
    let node: PathNode | undefined = this.#root;
    for (const step of path) {
      node = node.children.get(step);
      if (node === undefined) return NO_SLOT;
    }
    return node.slot;
  }

  /** Has a path that is not held read into a slot. */
  add(path: Path, slot: number): void {
    let node = this.#root;
    for (const step of path) {
      const child = node.children.get(step) ?? createNode(step, node);
      node.children.set(step, child);
      node = child;
    }
    node.slot = slot;
    countUnplaced(node, 1);
    this.#size += 1;
    if (this.#placed.length - this.#idle < PLACED_MAX && isPlaceable(path)) this.#isStale = true;
    this.#makeRoom();
  }

  /** Forgets a path that is held. */
  remove(path: Path): void {
    let node: PathNode | undefined = this.#root;
    for (const step of path) node = node?.children.get(step);
    if (node === undefined) return;
    if (node.position === NO_POSITION) countUnplaced(node, -1);
    else {
      this.slots[node.position] = NO_SLOT;
      this.#placed[node.position] = undefined;
      this.#idle += 1;
      if (this.#idle * 2 > this.#placed.length) this.#isStale = true;
    }
    node.slot = NO_SLOT;
    node.position = NO_POSITION;
    while (node.parent !== undefined && node.slot === NO_SLOT && node.children.size === 0) {
      node.parent.children.delete(node.step);
      node = node.parent;
    }
    this.#size -= 1;
    if (this.#size === 0) this.#reset();
  }

  /**
   * Reads an object.
   *
   * @returns how many of `slots`, `numbers` and `others` to look at; they are valid until the next call.
   */
  read(value: JsonValue | undefined): number {
    if (this.#isStale) {
      this.#countdown -= 1;
      if (this.#countdown === 0) this.#compile();
    }
    const placed = this.#placed.length;
    this.#count = placed;
    if (typeof value === 'object' && value !== null && !isArray(value)) {
      this.#reader?.(value, this.numbers, this.others);
    } else {
      this.numbers.fill(Number.NaN, 0, placed);
      this.others.fill(undefined, 0, placed);
    }
    if (this.#root.unplaced > 0) this.#walk(this.#root, value);
    return this.#count;
  }

  /** Finds the fields that have no position, at and below a node. */
  #walk(node: PathNode, value: JsonValue | undefined): void {
    if (node.slot !== NO_SLOT && node.position === NO_POSITION) this.#found(node.slot, value);
    if (typeof value !== 'object' || value === null || node.children.size === 0) return;
    if (isArray(value)) {
      if (node.children.size > value.length) {
        for (let i = 0; i < value.length; i += 1) {
          const child = node.children.get(i);
          if (child !== undefined && child.unplaced > 0) this.#walk(child, value[i]);
        }
        return;
      }
      for (const [step, child] of node.children) {
        if (typeof step === 'number' && step < value.length && child.unplaced > 0) this.#walk(child, value[step]);
      }
      return;
    }
    if (node.children.size > NARROW) {
      const keys = Object.keys(value);
      if (keys.length < node.children.size) {
        for (const key of keys) {
          const child = node.children.get(key);
          if (child !== undefined && child.unplaced > 0) this.#walk(child, value[key]);
        }
        return;
      }
    }
    for (const [step, child] of node.children) {
      if (typeof step !== 'string' || child.unplaced === 0) continue;
      // Looked up once: an absent field is undefined, unless every object has it by inheritance.
      const field = value[step];
      if (field !== undefined && (!child.isInherited || Object.hasOwn(value, step))) this.#walk(child, field);
    }
  }

  #found(slot: number, value: JsonValue | undefined): void {
    const at = this.#count;
    this.#count += 1;
    this.slots[at] = slot;
    this.numbers[at] = typeof value === 'number' ? value : Number.NaN;
    this.others[at] = value;
  }

  /** Makes code that reads what has a position, and what can have one. */
  #compile(): void {
    this.#isStale = false;
    this.#countdown = this.#wait;
    this.#wait = Math.min(this.#wait * 2, WAIT_MAX);
    const placed = this.#placed.filter((node) => node !== undefined);
    this.#findPlaceable(placed);
    const reader = compileFieldReader(placed.map((node) => pathOf(node)));
    if (reader === undefined) return;
    this.#reader = reader;
    this.#placed = placed;
    this.#idle = 0;
    for (const [position, node] of placed.entries()) {
      if (node.position === NO_POSITION) countUnplaced(node, -1);
      node.position = position;
    }
    this.#makeRoom();
    for (const [position, { slot }] of placed.entries()) this.slots[position] = slot;
  }

  /** Adds nodes without position to `found`, as many as may have one. */
  #findPlaceable(found: PathNode[]): void {
    let visits = VISITS_MAX;
    const visit = (node: PathNode, depth: number): void => {
      if (node.slot !== NO_SLOT && node.position === NO_POSITION) found.push(node);
      if (depth === DEPTH_MAX) return;
      for (const [step, child] of node.children) {
        if (visits === 0 || found.length === PLACED_MAX) return;
        visits -= 1;
        if (child.unplaced > 0 && typeof step === 'string') visit(child, depth + 1);
      }
    };
    visit(this.#root, 0);
  }

  #makeRoom(): void {
    const room = this.#placed.length + this.#size;
    this.slots = roomForInts(this.slots, room);
    this.numbers = roomForNumbers(this.numbers, room);
    while (this.others.length < room) this.others.push(undefined);
  }

  #reset(): void {
    this.#reader = undefined;
    this.#placed = [];
    this.#idle = 0;
    this.#isStale = false;
    this.#count = 0;
    this.slots = new Int32Array(0);
    this.numbers = new Float64Array(0);
    this.others = [];
  }
}

function createNode(step: string | number, parent: PathNode | undefined): PathNode {
  const isInherited = step in Object.prototype;
  return { step, parent, isInherited, slot: NO_SLOT, position: NO_POSITION, unplaced: 0, children: new Map() };
}

function countUnplaced(from: PathNode, change: number): void {
  for (let node: PathNode | undefined = from; node !== undefined; node = node.parent) node.unplaced += change;
}

function isPlaceable(path: Path): boolean {
  return path.length <= DEPTH_MAX && path.every((step) => typeof step === 'string');
}

/** The steps to a node that is placeable. */
function pathOf(node: PathNode): string[] {
  const steps: string[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) steps.push(String(at.step));
  return steps.reverse();
}

/** Array.isArray does not narrow read-only arrays. */
function isArray(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
