import { ATTRIBUTES_MAX, type Attributes, type BodyFields } from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';

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

const NOTHING_MORE: PublishOptions = {};
const encoder = new TextEncoder();

/**
 * The wire's form of an event. Bytes are not copied: leave them unchanged until the publish is answered.
 * Throws TellwhenError `invalid_argument` for what no broker could read.
 */
export function bodyOf(data: unknown, options: PublishOptions = NOTHING_MORE): BodyFields {
  const { attributes, id, source } = options;
  if (attributes !== undefined) checkAttributes(attributes);
  const bytes = data instanceof Uint8Array;
  return {
    data: bytes ? data : encodeJson(data),
    contentType: options.contentType ?? (bytes ? 'application/octet-stream' : undefined),
    id,
    source,
    time: timeOf(options.time),
    attributes,
  };
}

/** Throws TellwhenError `invalid_argument`. The rest of the rules of topics is the broker's to check. */
export function checkTopic(topic: string): void {
  if (typeof topic !== 'string' || topic === '') throw new TellwhenError('invalid_argument', 'a topic must be a text');
}

function encodeJson(data: unknown): Uint8Array {
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (cause) {
    throw new TellwhenError('invalid_argument', 'the data has no JSON form', { cause });
  }
  if (text === undefined) throw new TellwhenError('invalid_argument', `the data has no JSON form: ${typeof data}`);
  return encoder.encode(text);
}

function timeOf(time: number | Date | undefined): number | undefined {
  if (time === undefined) return undefined;
  const ms = typeof time === 'number' ? Math.trunc(time) : time.getTime();
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new TellwhenError('invalid_argument', `the time of an event must be milliseconds since 1970, not ${time}`);
}

function checkAttributes(attributes: Attributes): void {
  const names = Object.keys(attributes);
  if (names.length > ATTRIBUTES_MAX) {
    throw new TellwhenError('invalid_argument', `${names.length} attributes; at most ${ATTRIBUTES_MAX}`);
  }
  for (const name of names) {
    const value: unknown = attributes[name];
    if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) continue;
    throw new TellwhenError('invalid_argument', `the attribute ${name} must be a text, a finite number or a boolean`);
  }
}
