import type { Attributes } from '../../broker/protocol/index.ts';
import { checkNames, checkText, invalid } from '../arguments.ts';
import type { Identity } from '../identity.ts';
import { eventToPublish } from '../publication.ts';
import type { EventToPublish } from '../publish-request.ts';

/** What can be said of a request besides its topic and data. */
export interface RequestOptions {
  /**
   * How long the reply may take, waiting for a connection or a server with room included. The server is told what is
   * left, and to stop when it is over. Default: `requestTimeoutMs` of the client. At most an hour, by the broker's default.
   */
  readonly timeoutMs?: number | undefined;
  /** Flat scalars that the predicate of a server can name, as `$attr.version`. */
  readonly attributes?: Attributes | undefined;
  /** Default: `application/json`, or `application/octet-stream` for bytes. */
  readonly contentType?: string | undefined;
  /** Gives it up: the server is told to stop. */
  readonly signal?: AbortSignal | undefined;
}

export interface RepeatableOptions extends RequestOptions {
  /**
   * Makes it safe to say again: for some minutes the broker answers the same key with the first answer, also when the server
   * has crashed since. So it is sent again after a lost connection, and handed to another server when the first is lost
   * before it answered. The server may see it twice then; it is told by `request.attempt`.
   */
  readonly idempotencyKey?: string | undefined;
  /**
   * With whose keys the key is compared. Default: one that this client makes and keeps for its life. Say one to be known
   * again after your process has started anew.
   */
  readonly source?: string | undefined;
}

const NAMES = ['timeoutMs', 'attributes', 'contentType', 'signal'] as const satisfies (keyof RequestOptions)[];
export const REQUEST_NAMES: ReadonlySet<string> = new Set(NAMES);
export const REPEATABLE_NAMES: ReadonlySet<string> = new Set([...NAMES, 'idempotencyKey', 'source']);

/** A request as it is going to be written. Throws TellwhenError `invalid_argument`. */
export function requestToSend(
  topic: string,
  data: unknown,
  { attributes, contentType, idempotencyKey: id, source }: RepeatableOptions,
  identity: Identity,
): EventToPublish {
  if (id === undefined && source !== undefined)
    throw invalid('a source of a request means nothing without an idempotencyKey');
  if (id !== undefined) checkText('an idempotencyKey', id);
  return eventToPublish(topic, data === undefined ? null : data, { attributes, contentType, id, source }, identity);
}

/** Throws TellwhenError `invalid_argument`. */
export function timeoutOf(timeoutMs: number | undefined, byDefault: number): number {
  if (timeoutMs === undefined) return byDefault;
  if (typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= 0xffff_ffff) return timeoutMs;
  throw invalid(`timeoutMs of a request must be a number above 0, not ${String(timeoutMs)}`);
}

export function checkOptions(what: string, options: object, names: ReadonlySet<string>): void {
  checkNames(`the options of ${what}`, options, names);
}
