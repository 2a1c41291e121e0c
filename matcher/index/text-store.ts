/**
 * Texts in typed memory: a million short strings would cost V8 more in headers than in characters, and be walked by
 * every full collection. They are UTF-8, a byte for most characters, because that is what the platform writes and reads
 * at once; the last word is filled up with zeros, so that equal texts are equal words.
 *
 *     block   ┌───────┬──────────────────┬──
 *             │ bytes │ four bytes a word │ …
 *             └───────┴──────────────────┴──
 */
import { Arena, BLOCK_WORDS_MAX, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } from './arena.ts';
import { roomForInts } from './columns.ts';

/** A string's header and its Map entry in V8; an estimate for the statistics. */
const STRING_BYTES = 80;
/** A block's header is one word. */
const BYTES_MAX = (BLOCK_WORDS_MAX - 1) * 4;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

export class TextStore {
  readonly #arena = new Arena();
  /** Address of each text, or NOWHERE. */
  #places = new Int32Array(0);
  /** Texts that no block can hold, and those with half a surrogate pair, which UTF-8 cannot say. */
  readonly #strings = new Map<number, string>();
  #stringCharacters = 0;
  /** The text encoded last. */
  readonly #bytes = new Uint8Array(BYTES_MAX);
  readonly #words = new Int32Array(this.#bytes.buffer);

  get bytes(): number {
    const strings = this.#strings.size * STRING_BYTES + this.#stringCharacters * 2;
    return this.#arena.bytes + this.#places.byteLength + strings;
  }

  /** Keeps a text under a small number that has none. Cost: about a nanosecond a character, and some hundred. */
  add(id: number, text: string): void {
    this.#places = roomForInts(this.#places, id + 1, NOWHERE);
    const length = this.#encode(text);
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
    for (let i = 0; i < count; i += 1) words[at + 1 + i] = this.#words[i] as number;
    this.#places[id] = block;
  }

  /** The text under a number; `undefined` when there is none. */
  get(id: number): string | undefined {
    const block = this.#places[id] ?? NOWHERE;
    if (block === NOWHERE) return this.#strings.get(id);
    const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
    const at = block & CHUNK_MASK;
    return DECODER.decode(new Uint8Array(words.buffer, (at + 1) * 4, words[at]));
  }

  /** Is this the text under a number? Quicker than to get it and compare. */
  holds(id: number, text: string): boolean {
    const block = this.#places[id] ?? NOWHERE;
    if (block === NOWHERE) return this.#strings.get(id) === text;
    const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
    const at = block & CHUNK_MASK;
    const length = words[at] as number;
    if (text.length > length || this.#encode(text) !== length) return false;
    for (let i = wordsOf(length); i > 0; i -= 1) if (words[at + i] !== this.#words[i - 1]) return false;
    return true;
  }

  remove(id: number): void {
    const block = this.#places[id] as number;
    if (block === NOWHERE) {
      this.#stringCharacters -= this.#strings.get(id)?.length ?? 0;
      this.#strings.delete(id);
      return;
    }
    this.#arena.free(block);
    this.#places[id] = NOWHERE;
  }

  /** Gives the column back, when there is no text. */
  reset(): void {
    this.#places = new Int32Array(0);
  }

  /** Writes a text to `#bytes`; returns how many, or NOWHERE where it must be kept as a string. */
  #encode(text: string): number {
    if (text.length > BYTES_MAX || !text.isWellFormed()) return NOWHERE;
    const { read, written } = ENCODER.encodeInto(text, this.#bytes);
    if (read < text.length) return NOWHERE;
    this.#bytes.fill(0, written, wordsOf(written) * 4);
    return written;
  }
}

function wordsOf(bytes: number): number {
  return (bytes + 3) >> 2;
}
