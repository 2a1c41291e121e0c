import type { SeededRandom } from '../../bench/workloads/random.ts';

/** Names that are near each other, hostile, or need an escape. */
const NAMES = [
  'a',
  'b',
  'ab',
  'ba',
  '',
  '__proto__',
  'constructor',
  'length',
  '0',
  'é',
  '😀',
  'x"y',
  '\ud800',
  'toString',
];
const TEXTS = [...NAMES, 'site-17', 'a\\b', '\n\u0000', '\ud800a\udc00', 'ﬀ', 'x'.repeat(40), '\ufeff'];
const NUMBERS = [
  '0',
  '-0',
  '-0.0',
  '1',
  '-1',
  '12',
  '1.5',
  '0.1',
  '-273.15',
  '123456789012345',
  '1234567890123456',
  '9007199254740993',
  '0.000001',
  '0.1234567890123',
  '1e3',
  '1E-3',
  '1e+2',
  '1e999',
  '-1e999',
  '5e-324',
  '1.7976931348623157e308',
  '2.2250738585072011e-308',
  '179769313486231580793e289',
  '0.30000000000000004',
  '4.35',
  '8.41',
];

/** A document as somebody might write it: with repeated names, any white space, and any spelling of a text. */
export function jsonText(random: SeededRandom, depth = 4): string {
  return spaced(random, valueText(random, depth));
}

/** A path of one to four steps to where there may be something. */
export function jsonPath(random: SeededRandom): (string | number)[] {
  return Array.from({ length: 1 + random.integer(random.next() < 0.6 ? 1 : 4) }, () =>
    random.next() < 0.2 ? random.integer(4) : random.pick(NAMES),
  );
}

/** The bytes with something wrong: cut off, or with bytes changed, left out or put in. Now and then it is still JSON. */
export function damaged(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || random.next() < 0.2) return bytes.subarray(0, random.integer(bytes.length + 1));
  const result = [...bytes];
  for (let i = 1 + random.integer(2); i > 0; i -= 1) {
    const at = random.integer(result.length + 1);
    const byte = random.next() < 0.6 ? random.pick(TELLING) : random.integer(256);
    const luck = random.next();
    if (luck < 0.4) result[Math.min(at, result.length - 1)] = byte;
    else if (luck < 0.7) result.splice(at, 1);
    else result.splice(at, 0, byte);
  }
  return Uint8Array.from(result);
}

/** Bytes that mean something to JSON or to UTF-8. */
const TELLING = [...'"\\{}[]:,-+.eE019tfnu \n\u0001\u001f'].map((letter) => letter.charCodeAt(0));
TELLING.push(0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xa0, 0xef, 0xbb, 0xf0, 0x90, 0xf4, 0xf5, 0xff);

function valueText(random: SeededRandom, depth: number): string {
  const luck = random.next();
  if (depth > 0 && luck < 0.35) return objectText(random, depth);
  if (depth > 0 && luck < 0.5) {
    const elements = Array.from({ length: random.integer(5) }, () => jsonText(random, depth - 1));
    return `[${spaced(random, elements.join(','))}]`;
  }
  if (luck < 0.7) return random.pick(NUMBERS);
  if (luck < 0.75) return String(random.next() * 10 ** random.integer(12));
  if (luck < 0.85) return random.pick(['true', 'false', 'null']);
  return stringText(random, random.pick(TEXTS));
}

function objectText(random: SeededRandom, depth: number): string {
  const fields = Array.from({ length: random.integer(6) }, () => {
    const name = spaced(random, stringText(random, random.pick(NAMES)));
    return `${name}:${jsonText(random, depth - 1)}`;
  });
  return `{${spaced(random, fields.join(','))}}`;
}

function stringText(random: SeededRandom, text: string): string {
  if (random.next() < 0.7) return JSON.stringify(text);
  const letters = text.split('').map((letter) => {
    const hex = letter.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${random.next() < 0.5 ? hex : hex.toUpperCase()}`;
  });
  return `"${letters.join('')}"`;
}

function spaced(random: SeededRandom, text: string): string {
  if (random.next() < 0.7) return text;
  return random.pick([' ', '\n', '\t\r\n ']) + text + random.pick(['', ' ', '\n']);
}
