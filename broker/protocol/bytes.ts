import { ProtocolError } from './codes.ts';

/** Longest LEB128 form of an integer up to 2^53 - 1. */
const VARINT_BYTES_MAX = 8;

/** Shorter texts are copied here, which beats a call into the encoder. */
const SHORT = 64;

/** A writer begins with so much; what it keeps beyond it was needed once. */
const START_BYTES = 4096;

/** Fewer bytes are copied one by one. */
const COPIED_HERE = 24;

const encoder = new TextEncoder();
// `ignoreBOM` keeps U+FEFF where a publisher wrote it; `fatal` refuses what is not UTF-8.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Appends to one growing buffer. Reused between frames, so that a steady connection allocates nothing.
 *
 * A *varint* is an unsigned LEB128 integer up to 2^53 - 1; a *string* is a varint of bytes and as much UTF-8.
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;
  readonly #keepBytes: number;

  /**
   * @param keepBytes how much of the buffer is kept when it is emptied
   * @param startBytes how much it begins with
   */
  constructor(keepBytes = 4096, startBytes = Math.min(keepBytes, START_BYTES)) {
    this.#keepBytes = keepBytes;
    this.#bytes = new Uint8Array(startBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written. A view: valid until the next write or `clear`. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Takes back what was written after the first `length` bytes. */
  truncate(length: number): void {
    this.#length = length;
  }

  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > this.#keepBytes) {
      this.#bytes = new Uint8Array(Math.min(this.#keepBytes, START_BYTES));
      this.#view = new DataView(this.#bytes.buffer);
    }
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  varint(value: number): void {
    this.#reserve(VARINT_BYTES_MAX);
    while (value > 0x7fff_ffff) {
      this.#bytes[this.#length++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value > 0x7f) {
      this.#bytes[this.#length++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    this.#bytes[this.#length++] = value;
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  string(text: string): void {
    if (text.length < SHORT && this.#tryAscii(text)) return;
    // As if it were ASCII, which it mostly is: then its length is known, and nothing is copied.
    const start = this.#length;
    this.#reserve(VARINT_BYTES_MAX + text.length);
    this.varint(text.length);
    const { read, written } = encoder.encodeInto(text, this.#bytes.subarray(this.#length));
    if (read === text.length && written === text.length) {
      this.#length += written;
      return;
    }
    this.#length = start;
    const encoded = encoder.encode(text);
    this.varint(encoded.length);
    this.raw(encoded);
  }

  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length);
    const to = this.#bytes;
    let at = this.#length;
    // A call into the engine's copying costs as much as some dozen bytes.
    if (length <= COPIED_HERE) for (let i = 0; i < length; i++) to[at++] = bytes[i] as number;
    else to.set(bytes, at);
    this.#length += length;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** Writes over what stands at `at`. */
  putU16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  /** Writes over what stands at `at`. */
  putU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Most strings are short names in ASCII. */
  #tryAscii(text: string): boolean {
    this.#reserve(text.length + 1);
    const start = this.#length;
    this.#bytes[start] = text.length;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return false;
      this.#bytes[start + 1 + i] = unit;
    }
    this.#length = start + 1 + text.length;
    return true;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads one frame from front to back. Every read checks the end; what is short or ill-formed is a ProtocolError. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes read so far; the offset that errors carry. */
  get at(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Goes on reading there. */
  seek(at: number): void {
    this.#at = at;
  }

  u8(): number {
    this.#need(1);
    return this.#bytes[this.#at++] as number;
  }

  varint(): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at += 1;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw new ProtocolError('frame_malformed', 'an integer over 2^53 - 1', this.#at);
  }

  float64(): number {
    this.#need(8);
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  string(): string {
    const start = this.#at;
    const bytes = this.raw(this.varint());
    try {
      return decoder.decode(bytes);
    } catch {
      throw new ProtocolError('frame_malformed', 'a text that is not UTF-8', start);
    }
  }

  /** A view of the next `length` bytes, as long-lived as the frame itself. */
  raw(length: number): Uint8Array {
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  u16(): number {
    this.#need(2);
    const value = this.#view.getUint16(this.#at, true);
    this.#at += 2;
    return value;
  }

  u32(): number {
    this.#need(4);
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  /** The next byte, without passing over it. */
  peek(): number {
    this.#need(1);
    return this.#bytes[this.#at] as number;
  }

  /**
   * Passes over a zero byte, a length, and as many bytes: a body that says nothing of itself. False, and nothing is passed
   * over, when something else follows, or it is not all there.
   */
  skipBare(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at++] !== 0) return false;
    let size = bytes[at++] as number;
    if (size > 0x7f) {
      const high = bytes[at++] as number;
      if (high > 0x7f) return false;
      size = (size & 0x7f) | (high << 7);
    }
    // A comparison with NaN, of what lies behind the end, is false.
    if (!(at + size <= bytes.length)) return false;
    this.#at = at + size;
    return true;
  }

  /** Passes over a string, which is checked all the same. */
  skipString(): void {
    const start = this.#at;
    const length = this.varint();
    this.#need(length);
    const end = this.#at + length;
    for (let i = this.#at; i < end; i++) {
      if ((this.#bytes[i] as number) < 0x80) continue;
      this.#at = start;
      this.string();
      return;
    }
    this.#at = end;
  }

  /** Passes over `length` bytes. */
  skip(length: number): void {
    this.#need(length);
    this.#at += length;
  }

  /** A view of what was read from `start` up to here. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#at);
  }

  #need(length: number): void {
    if (this.#bytes.length - this.#at >= length) return;
    throw new ProtocolError('frame_malformed', `the frame ends ${length} bytes short or more`, this.#at);
  }
}
