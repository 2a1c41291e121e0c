import type { JsonFault, JsonLimits } from './json/json-shape.ts';
import type { Scalar } from './language/ast.ts';

/** What JSON.parse can return. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * An event as the matcher sees it. Plain objects do; so does a class whose `data` is a getter that decodes on first
 * use, because the matcher reads `data` at most once per event, and only when a filter whose topic filter matches names a
 * data field. An event that has bytes of JSON need not be decoded: see `readData`.
 *
 * The matcher never mutates an event, and keeps no reference to it after a call.
 */
export interface MatchableEvent {
  /** A topic name, without wildcards, as `checkTopic` accepts it. */
  readonly topic: string;
  /**
   * The decoded JSON. `undefined` when the body is not JSON: then every data field is missing. Objects as JSON.parse makes
   * them, with the prototype of all objects or none: what another prototype has would be read as if it were their own.
   */
  readonly data?: JsonValue | undefined;
  /**
   * In place of `data`, for matching: has the fields that filters name read from JSON as it stands in bytes, or does nothing
   * if there is none. Called at most once per event, under the same condition. `data` is still asked for then, as often as a
   * test wants more of it than equality and order (LIKE, arithmetic, elements of arrays, …), and by `explain`.
   */
  readonly readData?: ((reader: JsonReader) => void) | undefined;
  /** Flat scalars set by the publisher. Own properties only, of an object as `data` may have them. */
  readonly attributes?: { readonly [name: string]: Scalar } | undefined;
  readonly source?: string | undefined;
  readonly id?: string | undefined;
  /** Milliseconds since 1970. */
  readonly time?: number | undefined;
  /** Bytes of the body. */
  readonly size?: number | undefined;
  readonly contentType?: string | undefined;
}

/** Reads JSON for the matcher. Valid during the call it was given to only. */
export interface JsonReader {
  /**
   * Reads the document that the bytes `from`…`end` - 1 are, all of them by default. What it says is what `decodeJson` and
   * looking at the result would say; nothing, when there is a fault, which is returned. Linear, and no object is made.
   */
  read(bytes: Uint8Array, limits: JsonLimits, from?: number, end?: number): JsonFault | undefined;
}
