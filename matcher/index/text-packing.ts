/**
 * A text in few bytes. Filters that programs write differ in their numbers and have words in common, so a text is cut at
 * its digits: what is between them is told by its number among the pieces that texts share, and a digit by half a byte.
 *
 *     text     devices/readings\0│site = 'site-│749│' AND vibration < │4.99
 *     packed   piece             │piece        │digits│piece          │digits
 *
 *     0xxxxxxx             piece x
 *     10xxxxxx yyyyyyyy    piece 128 + xy
 *     110xxxxx digits      x + 1 digits or points, two in a byte, the first one in its high half
 *     1110xxxx             a digit
 *     1111xxxx bytes       x + 1 bytes as they are, of a piece that is not shared
 */
import * as arenaConstants from './arena.ts';
import * as textPiecesConstants from './text-pieces.ts';
import { TextPieces } from './text-pieces.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { BLOCK_WORDS_MAX, NOWHERE } = arenaConstants;
const { PIECE_BYTES_MAX } = textPiecesConstants;

/** Room for a packed text, which leaves a block a word. */
const PACKED_BYTES_MAX = (BLOCK_WORDS_MAX - 1) * 4;
/** Of a text in UTF-8. At worst it is twice as long when packed: single bytes between digits, shared by none. */
const BYTES_MAX = PACKED_BYTES_MAX / 2;

const SHORT_PIECES = 0x80;
const LONG_PIECE = 0x80;
const DIGITS = 0xc0;
const DIGITS_MAX = 32;
const DIGIT = 0xe0;
const PLAIN = 0xf0;
const PLAIN_MAX = 16;

const POINT = '.'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);
const NINE = '9'.charCodeAt(0);
/** What a point is among digits. */
const PACKED_POINT = 10;

const SHORT_TEXT = 256;
const ASCII_END = 0x80;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

export class TextPacking {
  readonly #pieces = new TextPieces();
  /** A text in UTF-8. */
  readonly #text = new Uint8Array(BYTES_MAX);
  /** Another, to compare. */
  readonly #other = new Uint8Array(BYTES_MAX);
  readonly #packed = new Uint8Array(PACKED_BYTES_MAX);
  /** The packed text that was made last, or that is to be read, in words; what is behind it is undefined. */
  readonly words = new Int32Array(this.#packed.buffer);

  /** Of the pieces that are shared. */
  get bytes(): number {
    return this.#pieces.bytes;
  }

  /**
   * Packs a text into `words`, and holds its pieces.
   *
   * @returns how many bytes that are; NOWHERE for a text that is too long, or has half a surrogate pair, which UTF-8
   *   cannot say.
   */
  pack(text: string): number {
    const length = this.#encode(text);
    const bytes = this.#text;
    const packed = this.#packed;
    let to = 0;
    for (let at = 0, end = 0; at < length; at = end) {
      if (isDigit(bytes[at] as number)) {
        end = endOfDigits(bytes, at, Math.min(length, at + DIGITS_MAX));
        to = packDigits(packed, to, { bytes, at, end });
        continue;
      }
      end = endOfPiece(bytes, at, Math.min(length, at + PIECE_BYTES_MAX));
      const piece = this.#pieces.hold(bytes, at, end);
      if (piece === NOWHERE) to = packPlain(packed, to, { bytes, at, end });
      else {
        if (piece >= SHORT_PIECES) {
          packed[to] = LONG_PIECE | ((piece - SHORT_PIECES) >> 8);
          to += 1;
        }
        packed[to] = piece >= SHORT_PIECES ? piece - SHORT_PIECES : piece;
        to += 1;
      }
    }
    return length === NOWHERE ? NOWHERE : to;
  }

  /** The text whose packed form is the first so many bytes of `words`. */
  unpack(packedLength: number): string {
    return DECODER.decode(this.#text.subarray(0, this.#unpackTo(this.#text, packedLength)));
  }

  /** Is the first so many bytes of `words` this text? */
  isPacked(packedLength: number, text: string): boolean {
    const length = this.#encode(text);
    if (this.#unpackTo(this.#other, packedLength) !== length) return false;
    for (let i = 0; i < length; i += 1) if (this.#text[i] !== this.#other[i]) return false;
    return true;
  }

  /** Lets go of the pieces of the first so many bytes of `words`. */
  release(packedLength: number): void {
    for (let at = 0; at < packedLength; at = this.#after(at)) {
      const piece = this.#pieceAt(at);
      if (piece !== NOWHERE) this.#pieces.release(piece);
    }
  }

  #encode(text: string): number {
    const bytes = this.#text;
    const { length } = text;
    if (length > SHORT_TEXT) return this.#encodeAny(text);
    for (let i = 0; i < length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit >= ASCII_END) return this.#encodeAny(text);
      bytes[i] = unit;
    }
    return length;
  }

  /** The encoder is the quicker one of long texts, as its call costs as much as a hundred characters. */
  #encodeAny(text: string): number {
    if (text.length > BYTES_MAX || !text.isWellFormed()) return NOWHERE;
    const { read, written } = ENCODER.encodeInto(text, this.#text);
    return read < text.length ? NOWHERE : written;
  }

  /** Unpacks the first so many bytes; returns the length of the text. */
  #unpackTo(text: Uint8Array, packedLength: number): number {
    const packed = this.#packed;
    let to = 0;
    for (let at = 0, next = 0; at < packedLength; at = next) {
      next = this.#after(at);
      const piece = this.#pieceAt(at);
      const head = packed[at] as number;
      if (piece !== NOWHERE) to = this.#pieces.copy(piece, text, to);
      else if (head >= PLAIN) {
        for (let i = at + 1; i < next; i += 1, to += 1) text[to] = packed[i] as number;
      } else if (head >= DIGIT) {
        text[to] = charOf(head - DIGIT);
        to += 1;
      } else {
        for (let i = 0; i <= head - DIGITS; i += 1, to += 1) {
          text[to] = charOf(((packed[at + 1 + (i >> 1)] as number) >> ((i & 1) === 0 ? 4 : 0)) & 15);
        }
      }
    }
    return to;
  }

  /** The piece that is told at `at`, or NOWHERE. */
  #pieceAt(at: number): number {
    const head = this.#packed[at] as number;
    if (head < SHORT_PIECES) return head;
    if (head >= DIGITS) return NOWHERE;
    return SHORT_PIECES + ((head - LONG_PIECE) << 8) + (this.#packed[at + 1] as number);
  }

  /** Where the next thing is told. */
  #after(at: number): number {
    const head = this.#packed[at] as number;
    if (head >= PLAIN) return at + 2 + (head - PLAIN);
    if (head < SHORT_PIECES || head >= DIGIT) return at + 1;
    return head >= DIGITS ? at + 1 + ((head - DIGITS + 2) >> 1) : at + 2;
  }
}

interface Part {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
}

/** Returns the end of what was packed; so does `packPlain`. */
function packDigits(packed: Uint8Array, to: number, { bytes, at, end }: Part): number {
  if (end === at + 1) {
    packed[to] = DIGIT | ((bytes[at] as number) - ZERO);
    return to + 1;
  }
  packed[to] = DIGITS | (end - at - 1);
  let last = to;
  for (let i = at; i < end; i += 2) {
    last += 1;
    packed[last] = (halfOf(bytes[i] as number) << 4) | (i + 1 < end ? halfOf(bytes[i + 1] as number) : 0);
  }
  return last + 1;
}

function packPlain(packed: Uint8Array, to: number, { bytes, at, end }: Part): number {
  let last = to;
  for (let from = at; from < end; from += PLAIN_MAX) {
    const count = Math.min(PLAIN_MAX, end - from);
    packed[last] = PLAIN | (count - 1);
    for (let i = 0; i < count; i += 1) packed[last + 1 + i] = bytes[from + i] as number;
    last += 1 + count;
  }
  return last;
}

/** Digits, and points after the first. */
function endOfDigits(bytes: Uint8Array, start: number, limit: number): number {
  let end = start + 1;
  while (end < limit && (isDigit(bytes[end] as number) || bytes[end] === POINT)) end += 1;
  return end;
}

/** A piece ends before a digit, and after the U+0000 that ends a topic filter, as predicates have others of these. */
function endOfPiece(bytes: Uint8Array, start: number, limit: number): number {
  let end = start + 1;
  while (end < limit && bytes[end - 1] !== 0 && !isDigit(bytes[end] as number)) end += 1;
  return end;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function halfOf(byte: number): number {
  return byte === POINT ? PACKED_POINT : byte - ZERO;
}

function charOf(half: number): number {
  return half === PACKED_POINT ? POINT : ZERO + half;
}
