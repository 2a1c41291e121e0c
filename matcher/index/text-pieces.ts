/**
 * Pieces that many texts have in common, each once: `' AND humidity < '`. A text that has a piece holds it.
 *
 * Who comes first has a place: when there are `PIECES_MAX`, a further one is refused until another goes.
 */
import { NOWHERE } from './arena.ts';
import { roomForInts } from './columns.ts';
import { HashTable } from './hash-table.ts';
import { IdPool } from './id-pool.ts';

/** So many as two bytes of a packed text can tell; they take a megabyte and a half. */
export const PIECES_MAX = 16_384;
/** Of a piece. */
export const PIECE_BYTES_MAX = 64;

/** Words of a piece: how many texts hold it, each time counted; its length in bytes; the bytes. */
const STRIDE = 2 + PIECE_BYTES_MAX / 4;
const LENGTH = 1;
const FIRST_BYTE = 8;

export class TextPieces {
  readonly #ids = new IdPool();
  readonly #hashes = new HashTable();
  #words = new Int32Array(0);
  /** The same memory. */
  #bytes = new Uint8Array(this.#words.buffer);
  /** The piece that is looked for. */
  #text: Uint8Array = this.#bytes;
  #start = 0;
  #end = 0;

  get bytes(): number {
    return this.#words.byteLength + this.#hashes.bytes + this.#ids.bytes;
  }

  /** Holds the piece from `start` to `end`, at most PIECE_BYTES_MAX long. Returns its number, or NOWHERE when it is refused. */
  hold(text: Uint8Array, start: number, end: number): number {
    const hash = hashOfBytes(text, start, end);
    this.#text = text;
    this.#start = start;
    this.#end = end;
    const known = this.#hashes.find(hash, this.#isWanted);
    if (known !== NOWHERE) {
      const at = known * STRIDE;
      this.#words[at] = (this.#words[at] as number) + 1;
      return known;
    }
    if (this.#ids.size === PIECES_MAX) return NOWHERE;
    const id = this.#ids.take();
    this.#hashes.add(hash, id);
    const words = roomForInts(this.#words, (id + 1) * STRIDE);
    if (words !== this.#words) {
      this.#words = words;
      this.#bytes = new Uint8Array(words.buffer, 0, words.byteLength);
    }
    words[id * STRIDE] = 1;
    words[id * STRIDE + LENGTH] = end - start;
    const to = id * STRIDE * 4 + FIRST_BYTE;
    for (let i = start; i < end; i += 1) this.#bytes[to + i - start] = text[i] as number;
    return id;
  }

  /** Lets go of a piece that was held. */
  release(id: number): void {
    const held = (this.#words[id * STRIDE] as number) - 1;
    this.#words[id * STRIDE] = held;
    if (held > 0) return;
    this.#hashes.remove(id);
    this.#ids.release(id);
    if (this.#ids.size > 0) return;
    this.#hashes.reset();
    this.#words = new Int32Array(0);
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  /** Copies a piece that is held to `text` at `at`. Returns the end of it there. */
  copy(id: number, text: Uint8Array, at: number): number {
    const length = this.#words[id * STRIDE + LENGTH] as number;
    const from = id * STRIDE * 4 + FIRST_BYTE;
    for (let i = 0; i < length; i += 1) text[at + i] = this.#bytes[from + i] as number;
    return at + length;
  }

  /** Made once, not for each piece: a text has a dozen of them. */
  readonly #isWanted = (id: number): boolean => {
    const text = this.#text;
    const start = this.#start;
    const length = this.#end - start;
    if (this.#words[id * STRIDE + LENGTH] !== length) return false;
    const bytes = this.#bytes;
    const from = id * STRIDE * 4 + FIRST_BYTE;
    for (let i = 0; i < length; i += 1) if (bytes[from + i] !== text[start + i]) return false;
    return true;
  };
}

/** FNV-1a with MurmurHash3's finaliser: a table takes both ends of a hash. */
function hashOfBytes(text: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (text[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
