/**
 * Texts in typed memory: a million short strings would cost V8 more in headers than in characters, and be walked by
 * every full collection. A character takes a byte, or two in a text that has one above U+00FF.
 *
 *     block   ┌──────────────────────────────┬────────────────────┬──
 *             │ characters · 2, + 1 if wide  │ four or two a word │ …
 *             └──────────────────────────────┴────────────────────┴──
 */
import { Arena, BLOCK_WORDS_MAX, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } from './arena.ts';
import { roomForInts } from './columns.ts';

/** A string's header and its Map entry in V8; an estimate for the statistics. */
const LONG_TEXT_BYTES = 80;

export class TextStore {
  readonly #arena = new Arena();
  /** Address of each text, or NOWHERE. */
  #places = new Int32Array(0);
  /** Texts that no block can hold. */
  readonly #long = new Map<number, string>();
  #longCharacters = 0;

  get bytes(): number {
    return this.#arena.bytes + this.#places.byteLength + this.#long.size * LONG_TEXT_BYTES + this.#longCharacters * 2;
  }

  /** Keeps a text under a small number that has none. */
  add(id: number, text: string): void {
    this.#places = roomForInts(this.#places, id + 1, NOWHERE);
    const isWide = hasWide(text);
    const perWord = isWide ? 2 : 4;
    const length = 1 + Math.ceil(text.length / perWord);
    if (length > BLOCK_WORDS_MAX) {
      this.#long.set(id, text);
      this.#longCharacters += text.length;
      return;
    }
    const block = this.#arena.allocate(length);
    const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
    let at = block & CHUNK_MASK;
    words[at] = text.length * 2 + (isWide ? 1 : 0);
    const bits = isWide ? 16 : 8;
    for (let i = 0; i < text.length; i += perWord) {
      let word = 0;
      const end = Math.min(text.length, i + perWord);
      for (let j = i; j < end; j += 1) word |= text.charCodeAt(j) << ((j - i) * bits);
      at += 1;
      words[at] = word;
    }
    this.#places[id] = block;
  }

  /** The text under a number; `undefined` when there is none. */
  get(id: number): string | undefined {
    const block = this.#places[id] ?? NOWHERE;
    if (block === NOWHERE) return this.#long.get(id);
    const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
    const at = block & CHUNK_MASK;
    const head = words[at] as number;
    const [shift, mask, bits] = head % 2 === 1 ? [1, 0xffff, 16] : [2, 0xff, 8];
    let text = '';
    for (let i = 0; i < head >> 1; i += 1) {
      const word = words[at + 1 + (i >> shift)] as number;
      text += String.fromCharCode((word >>> ((i & ((1 << shift) - 1)) * bits)) & mask);
    }
    return text;
  }

  remove(id: number): void {
    const block = this.#places[id] as number;
    if (block === NOWHERE) {
      this.#longCharacters -= this.#long.get(id)?.length ?? 0;
      this.#long.delete(id);
      return;
    }
    this.#arena.free(block);
    this.#places[id] = NOWHERE;
  }

  /** Gives the column back, when there is no text. */
  reset(): void {
    this.#places = new Int32Array(0);
  }
}

function hasWide(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 0xff) return true;
  return false;
}
