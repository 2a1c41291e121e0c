const decoder = new TextDecoder('utf-8', { fatal: true });

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
 * Decodes a body, after one pass over its bytes that finds depth and number of keys: JSON.parse would build the whole
 * of a hostile document before anybody could look at it. Linear.
 */
export function decodeJson(
  bytes: Uint8Array,
  limits: JsonLimits,
): { readonly value: unknown } | { readonly fault: JsonFault } {
  const fault = shapeFault(bytes, limits);
  if (fault !== undefined) return { fault };
  try {
    return { value: JSON.parse(decoder.decode(bytes)) };
  } catch {
    return { fault: 'not_json' };
  }
}

function shapeFault(bytes: Uint8Array, { depthMax, keysMax }: JsonLimits): JsonFault | undefined {
  let depth = 0;
  let keys = 0;
  for (let i = 0; i < bytes.length; i++) {
    switch (bytes[i]) {
      case QUOTE:
        i = endOfString(bytes, i);
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
function endOfString(bytes: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}

/** Whether a content type names JSON: `application/json`, or a type built on it (RFC 6839 §3.1), with parameters or not. */
export function isJson(contentType: string): boolean {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return type === 'application/json' || type.endsWith('+json');
}
