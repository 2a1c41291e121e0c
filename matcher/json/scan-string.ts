/** Strings of JSON, as bytes. RFC 8259 §7. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SLASH = 0x2f;
const LETTER_U = 0x75;
/** What may follow a backslash by itself. */
const ESCAPED = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)));

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Where the string ends whose first byte after the quote is at `at`: the index of the closing quote. Negated, if
 * something in it is not ASCII or escaped, so that its bytes are not its text. 0, if it is none: it has no end, a control
 * character, an escape that JSON does not know, or is not UTF-8.
 */
export function scanString(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end; i += 1) {
    const byte = bytes[i] as number;
    // Small letters are most of what there is.
    if (byte > BACKSLASH && byte < 0x80) continue;
    if (byte === QUOTE) return i;
    if (byte < 0x20) return 0;
    if (byte >= BACKSLASH) return 0 - scanOddString(bytes, i, end);
  }
  return 0;
}

/** The text of a string, from its quote `open` to its quote `close`, which `scanString` found. */
export function decodeString(bytes: Uint8Array, open: number, close: number): string {
  return JSON.parse(decoder.decode(bytes.subarray(open, close + 1)));
}

function scanOddString(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end; ) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) return i;
    const length = byte === BACKSLASH ? escapeLength(bytes, i + 1, end) : characterLength(bytes, i, end);
    if (length === 0) return 0;
    i += length;
  }
  return 0;
}

/** Bytes of an escape with its backslash; 0 if it is none. `at` is after the backslash. */
function escapeLength(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  const letter = bytes[at] as number;
  if (letter !== LETTER_U) return ESCAPED.has(letter) ? 2 : 0;
  if (at + 4 >= end) return 0;
  for (let i = at + 1; i <= at + 4; i += 1) if (!isHexDigit(bytes[i] as number)) return 0;
  return 6;
}

function isHexDigit(byte: number): boolean {
  return (byte > SLASH && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

/** Bytes of a character; 0 if it is a control character or no UTF-8 (Unicode 15, table 3-7). */
function characterLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return first < 0x20 ? 0 : 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > end) return 0;
  const second = bytes[at + 1] as number;
  // Neither longer than it need be, nor a surrogate, nor above the last character.
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = at + 2; i < at + length; i += 1) if (((bytes[i] as number) & 0xc0) !== 0x80) return 0;
  return length;
}
