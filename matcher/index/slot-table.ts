/**
 * Slots: one small integer for each reference that live filters name. An event's values are read once into arrays
 * indexed by slot; all tests read those.
 */
import type { JsonValue, MatchableEvent } from '../event.ts';
import { JsonFields } from '../json/json-fields.ts';
import type { JsonFault, JsonLimits } from '../json/json-shape.ts';
import type { EnvelopeName } from '../language/ast.ts';
import { roomForInts, roomForNumbers } from './columns.ts';
import * as fieldsConstants from './fields.ts';
import { Fields } from './fields.ts';
import type { Gram } from './gram.ts';
import { Grams } from './grams.ts';
import { IdPool } from './id-pool.ts';
import * as orderedBitsConstants from './ordered-bits.ts';
import { writeBothOrdered } from './ordered-bits.ts';
import type { Prefix } from './prefix.ts';
import * as programConstants from './program.ts';
import { sideOf } from './program.ts';
import type { SlotReference } from './slot-reference.ts';
import type { SymbolTable } from './symbol-table.ts';
import * as symbolTableConstants from './symbol-table.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { NO_SLOT } = fieldsConstants;
const { NO_NUMBER } = orderedBitsConstants;
const { KIND_MISSING, KIND_NULL, KIND_VALUE, NEGATED_SIDE, NUMBER_SIDE } = programConstants;
const { NO_SYMBOL } = symbolTableConstants;

/** A path's node in the tree and the columns of a slot; an estimate for the statistics. */
const SLOT_BYTES = 320;

export class SlotTable {
  readonly #symbols: SymbolTable;
  readonly #ids = new IdPool();
  /** The same paths twice: for data that is decoded, and for data as bytes. */
  readonly #data = new Fields();
  readonly #json = new JsonFields();
  readonly #attributes = new Fields();
  #envelope: { readonly name: EnvelopeName; readonly slot: number }[] = [];
  /** By slot. */
  #references: (SlotReference | undefined)[] = [];
  /** By slot: the slots that stand for prefixes of it. */
  #prefixes: ({ readonly length: number; readonly slot: number }[] | undefined)[] = [];
  #holders = new Int32Array(0);
  readonly grams: Grams;

  /** Of the event read last, by slot: KIND_… */
  kinds = new Int32Array(0);
  /** By slot: the value, NaN if it is no number. */
  values = new Float64Array(0);
  /** The bits of `values`. */
  #bits = new Int32Array(0);
  /** By side, two words: the value and its negative as in ordered-bits.ts, below every bound if it is no number. */
  numbers = new Int32Array(0);
  /** The symbol of the value, or NO_SYMBOL. */
  symbols = new Int32Array(0);
  /** The slots that are not missing in the event read last: the first `touchedCount` of these. */
  touched = new Int32Array(0);
  touchedCount = 0;

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
    this.grams = new Grams(symbols);
  }

  get size(): number {
    return this.#ids.size;
  }

  get bytes(): number {
    return this.#ids.size * SLOT_BYTES + this.#json.bytes + this.grams.bytes;
  }

  /** The slot of a reference, when a live filter names it. */
  find(reference: SlotReference): number | undefined {
    switch (reference.kind) {
      case 'prefix': {
        const whole = this.find(reference.of);
        const prefixes = whole === undefined ? undefined : this.#prefixes[whole];
        return prefixes?.find(({ length }) => length === reference.length)?.slot;
      }
      case 'gram': {
        const text = this.find(reference.of);
        return text === undefined ? undefined : this.grams.find(text, reference.length);
      }
      case 'attribute':
        return known(this.#attributes.find([reference.name]));
      case 'envelope':
        return this.#envelope.find(({ name }) => name === reference.name)?.slot;
      case 'data':
        return known(this.#data.find(reference.path));
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
    this.#bits = new Int32Array(this.values.buffer, 0, this.values.length * 2);
    this.numbers = roomForInts(this.numbers, sideOf(slot + 1, 0));
    this.symbols = roomForInts(this.symbols, slot + 1);
    this.touched = roomForInts(this.touched, slot + 1);
    this.#holders[slot] = 1;
    this.#references[slot] = reference;
    this.#clear(slot);
    if (reference.kind === 'prefix') this.#holdPrefix(reference, slot);
    else if (reference.kind === 'gram') this.grams.add(this.hold(reference.of), reference.length, slot);
    else if (reference.kind === 'attribute') this.#attributes.add([reference.name], slot);
    else if (reference.kind === 'envelope') this.#envelope.push({ name: reference.name, slot });
    else {
      this.#data.add(reference.path, slot);
      this.#json.add(reference.path, slot);
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
    else if (reference?.kind === 'gram') this.#releaseGrams(reference, slot);
    else if (reference?.kind === 'attribute') this.#attributes.remove([reference.name]);
    else if (reference?.kind === 'envelope') this.#envelope = this.#envelope.filter((other) => other.slot !== slot);
    else if (reference !== undefined) {
      this.#data.remove(reference.path);
      this.#json.remove(reference.path);
    }
    this.#ids.release(slot);
    if (this.#ids.size === 0) this.#reset();
    return true;
  }

  /** Reads an event into the arrays, all but its data, which is missing then. */
  read(event: MatchableEvent): void {
    this.#clearTouched();
    this.grams.begin();
    for (let i = 0; i < this.#envelope.length; i += 1) {
      const { name, slot } = this.#envelope[i] as { name: EnvelopeName; slot: number };
      this.#set(slot, event[name]);
    }
    if (this.#attributes.size > 0) this.#readFields(this.#attributes, event.attributes);
  }

  /** Reads the data, too. */
  readData(data: JsonValue | undefined): void {
    if (this.#data.size > 0) this.#readFields(this.#data, data);
  }

  /** The same, of data that is JSON in the bytes `from`…`end` - 1. If there is a fault, it is missing. */
  readJson(bytes: Uint8Array, from: number, end: number, limits: JsonLimits): JsonFault | undefined {
    const json = this.#json;
    const fault = json.read(bytes, from, end, limits);
    const { slots, numbers, starts, ends, others, count } = json;
    this.#setNumbers(slots, numbers, count);
    for (let i = 0; i < count; i += 1) {
      if (!Number.isNaN(numbers[i])) continue;
      const slot = slots[i] as number;
      const textEnd = ends[i] as number;
      if (textEnd === 0) {
        const value = others[i];
        others[i] = undefined;
        if (slot !== NO_SLOT) this.#set(slot, value);
      } else if (slot !== NO_SLOT) this.#setAscii(slot, bytes, starts[i] as number, textEnd);
    }
    return fault;
  }

  #readFields(fields: Fields, object: JsonValue | undefined): void {
    const count = fields.read(object);
    this.#setNumbers(fields.slots, fields.numbers, count);
    const { slots, numbers, others } = fields;
    for (let i = 0; i < count; i += 1) {
      if (!Number.isNaN(numbers[i])) continue;
      const value = others[i];
      // The event is not to be kept.
      others[i] = undefined;
      const slot = slots[i] as number;
      if (slot !== NO_SLOT) this.#set(slot, value);
    }
  }

  /** Sets the numbers among `count` fields. Most values of most events come through this loop. */
  #setNumbers(slots: Int32Array, read: Float64Array, count: number): void {
    const { kinds, values, numbers, symbols, touched } = this;
    const bits = this.#bits;
    const table = this.#symbols;
    let end = this.touchedCount;
    for (let i = 0; i < count; i += 1) {
      const slot = slots[i] as number;
      const number = read[i] as number;
      if (Number.isNaN(number) || slot === NO_SLOT) continue;
      touched[end] = slot;
      end += 1;
      kinds[slot] = KIND_VALUE;
      // -0 becomes 0.
      values[slot] = number + 0;
      writeBothOrdered(bits, slot, numbers, sideOf(slot, NUMBER_SIDE));
      if (table.hasNumbers(slot)) symbols[slot] = table.findBits(slot, bits, slot);
    }
    this.touchedCount = end;
  }

  #set(slot: number, value: JsonValue | undefined): void {
    if (value === undefined) return;
    this.touched[this.touchedCount] = slot;
    this.touchedCount += 1;
    this.kinds[slot] = value === null || Number.isNaN(value) ? KIND_NULL : KIND_VALUE;
    if (typeof value === 'string') this.#setText(slot, value);
    else if (typeof value === 'boolean') this.symbols[slot] = this.#symbols.find(slot, value);
    else if (typeof value === 'number' && !Number.isNaN(value)) {
      this.values[slot] = value + 0;
      writeBothOrdered(this.#bits, slot, this.numbers, sideOf(slot, NUMBER_SIDE));
      this.symbols[slot] = this.#symbols.findBits(slot, this.#bits, slot);
    }
  }

  #setText(slot: number, value: string): void {
    this.symbols[slot] = this.#symbols.findText(slot, value, 0, value.length);
    if (this.grams.has(slot)) this.grams.readText(slot, value);
    const prefixes = this.#prefixes[slot];
    if (prefixes === undefined) return;
    for (let i = 0; i < prefixes.length; i += 1) {
      const prefix = prefixes[i] as { length: number; slot: number };
      if (value.length < prefix.length) continue;
      this.touched[this.touchedCount] = prefix.slot;
      this.touchedCount += 1;
      this.kinds[prefix.slot] = KIND_VALUE;
      this.symbols[prefix.slot] = this.#symbols.findText(prefix.slot, value, 0, prefix.length);
    }
  }

  /** As `#set`, of a text that is ASCII bytes. */
  #setAscii(slot: number, bytes: Uint8Array, from: number, end: number): void {
    this.touched[this.touchedCount] = slot;
    this.touchedCount += 1;
    this.kinds[slot] = KIND_VALUE;
    this.symbols[slot] = this.#symbols.findAscii(slot, bytes, from, end);
    if (this.grams.has(slot)) this.grams.readAscii(slot, bytes, from, end);
    const prefixes = this.#prefixes[slot];
    if (prefixes === undefined) return;
    for (let i = 0; i < prefixes.length; i += 1) {
      const prefix = prefixes[i] as { length: number; slot: number };
      if (end - from < prefix.length) continue;
      this.touched[this.touchedCount] = prefix.slot;
      this.touchedCount += 1;
      this.kinds[prefix.slot] = KIND_VALUE;
      this.symbols[prefix.slot] = this.#symbols.findAscii(prefix.slot, bytes, from, from + prefix.length);
    }
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

  #releaseGrams({ of }: Gram, slot: number): void {
    const text = this.find(of) as number;
    this.grams.remove(text, slot);
    this.release(text);
  }

  #clearTouched(): void {
    const { kinds, values, numbers, symbols, touched } = this;
    for (let i = 0; i < this.touchedCount; i += 1) {
      const slot = touched[i] as number;
      kinds[slot] = KIND_MISSING;
      symbols[slot] = NO_SYMBOL;
      values[slot] = Number.NaN;
      const side = sideOf(slot, NUMBER_SIDE);
      numbers[side] = NO_NUMBER;
      numbers[side + NEGATED_SIDE] = NO_NUMBER;
    }
    this.touchedCount = 0;
  }

  /** Makes a new slot missing, though a former one that had its number was not. */
  #clear(slot: number): void {
    this.#clearTouched();
    this.touched[0] = slot;
    this.touchedCount = 1;
    this.#clearTouched();
  }

  #reset(): void {
    this.#references = [];
    this.#prefixes = [];
    this.#holders = new Int32Array(0);
    this.kinds = new Int32Array(0);
    this.values = new Float64Array(0);
    this.#bits = new Int32Array(0);
    this.numbers = new Int32Array(0);
    this.symbols = new Int32Array(0);
    this.touched = new Int32Array(0);
    this.touchedCount = 0;
  }
}

function known(slot: number): number | undefined {
  return slot === NO_SLOT ? undefined : slot;
}
