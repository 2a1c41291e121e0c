/** How deep JSON may nest and how many keys it may have, all objects together, to be read. */
export interface JsonLimits {
  readonly depthMax: number;
  readonly keysMax: number;
}

/** Why a body that says it is JSON has no readable fields. */
export type JsonFault = 'not_json' | 'too_deep' | 'too_many_keys';

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Which limit the bytes `from`…`end` - 1 pass first, whether they are JSON or not. One pass, nothing is built: JSON.parse
 * would build the whole of a hostile document before anybody could look at it.
 */
export function shapeFault(
  bytes: Uint8Array,
  { depthMax, keysMax }: JsonLimits,
  from = 0,
  end = bytes.length,
): JsonFault | undefined {
  let depth = 0;
  let keys = 0;
  for (let i = from; i < end; i += 1) {
    switch (bytes[i]) {
      case QUOTE:
        i = endOfString(bytes, i, end);
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        if (depth > depthMax) return 'too_deep';
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1;
        break;
      case COLON:
        keys += 1;
        if (keys > keysMax) return 'too_many_keys';
        break;
    }
  }
  return undefined;
}

/** Index of the quote that closes the string opened at `start`, or the end. */
function endOfString(bytes: Uint8Array, start: number, end: number): number {
  let i = start + 1;
  while (i < end && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}
