import type { Scalar } from './language/ast.ts';

/** What JSON.parse can return. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * An event as the matcher sees it. Plain objects do; so does a class whose `data` is a getter that decodes on first
 * use, because the matcher reads `data` at most once per event, and only when a live filter names a data field.
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
