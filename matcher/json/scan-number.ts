/** Numbers of JSON, as bytes. RFC 8259 §6. */

const ZERO = 0x30;
const NINE = 0x39;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const LETTER_E = 0x65;

/** So many digits are an integer that a double has exactly. */
const EXACT_DIGITS_MAX = 15;
/** The powers of ten that a double has exactly, as many as are asked for. */
const POWERS = Float64Array.from({ length: EXACT_DIGITS_MAX + 1 }, (_, i) => 10 ** i);

const decoder = new TextDecoder();

/**
 * Where the number ends that starts at `at`; 0 if it is none. What JSON.parse makes of it goes to `into` at `position`; it is
 * not looked at if that is -1. A number is not returned, because it would be made an object.
 */
export function scanNumber(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Float64Array,
  position: number,
): number {
  let at = start;
  if (bytes[at] === MINUS) at += 1;
  const first = at;
  at = afterDigits(bytes, at, end);
  if (at === first || (at - first > 1 && bytes[first] === ZERO)) return 0;
  let fraction = 0;
  if (at < end && bytes[at] === POINT) {
    const point = at + 1;
    at = afterDigits(bytes, point, end);
    fraction = at - point;
    if (fraction === 0) return 0;
  }
  let isShort = true;
  if (at < end && ((bytes[at] as number) | 0x20) === LETTER_E) {
    isShort = false;
    at += 1;
    if (at < end && (bytes[at] === PLUS || bytes[at] === MINUS)) at += 1;
    const exponent = at;
    at = afterDigits(bytes, at, end);
    if (at === exponent) return 0;
  }
  if (position < 0) return at;
  const digits = at - first - (fraction > 0 ? 1 : 0);
  if (isShort && digits <= EXACT_DIGITS_MAX) {
    // The quotient of two exact numbers is rounded once, as the number itself would be (Clinger, PLDI 1990).
    const magnitude = digitsIn(bytes, first, at) / (POWERS[fraction] as number);
    into[position] = first > start ? -magnitude : magnitude;
  } else into[position] = Number(decoder.decode(bytes.subarray(start, at)));
  return at;
}

function afterDigits(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > NINE) return at;
    at += 1;
  }
  return at;
}

/** The digits as an integer, as if there were no point among them. */
function digitsIn(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  for (let i = from; i < end; i += 1) {
    const byte = bytes[i] as number;
    if (byte !== POINT) value = value * 10 + (byte - ZERO);
  }
  return value;
}
