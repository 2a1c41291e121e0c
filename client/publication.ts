import {
  ATTRIBUTES_MAX,
  type Attributes,
  NO_OPTIONS,
  type PublishOptions as WireOptions,
} from '../broker/protocol/index.ts';
import { checkText, invalid, kindOf } from './arguments.ts';
import type { Identity } from './identity.ts';
import type { EventToPublish } from './publish-request.ts';

/**
 * What can be said of an event besides its topic and data, and of how it is to be published. All of it may stand
 * together, but for `mandatory` with `delayMs`, which is refused: nobody knows yet who will want it. With `delayMs`, `ttlMs`
 * counts from the moment when the event takes its place, and `retain` keeps it from then on.
 */
export interface PublishOptions {
  /** Flat scalars that predicates can name as `$attr.x`, whatever the data is. At most 64. */
  readonly attributes?: Attributes | undefined;
  /**
   * Identity: the broker knows the same `source` and `id` again for some minutes, and answers with the first receipt.
   * So an event with an id is sent until it is answered for good; see `retry`.
   */
  readonly id?: string | undefined;
  /** Default, where there is an id: one that this client makes and keeps for its life. */
  readonly source?: string | undefined;
  /** When it happened. A number is milliseconds since 1970. Default: the broker's clock at arrival. */
  readonly time?: number | Date | undefined;
  /** Default: `application/json`, or `application/octet-stream` for bytes. */
  readonly contentType?: string | undefined;
  /** The receipt waits until the mailboxes that keep the event have it on disk. */
  readonly durable?: boolean | undefined;
  /** Refused with `no_match`, and nothing done, where no subscription matches. */
  readonly mandatory?: boolean | undefined;
  /** Kept as the last value of its topic, for subscriptions to come. With empty data that value is forgotten. */
  readonly retain?: boolean | undefined;
  /** After so many milliseconds nobody is given it any more. 1 to 2^32 - 1. */
  readonly ttlMs?: number | undefined;
  /** It takes its place in the order after so many milliseconds. The receipt comes at once, with `delayed`. */
  readonly delayMs?: number | undefined;
  /**
   * Send it again after a lost connection, and after a refusal that says "not now" (`store_busy`, `store_full`,
   * `mailbox_full`, `rate_limited`, `broker_draining`), for `retryMs` of the client; the broker lets it in once.
   * Default: where there is an `id`. `true` gives it one where there is none; `false`: it is sent once.
   */
  readonly retry?: boolean | undefined;
}

/** One event to publish. `data` is bytes, or any value that JSON has a form for. */
export interface Publication extends PublishOptions {
  readonly topic: string;
  readonly data: unknown;
}

const QUIET_OPTIONS = [
  'attributes',
  'id',
  'source',
  'time',
  'contentType',
  'durable',
  'mandatory',
  'retain',
  'ttlMs',
  'delayMs',
] as const satisfies (keyof PublishOptions)[];
const OPTIONS = [...QUIET_OPTIONS, 'retry'] as const satisfies (keyof PublishOptions)[];
/** The options that each way of publishing knows; a publication has its topic and data beside them. */
export const PUBLISH_NAMES: ReadonlySet<string> = new Set([...OPTIONS, 'signal']);
export const QUIET_NAMES: ReadonlySet<string> = new Set(QUIET_OPTIONS);
export const PUBLICATION_NAMES: ReadonlySet<string> = new Set(['topic', 'data', ...OPTIONS]);

const NOTHING_MORE: PublishOptions = {};
/** As long as the wire's 32 bits can say. */
const MS_MAX = 0xffff_ffff;

/**
 * An event as it is going to be written. Bytes are not copied: leave them unchanged until the publish is answered.
 * Throws TellwhenError `invalid_argument` for what no broker could read.
 */
export function eventToPublish(
  topic: string,
  data: unknown,
  options: PublishOptions = NOTHING_MORE,
  identity: Identity,
): EventToPublish {
  checkTopic(topic);
  const { attributes, contentType, time, retry } = options;
  let { id, source } = options;
  if (attributes !== undefined) checkAttributes(attributes);
  if (id !== undefined) checkText('the id of an event', id);
  if (source !== undefined) checkText('the source of an event', source);
  if (contentType !== undefined) checkText('the contentType of an event', contentType);
  if (retry !== undefined) checkFlag('retry', retry);
  const bytes = data instanceof Uint8Array;
  if (retry === true) id ??= identity.freshId();
  if (id !== undefined) source ??= identity.source;
  return {
    topic,
    data: bytes ? data : encodeJson(data),
    contentType: contentType ?? (bytes ? 'application/octet-stream' : undefined),
    id,
    source,
    time: timeOf(time),
    attributes,
    options: wireOptionsOf(options),
    repeatable: id !== undefined && retry !== false,
  };
}

/** Nearly all events want nothing special: nothing is made for them. */
function wireOptionsOf(options: PublishOptions): WireOptions {
  const { durable, mandatory, retain, ttlMs, delayMs } = options;
  if (durable === undefined && mandatory === undefined && retain === undefined) {
    if (ttlMs === undefined && delayMs === undefined) return NO_OPTIONS;
  }
  return {
    durable: durable !== undefined && checkFlag('durable', durable),
    mandatory: mandatory !== undefined && checkFlag('mandatory', mandatory),
    retain: retain !== undefined && checkFlag('retain', retain),
    ttlMs: ttlMs === undefined ? undefined : checkMs('ttlMs', ttlMs),
    delayMs: delayMs === undefined ? undefined : checkMs('delayMs', delayMs),
  };
}

function checkFlag(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalid(`${name} of a publish must be true or false, not ${kindOf(value)}`);
}

function checkMs(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MS_MAX) return value;
  throw invalid(`${name} of a publish must be whole milliseconds from 1 to ${MS_MAX}, not ${shown(value)}`);
}

/** Throws TellwhenError `invalid_argument`. The rest of the rules of topics is the broker's to check. */
function checkTopic(topic: string): void {
  checkText('a topic', topic);
  if (topic === '') throw invalid('a topic must not be empty');
}

/** Throws TellwhenError `invalid_argument` for what JSON has no form for. */
export function encodeJson(data: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (cause) {
    throw invalid('the data has no JSON form', cause);
  }
  if (text === undefined) throw invalid(`the data has no JSON form: ${typeof data}`);
  return text;
}

function timeOf(time: unknown): number | undefined {
  if (time === undefined) return undefined;
  const ms = time instanceof Date ? time.getTime() : Math.trunc(typeof time === 'number' ? time : Number.NaN);
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw invalid(`the time of an event must be milliseconds since 1970, not ${shown(time)}`);
}

function shown(value: unknown): string {
  return typeof value === 'number' || value instanceof Date ? String(value) : kindOf(value);
}

function checkAttributes(attributes: unknown): void {
  if (typeof attributes !== 'object' || attributes === null) {
    throw invalid(`the attributes of an event must be an object, not ${kindOf(attributes)}`);
  }
  const entries = Object.entries(attributes);
  if (entries.length > ATTRIBUTES_MAX) throw invalid(`${entries.length} attributes; at most ${ATTRIBUTES_MAX}`);
  for (const [name, value] of entries) {
    checkText('the name of an attribute', name);
    if (typeof value === 'string') checkText(`the attribute ${name}`, value);
    else if (typeof value !== 'boolean' && !Number.isFinite(value)) {
      throw invalid(`the attribute ${name} must be a text, a finite number or a boolean`);
    }
  }
}
