import { ATTRIBUTES_MAX, type Attributes, type BodyFields } from '../broker/protocol/index.ts';
import { checkText, invalid, kindOf } from './arguments.ts';

/** What can be said of an event besides its topic and data. */
export interface PublishOptions {
  /** Flat scalars that predicates can name as `$attr.x`, whatever the data is. At most 64. */
  readonly attributes?: Attributes | undefined;
  /** Identity; with an id repeated, the broker recognises the second publish and answers with the first receipt. */
  readonly id?: string | undefined;
  readonly source?: string | undefined;
  /** When it happened. A number is milliseconds since 1970. Default: the broker's clock at arrival. */
  readonly time?: number | Date | undefined;
  /** Default: `application/json`, or `application/octet-stream` for bytes. */
  readonly contentType?: string | undefined;
}

/** One event to publish. `data` is bytes, or any value that JSON has a form for. */
export interface Publication extends PublishOptions {
  readonly topic: string;
  readonly data: unknown;
}

const OPTION_NAMES = ['attributes', 'id', 'source', 'time', 'contentType'] as const;
/** The options that each way of publishing knows; a publication has its topic and data beside them. */
export const PUBLISH_NAMES: ReadonlySet<string> = new Set([...OPTION_NAMES, 'signal']);
export const QUIET_NAMES: ReadonlySet<string> = new Set(OPTION_NAMES);
export const PUBLICATION_NAMES: ReadonlySet<string> = new Set(['topic', 'data', ...OPTION_NAMES]);

const NOTHING_MORE: PublishOptions = {};
const encoder = new TextEncoder();

/**
 * The wire's form of an event. Bytes are not copied: leave them unchanged until the publish is answered.
 * Throws TellwhenError `invalid_argument` for what no broker could read.
 */
export function bodyOf(data: unknown, options: PublishOptions = NOTHING_MORE): BodyFields {
  const { attributes, id, source, contentType, time } = options;
  if (attributes !== undefined) checkAttributes(attributes);
  if (id !== undefined) checkText('the id of an event', id);
  if (source !== undefined) checkText('the source of an event', source);
  if (contentType !== undefined) checkText('the contentType of an event', contentType);
  const bytes = data instanceof Uint8Array;
  return {
    data: bytes ? data : encodeJson(data),
    contentType: contentType ?? (bytes ? 'application/octet-stream' : undefined),
    id,
    source,
    time: timeOf(time),
    attributes,
  };
}

/** Throws TellwhenError `invalid_argument`. The rest of the rules of topics is the broker's to check. */
export function checkTopic(topic: string): void {
  checkText('a topic', topic);
  if (topic === '') throw invalid('a topic must not be empty');
}

function encodeJson(data: unknown): Uint8Array {
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (cause) {
    throw invalid('the data has no JSON form', cause);
  }
  if (text === undefined) throw invalid(`the data has no JSON form: ${typeof data}`);
  return encoder.encode(text);
}

function timeOf(time: unknown): number | undefined {
  if (time === undefined) return undefined;
  const ms = time instanceof Date ? time.getTime() : Math.trunc(typeof time === 'number' ? time : Number.NaN);
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw invalid(`the time of an event must be milliseconds since 1970, not ${shown(time)}`);
}

function shown(time: unknown): string {
  return typeof time === 'number' || time instanceof Date ? String(time) : kindOf(time);
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
