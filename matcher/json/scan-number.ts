/** Numbers of JSON, as bytes. RFC 8259 §6. */

const ZERO = 0x30;
const NINE = 0x39;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;

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
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at += 1;
  const first = at;
  let digits = 0;
  while (at < end && isDigit(bytes[at] as number)) {
    digits = digits * 10 + (bytes[at] as number) - ZERO;
    at += 1;
  }
  let count = at - first;
  if (count === 0 || (count > 1 && bytes[first] === ZERO)) return 0;
  let fraction = 0;
  if (at < end && bytes[at] === POINT) {
    at += 1;
    const point = at;
    while (at < end && isDigit(bytes[at] as number)) {
      digits = digits * 10 + (bytes[at] as number) - ZERO;
      at += 1;
    }
    fraction = at - point;
    if (fraction === 0) return 0;
    count += fraction;
  }
  let isExact = count <= EXACT_DIGITS_MAX;
  if (at < end && ((bytes[at] as number) | 0x20) === 0x65) {
    isExact = false;
    at += 1;
    if (at < end && (bytes[at] === PLUS || bytes[at] === MINUS)) at += 1;
    const exponent = at;
    while (at < end && isDigit(bytes[at] as number)) at += 1;
    if (at === exponent) return 0;
  }
  if (position < 0) return at;
  // The quotient of two exact numbers is rounded once, as the number itself would be (Clinger, PLDI 1990).
  if (isExact) into[position] = (isNegative ? -digits : digits) / (POWERS[fraction] as number);
  else into[position] = Number(decoder.decode(bytes.subarray(start, at)));
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}
