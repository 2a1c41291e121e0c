import type { JsonValue } from '../event.ts';
import { type JsonFault, type JsonLimits, shapeFault } from './json-shape.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Decodes a whole document, unless it passes a limit. Linear. */
export function decodeJson(
  bytes: Uint8Array,
  limits: JsonLimits,
): { readonly value: JsonValue } | { readonly fault: JsonFault } {
  const fault = shapeFault(bytes, limits);
  if (fault !== undefined) return { fault };
  try {
    return { value: JSON.parse(decoder.decode(bytes)) };
  } catch {
    return { fault: 'not_json' };
  }
}
