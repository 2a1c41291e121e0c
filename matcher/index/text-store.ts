/**
 * Texts in typed memory, packed: a million short strings would cost V8 more in headers than in characters, and be walked
 * by every full collection.
 *
 *     block   ┌───────┬──────────────────────────┬──
 *             │ bytes │ packed text, four a word │ …      see text-packing.ts
 *             └───────┴──────────────────────────┴──
 */
import * as arenaConstants from './arena.ts';
import { Arena } from './arena.ts';
import { roomForInts } from './columns.ts';
import { TextPacking } from './text-packing.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { CHUNK_MASK, CHUNK_SHIFT, NOWHERE } = arenaConstants;

/** A string's header and its Map entry in V8; an estimate for the statistics. */
const STRING_BYTES = 80;

export class TextStore {
  readonly #arena = new Arena();
  readonly #packing = new TextPacking();
  /** Address of each text, or NOWHERE. */
  #places = new Int32Array(0);
  /** Texts that cannot be packed: very long ones, and those that are no Unicode. */
  readonly #strings = new Map<number, string>();
  #stringCharacters = 0;

  get bytes(): number {
    const strings = this.#strings.size * STRING_BYTES + this.#stringCharacters * 2;
    return this.#arena.bytes + this.#packing.bytes + this.#places.byteLength + strings;
  }

  /** Keeps a text under a small number that has none. Cost: some nanoseconds a character. */
  add(id: number, text: string): void {
    this.#places = roomForInts(this.#places, id + 1, NOWHERE);
    const length = this.#packing.pack(text);
    if (length === NOWHERE) {
      this.#strings.set(id, text);
      this.#stringCharacters += text.length;
      return;
    }
    const count = wordsOf(length);
    const block = this.#arena.allocate(1 + count);
    const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
    const at = block & CHUNK_MASK;
    words[at] = length;
    for (let i = 0; i < count; i += 1) words[at + 1 + i] = this.#packing.words[i] as number;
    this.#places[id] = block;
  }

  /** The text under a number; `undefined` when there is none. */
  get(id: number): string | undefined {
    const block = this.#places[id] ?? NOWHERE;
    return block === NOWHERE ? this.#strings.get(id) : this.#packing.unpack(this.#load(block));
  }

  /** Is this the text under a number? Quicker than to get it and compare. */
  holds(id: number, text: string): boolean {
    const block = this.#places[id] ?? NOWHERE;
    return block === NOWHERE ? this.#strings.get(id) === text : this.#packing.isPacked(this.#load(block), text);
  }

  /** Removes the text under a number, if there is one. */
  remove(id: number): void {
    const block = this.#places[id] ?? NOWHERE;
    if (block === NOWHERE) {
      this.#stringCharacters -= this.#strings.get(id)?.length ?? 0;
      this.#strings.delete(id);
      return;
    }
    this.#packing.release(this.#load(block));
    this.#arena.free(block);
    this.#places[id] = NOWHERE;
  }

  /** Gives the column back, when there is no text. */
  reset(): void {
    this.#places = new Int32Array(0);
  }

  /** Has the packed text in a block where it can be read, and returns its length in bytes. */
  #load(block: number): number {
    const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
    const at = block & CHUNK_MASK;
    const length = words[at] as number;
    for (let i = wordsOf(length); i > 0; i -= 1) this.#packing.words[i - 1] = words[at + i] as number;
    return length;
  }
}

function wordsOf(bytes: number): number {
  return (bytes + 3) >> 2;
}
