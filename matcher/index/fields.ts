/**
 * The fields of an object that live filters name, read all at once. Paths form a tree, so that a common prefix is
 * walked once, and an object is walked by the shorter side: the steps that filters name, or the keys that it has.
 * Neither many filters with rare fields nor an event with many fields makes the other side expensive.
 *
 * Objects of one publisher have the same keys in the same order. For such a sequence of keys code is generated that
 * reads its fields without a search (see field-reader.ts); of the few sequences that have code, the one that an object was found to have last
 * is tried first. Code that is given objects of many layouts would be far slower than the walk, so no other object comes to it.
 * Sequences have to be seen often to have code; and the wait for it doubles each time, so that keys or filters that
 * keep changing cost no more than the walk.
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
  readonly children: Map<string | number, PathNode>;
}

/** A sequence of keys that has code. */
interface Shape {
  readonly keys: readonly string[];
  /** What the code reads, by position. */
  readonly slots: readonly number[];
  readonly read: FieldReader;
  /** What is walked to: the fields that are objects to some filter. */
  readonly deep: readonly PathNode[];
}

/** Sequences with code at a time; all may be tried for an object. */
const SHAPES_MAX = 4;
/** Objects with more keys are walked. */
const KEYS_MAX = 128;
/** With fewer steps than this, walking them is cheaper than going through the object's keys. */
const NARROW = 24;
/** Objects that are walked before one more sequence has code: the first time, and at most. */
const WAIT_MIN = 64;
const WAIT_MAX = 1 << 16;
/** Objects walked between two whose keys are compared. */
const CANDIDATE_STEP = 8;

export class Fields {
  readonly #root: PathNode = createNode('', undefined);
  #size = 0;
  /** The one that an object had last in front. */
  #shapes: Shape[] = [];
  /** The shape whose slots stand in `slots`. */
  #current: Shape | undefined;
  #wait = WAIT_MIN;
  /** Objects to be walked until code is made, if the next one has the same keys. */
  #countdown = WAIT_MIN;
  #candidate: readonly string[] = [];

  /**
   * What the last `read` returned the count of: the slot; its number, or NaN; and if that is NaN, its value, undefined when it is
   * missing. Who calls `read` sets `others` back to undefined, so that nothing of the object is kept.
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
    this.#size += 1;
    this.slots = roomForInts(this.slots, this.#size);
    this.numbers = roomForNumbers(this.numbers, this.#size);
    while (this.others.length < this.#size) this.others.push(undefined);
    this.#forgetShapes();
  }

  /** Forgets a path that is held. */
  remove(path: Path): void {
    let node: PathNode | undefined = this.#root;
    for (const step of path) node = node?.children.get(step);
    if (node === undefined) return;
    node.slot = NO_SLOT;
    while (node.parent !== undefined && node.slot === NO_SLOT && node.children.size === 0) {
      node.parent.children.delete(node.step);
      node = node.parent;
    }
    this.#size -= 1;
    this.#forgetShapes();
    if (this.#size === 0) this.#reset();
  }

  /**
   * Reads an object.
   *
   * @returns how many of `slots`, `numbers` and `others` to look at; they are valid until the next call.
   */
  read(value: JsonValue | undefined): number {
    this.#count = 0;
    if (typeof value !== 'object' || value === null || isArray(value)) {
      this.#walk(this.#root, value);
      return this.#count;
    }
    const shape = this.#shapeOf(value);
    if (shape === undefined) {
      this.#walk(this.#root, value);
      this.#learn(value);
      return this.#count;
    }
    if (shape !== this.#current) {
      this.slots.set(shape.slots);
      this.#current = shape;
    }
    shape.read(value, this.numbers, this.others);
    this.#count = shape.slots.length;
    for (let i = 0; i < shape.deep.length; i += 1) {
      const node = shape.deep[i] as PathNode;
      this.#walk(node, value[node.step as string]);
    }
    return this.#count;
  }

  /** The shape whose keys the object has, which goes in front. */
  #shapeOf(object: { readonly [key: string]: JsonValue }): Shape | undefined {
    const shapes = this.#shapes;
    for (let i = 0; i < shapes.length; i += 1) {
      const shape = shapes[i] as Shape;
      if (!hasKeys(object, shape.keys)) continue;
      if (i > 0) {
        shapes[i] = shapes[i - 1] as Shape;
        shapes[i - 1] = shape;
      }
      return shape;
    }
    return undefined;
  }

  /** Makes code for the object's keys, if it is time and they were those of the last object that was looked at. */
  #learn(object: { readonly [key: string]: JsonValue }): void {
    this.#countdown -= 1;
    if (this.#countdown > 0) return;
    if (this.#candidate.length > 0 && hasKeys(object, this.#candidate)) {
      this.#countdown = this.#wait;
      this.#wait = Math.min(this.#wait * 2, WAIT_MAX);
      this.#makeShape(this.#candidate);
      this.#candidate = [];
      return;
    }
    const keys = Object.keys(object);
    this.#candidate = keys.length <= KEYS_MAX ? keys : [];
    // Not every object: looking at its keys makes garbage.
    this.#countdown = CANDIDATE_STEP;
  }

  #makeShape(keys: readonly string[]): void {
    const nodes = keys.map((key) => this.#root.children.get(key)).filter((node) => node !== undefined);
    const flat = nodes.filter(({ children }) => children.size === 0);
    const read = compileFieldReader(flat.map(({ step }) => String(step)));
    if (read === undefined) return;
    if (this.#shapes.length === SHAPES_MAX) this.#shapes.pop();
    const deep = nodes.filter(({ children }) => children.size > 0);
    this.#shapes.unshift({ keys, slots: flat.map(({ slot }) => slot), read, deep });
  }

  #forgetShapes(): void {
    this.#shapes = [];
    this.#current = undefined;
  }

  /** Finds the fields at and below a node. */
  #walk(node: PathNode, value: JsonValue | undefined): void {
    if (node.slot !== NO_SLOT) this.#found(node.slot, value);
    if (typeof value !== 'object' || value === null || node.children.size === 0) return;
    if (isArray(value)) {
      if (node.children.size > value.length) {
        for (let i = 0; i < value.length; i += 1) {
          const child = node.children.get(i);
          if (child !== undefined) this.#walk(child, value[i]);
        }
        return;
      }
      for (const [step, child] of node.children) {
        if (typeof step === 'number' && step < value.length) this.#walk(child, value[step]);
      }
      return;
    }
    if (node.children.size > NARROW) {
      const keys = Object.keys(value);
      if (keys.length < node.children.size) {
        for (const key of keys) {
          const child = node.children.get(key);
          if (child !== undefined) this.#walk(child, value[key]);
        }
        return;
      }
    }
    for (const [step, child] of node.children) {
      if (typeof step !== 'string') continue;
      // Looked up once: an absent field is undefined, unless every object has it by inheritance.
      const field = value[step];
      if (field !== undefined && (!child.isInherited || Object.hasOwn(value, step))) this.#walk(child, field);
    }
  }

  #found(slot: number, value: JsonValue | undefined): void {
    const at = this.#count;
    this.#count += 1;
    this.slots[at] = slot;
    this.#current = undefined;
    this.numbers[at] = typeof value === 'number' ? value : Number.NaN;
    this.others[at] = value;
  }

  #reset(): void {
    this.#count = 0;
    this.#candidate = [];
    this.slots = new Int32Array(0);
    this.numbers = new Float64Array(0);
    this.others = [];
  }
}

function createNode(step: string | number, parent: PathNode | undefined): PathNode {
  return { step, parent, isInherited: step in Object.prototype, slot: NO_SLOT, children: new Map() };
}

/** Has the object these keys and no others, in this order? Nothing is read, so its layout does not matter. */
function hasKeys(object: object, keys: readonly string[]): boolean {
  let count = 0;
  for (const key in object) {
    if (key !== keys[count]) return false;
    count += 1;
  }
  return count === keys.length;
}

/** Array.isArray does not narrow read-only arrays. */
function isArray(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
