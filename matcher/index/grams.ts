/**
 * Which grams that entries are found by are in the texts of an event? (See gram.ts.)
 *
 *     'pump-7' ─▶ pum  ump  mp-  p-7 ─▶ 4096 marks ─▶ symbols ─▶ found, each once
 *
 * A text is gone through where that is quicker than to verify all entries that are found by grams of it; otherwise all these
 * grams count as found. So neither a long text nor a single filter costs more than the filters themselves would.
 */
import { roomForInts } from './columns.ts';
import type { SymbolTable } from './symbol-table.ts';
import * as symbolTableConstants from './symbol-table.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { NO_SYMBOL } = symbolTableConstants;

/** So many grams of a text are looked at in the time that one entry is verified. */
const ENTRY_GRAMS = 8;
const MARKS = 4096;
const MARK_MASK = MARKS - 1;
const EPOCH_MAX = 0x7fff_ffff;

/** The grams of one length of one text. */
interface Waited {
  readonly slot: number;
  readonly length: number;
  /** Symbols that entries are found by: the first `count`. */
  symbols: Int32Array<ArrayBuffer>;
  count: number;
  /** That are found by them. */
  entries: number;
  /** How many of them have this hash: most grams of a text are not among them, and are looked up no further. */
  readonly marks: Int32Array;
}

export class Grams {
  readonly #symbols: SymbolTable;
  /** By the slot of the text. */
  #ofTexts: (Waited[] | undefined)[] = [];
  /** By the slot of the grams. */
  #ofGrams: (Waited | undefined)[] = [];
  /** By symbol: where it is in `Waited.symbols`, and the epoch in which it was found last. */
  #places = new Int32Array(0);
  #stamps = new Int32Array(0);
  #epoch = 0;
  #size = 0;
  /** Symbols found in the event: the first `count` of these; `~symbol` where that was not looked at. */
  found = new Int32Array(64);
  count = 0;

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  get bytes(): number {
    return this.#size * MARKS * 4 + this.#places.byteLength * 3;
  }

  /** Is a text looked at for grams? */
  has(textSlot: number): boolean {
    return this.#ofTexts[textSlot] !== undefined;
  }

  /** The slot of the grams of one length of a text. */
  find(textSlot: number, length: number): number | undefined {
    return this.#ofTexts[textSlot]?.find((waited) => waited.length === length)?.slot;
  }

  /** A slot of grams came to be. */
  add(textSlot: number, length: number, slot: number): void {
    const waited = { slot, length, symbols: new Int32Array(0), count: 0, entries: 0, marks: new Int32Array(MARKS) };
    const all = this.#ofTexts[textSlot] ?? [];
    this.#ofTexts[textSlot] = all;
    all.push(waited);
    this.#ofGrams[slot] = waited;
    this.#size += 1;
  }

  /** A slot of grams goes. */
  remove(textSlot: number, slot: number): void {
    const left = this.#ofTexts[textSlot]?.filter((waited) => waited.slot !== slot);
    this.#ofTexts[textSlot] = left?.length === 0 ? undefined : left;
    this.#ofGrams[slot] = undefined;
    this.#size -= 1;
    if (this.#size > 0) return;
    this.#ofTexts = [];
    this.#ofGrams = [];
    this.#places = new Int32Array(0);
    this.#stamps = new Int32Array(0);
    this.found = new Int32Array(64);
  }

  /** An entry came that is found by a symbol, or the first one. Nothing where its slot is not one of grams. */
  posted(slot: number, symbol: number, isFirst: boolean): void {
    const waited = this.#ofGrams[slot];
    if (waited === undefined) return;
    waited.entries += 1;
    if (!isFirst) return;
    this.#places = roomForInts(this.#places, symbol + 1);
    this.#stamps = roomForInts(this.#stamps, symbol + 1);
    waited.symbols = roomForInts(waited.symbols, waited.count + 1);
    waited.symbols[waited.count] = symbol;
    this.#places[symbol] = waited.count;
    waited.count += 1;
    const mark = this.#markOf(symbol);
    waited.marks[mark] = (waited.marks[mark] as number) + 1;
  }

  /** An entry went that was found by a symbol, or the last one. */
  takenOut(slot: number, symbol: number, isLast: boolean): void {
    const waited = this.#ofGrams[slot];
    if (waited === undefined) return;
    waited.entries -= 1;
    if (!isLast) return;
    waited.count -= 1;
    const last = waited.symbols[waited.count] as number;
    const place = this.#places[symbol] as number;
    waited.symbols[place] = last;
    this.#places[last] = place;
    const mark = this.#markOf(symbol);
    waited.marks[mark] = (waited.marks[mark] as number) - 1;
  }

  /** Another event is read. */
  begin(): void {
    this.count = 0;
    this.#epoch += 1;
    if (this.#epoch < EPOCH_MAX) return;
    this.#epoch = 1;
    this.#stamps.fill(0);
  }

  /** Finds grams in the text of a slot. */
  readText(textSlot: number, text: string): void {
    for (const waited of this.#ofTexts[textSlot] ?? []) {
      if (this.#areAllFound(waited, text.length)) continue;
      const { slot, length, marks } = waited;
      let hash = 0;
      for (let i = 0; i < text.length; i += 1) {
        hash = next(hash, text.charCodeAt(i), length);
        if (i + 1 < length || marks[hash] === 0) continue;
        this.#find(this.#symbols.findText(slot, text, i + 1 - length, i + 1));
      }
    }
  }

  /** The same, of a text that is the ASCII bytes `from`…`end` - 1. */
  readAscii(textSlot: number, bytes: Uint8Array, from: number, end: number): void {
    for (const waited of this.#ofTexts[textSlot] ?? []) {
      if (this.#areAllFound(waited, end - from)) continue;
      const { slot, length, marks } = waited;
      let hash = 0;
      for (let i = from; i < end; i += 1) {
        hash = next(hash, bytes[i] as number, length);
        if (i + 1 - from < length || marks[hash] === 0) continue;
        this.#find(this.#symbols.findAscii(slot, bytes, i + 1 - length, i + 1));
      }
    }
  }

  /** Are those that somebody waits for so few that the text is not gone through for them? */
  #areAllFound({ symbols, count, entries, length: gramLength }: Waited, length: number): boolean {
    if (length < gramLength) return true;
    if (length <= entries * ENTRY_GRAMS) return false;
    this.found = roomForInts(this.found, this.count + count);
    for (let i = 0; i < count; i += 1) this.found[this.count + i] = ~(symbols[i] as number);
    this.count += count;
    return true;
  }

  #find(symbol: number): void {
    // One that is held, but no key of an entry, has no stamp.
    if (symbol === NO_SYMBOL || symbol >= this.#stamps.length || this.#stamps[symbol] === this.#epoch) return;
    this.#stamps[symbol] = this.#epoch;
    this.found = roomForInts(this.found, this.count + 1);
    this.found[this.count] = symbol;
    this.count += 1;
  }

  #markOf(symbol: number): number {
    const gram = this.#symbols.valueOf(symbol) as string;
    let hash = 0;
    for (let i = 0; i < gram.length; i += 1) hash = next(hash, gram.charCodeAt(i), gram.length);
    return hash;
  }
}

/** The hash of the last `length` code units, out of that of those before: each unit is shifted out after `length` steps. */
function next(hash: number, unit: number, length: number): number {
  if (length === 3) return ((hash << 4) ^ unit) & MARK_MASK;
  return length === 2 ? ((hash << 6) ^ unit) & MARK_MASK : unit & MARK_MASK;
}
