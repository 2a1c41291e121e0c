/**
 * Slots: one small integer for each reference that live filters name. An event's values are read once into arrays
 * indexed by slot; all tests read those.
 *
 * Data paths form a tree, so that a common prefix is walked once, and an object of the event is walked by the shorter
 * side: the steps that filters name, or the keys that it has. Neither many filters with rare fields nor an event with
 * many fields makes the other side expensive.
 */
import type { JsonValue, MatchableEvent } from '../event.ts';
import type { EnvelopeName } from '../language/ast.ts';
import { roomForInts, roomForNumbers } from './columns.ts';
import { IdPool } from './id-pool.ts';
import { NO_NUMBER, negateOrdered, writeOrdered } from './ordered-bits.ts';
import type { Prefix, SlotReference } from './prefix.ts';
import { KIND_MISSING, KIND_NULL, KIND_VALUE, NEGATED_SIDE, NUMBER_SIDE, sideOf } from './program.ts';
import { NO_SYMBOL, type SymbolTable } from './symbol-table.ts';

interface PathNode {
  readonly step: string | number;
  readonly parent: PathNode | undefined;
  /** Does every object have a property of this name? */
  readonly isInherited: boolean;
  slot: number;
  children: Map<string | number, PathNode>;
}

const NO_SLOT = -1;
/** With fewer steps than this, walking them is cheaper than counting the object's keys. */
const NARROW = 24;
/** A path node, a Map entry and the columns of a slot; an estimate for the statistics. */
const SLOT_BYTES = 320;

export class SlotTable {
  readonly #symbols: SymbolTable;
  readonly #ids = new IdPool();
  readonly #root: PathNode = { step: '', parent: undefined, isInherited: false, slot: NO_SLOT, children: new Map() };
  readonly #attributes = new Map<string, number>();
  readonly #envelope = new Map<EnvelopeName, number>();
  /** By slot. */
  #references: (SlotReference | undefined)[] = [];
  /** By slot: the slots that stand for prefixes of it. */
  #prefixes: ({ readonly length: number; readonly slot: number }[] | undefined)[] = [];
  #holders = new Int32Array(0);
  /** Live slots that read `event.data`. */
  #dataSlots = 0;

  /** Of the event read last, by slot: KIND_… */
  kinds = new Int32Array(0);
  /** By slot: the value, NaN if it is no number. */
  values = new Float64Array(0);
  /** By side, two words: the value and its negative as in ordered-bits.ts, below every bound if it is no number. */
  numbers = new Int32Array(0);
  /** The symbol of the value, or NO_SYMBOL. */
  symbols = new Int32Array(0);
  /** The slots that are not missing in the event read last: the first `touchedCount` of these. */
  touched = new Int32Array(0);
  touchedCount = 0;

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  get size(): number {
    return this.#ids.size;
  }

  get bytes(): number {
    return this.#ids.size * SLOT_BYTES;
  }

  get readsData(): boolean {
    return this.#dataSlots > 0;
  }

  /** The slot of a reference, when a live filter names it. */
  find(reference: SlotReference): number | undefined {
    switch (reference.kind) {
      case 'prefix': {
        const whole = this.find(reference.of);
        const prefixes = whole === undefined ? undefined : this.#prefixes[whole];
        return prefixes?.find(({ length }) => length === reference.length)?.slot;
      }
      case 'attribute':
        return this.#attributes.get(reference.name);
      case 'envelope':
        return this.#envelope.get(reference.name);
      case 'data': {
        let node: PathNode | undefined = this.#root;
        for (const step of reference.path) {
          node = node.children.get(step);
          if (node === undefined) return undefined;
        }
        return node.slot === NO_SLOT ? undefined : node.slot;
      }
    }
  }

  /** What a slot that is held stands for. */
  referenceOf(slot: number): SlotReference {
    return this.#references[slot] as SlotReference;
  }

  /** Holds the reference once more. */
  hold(reference: SlotReference): number {
    const known = this.find(reference);
    if (known !== undefined) {
      this.#holders[known] = (this.#holders[known] as number) + 1;
      return known;
    }
    const slot = this.#ids.take();
    this.#holders = roomForInts(this.#holders, slot + 1);
    this.kinds = roomForInts(this.kinds, slot + 1);
    this.values = roomForNumbers(this.values, slot + 1);
    this.numbers = roomForInts(this.numbers, sideOf(slot + 1, 0));
    this.symbols = roomForInts(this.symbols, slot + 1);
    this.touched = roomForInts(this.touched, slot + 1);
    this.#holders[slot] = 1;
    this.#references[slot] = reference;
    this.#clear(slot);
    if (reference.kind === 'prefix') this.#holdPrefix(reference, slot);
    else if (reference.kind === 'attribute') this.#attributes.set(reference.name, slot);
    else if (reference.kind === 'envelope') this.#envelope.set(reference.name, slot);
    else {
      this.#dataSlots += 1;
      let node = this.#root;
      for (const step of reference.path) node = node.children.get(step) ?? grow(node, step);
      node.slot = slot;
    }
    return slot;
  }

  /** Releases one hold; true when it was the last and the slot is gone. */
  release(slot: number): boolean {
    const holders = (this.#holders[slot] as number) - 1;
    this.#holders[slot] = holders;
    if (holders > 0) return false;
    const reference = this.#references[slot];
    this.#references[slot] = undefined;
    if (reference?.kind === 'prefix') this.#releasePrefix(reference, slot);
    else if (reference?.kind === 'attribute') this.#attributes.delete(reference.name);
    else if (reference?.kind === 'envelope') this.#envelope.delete(reference.name);
    else if (reference !== undefined) {
      this.#dataSlots -= 1;
      this.#prune(reference.path);
    }
    this.#ids.release(slot);
    if (this.#ids.size === 0) this.#reset();
    return true;
  }

  /** Reads an event into the arrays. `data` is the event's data, which the caller has read already. */
  read(event: MatchableEvent, data: JsonValue | undefined): void {
    for (let i = 0; i < this.touchedCount; i += 1) this.#clear(this.touched[i] as number);
    this.touchedCount = 0;
    if (this.#dataSlots > 0) this.#walk(this.#root, data);
    for (const [name, slot] of this.#envelope) this.#set(slot, event[name]);
    const attributes = event.attributes;
    if (attributes === undefined) return;
    if (this.#attributes.size <= NARROW) {
      for (const [name, slot] of this.#attributes) {
        if (Object.hasOwn(attributes, name)) this.#set(slot, attributes[name]);
      }
      return;
    }
    for (const name of Object.keys(attributes)) {
      const slot = this.#attributes.get(name);
      if (slot !== undefined) this.#set(slot, attributes[name]);
    }
  }

  #walk(node: PathNode, value: JsonValue | undefined): void {
    if (node.slot !== NO_SLOT) this.#set(node.slot, value);
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

  #set(slot: number, value: JsonValue | undefined): void {
    if (value === undefined) return;
    this.touched[this.touchedCount] = slot;
    this.touchedCount += 1;
    if (typeof value === 'number') {
      if (Number.isNaN(value)) {
        this.kinds[slot] = KIND_NULL;
        return;
      }
      this.kinds[slot] = KIND_VALUE;
      this.values[slot] = value;
      const side = sideOf(slot, NUMBER_SIDE);
      writeOrdered(value, this.numbers, side);
      negateOrdered(this.numbers, side, side + NEGATED_SIDE);
      this.symbols[slot] = this.#symbols.find(slot, value);
      return;
    }
    this.kinds[slot] = value === null ? KIND_NULL : KIND_VALUE;
    if (typeof value === 'object') return;
    this.symbols[slot] = this.#symbols.find(slot, value);
    const prefixes = this.#prefixes[slot];
    if (prefixes === undefined || typeof value !== 'string') return;
    for (const prefix of prefixes)
      if (value.length >= prefix.length) this.#set(prefix.slot, value.slice(0, prefix.length));
  }

  /** A prefix holds what it is a prefix of. */
  #holdPrefix(prefix: Prefix, slot: number): void {
    const whole = this.hold(prefix.of);
    const prefixes = this.#prefixes[whole] ?? [];
    this.#prefixes[whole] = prefixes;
    prefixes.push({ length: prefix.length, slot });
  }

  #releasePrefix(prefix: Prefix, slot: number): void {
    const whole = this.find(prefix.of) as number;
    const left = this.#prefixes[whole]?.filter((other) => other.slot !== slot);
    this.#prefixes[whole] = left?.length === 0 ? undefined : left;
    this.release(whole);
  }

  #clear(slot: number): void {
    this.kinds[slot] = KIND_MISSING;
    this.symbols[slot] = NO_SYMBOL;
    this.values[slot] = Number.NaN;
    const side = sideOf(slot, NUMBER_SIDE);
    this.numbers[side] = NO_NUMBER;
    this.numbers[side + NEGATED_SIDE] = NO_NUMBER;
  }

  #prune(path: readonly (string | number)[]): void {
    let node: PathNode | undefined = this.#root;
    for (const step of path) node = node?.children.get(step);
    if (node === undefined) return;
    node.slot = NO_SLOT;
    while (node.parent !== undefined && node.slot === NO_SLOT && node.children.size === 0) {
      node.parent.children.delete(node.step);
      node = node.parent;
    }
  }

  #reset(): void {
    this.#references = [];
    this.#prefixes = [];
    this.#holders = new Int32Array(0);
    this.kinds = new Int32Array(0);
    this.values = new Float64Array(0);
    this.numbers = new Int32Array(0);
    this.symbols = new Int32Array(0);
    this.touched = new Int32Array(0);
    this.touchedCount = 0;
  }
}

function grow(parent: PathNode, step: string | number): PathNode {
  const node: PathNode = { step, parent, isInherited: step in Object.prototype, slot: NO_SLOT, children: new Map() };
  parent.children.set(step, node);
  return node;
}

/** Array.isArray does not narrow read-only arrays. */
function isArray(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
