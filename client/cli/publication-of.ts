import type { PublishOptions } from '../index.ts';
import { duration, flag, text, texts } from './option-kinds.ts';
import { UsageError } from './usage-error.ts';

/** As much as any broker can be told to accept as one event. */
export const EVENT_BYTES_MAX = 32 * 1_048_576;

/** What describes an event besides its topic and data; for publishing one, and for imagining one. */
export const eventOptions = {
  attr: texts('name=value', 'an attribute; may be repeated. Numbers, true and false are taken as such'),
  id: text('id', 'the identity of the event'),
  source: text('source', 'where it comes from'),
  contentType: text('type', 'of the data (default: application/json if it is JSON, else text/plain)'),
};

/** How an event is to be published. */
export const deliveryOptions = {
  durable: flag('the receipt waits until the mailboxes that keep it have it on disk'),
  mandatory: flag('refuse it where no subscription matches'),
  retain: flag('keep it as the last value of its topic, for subscriptions to come; no data at all: forget that value'),
  ttl: duration('duration', 'nobody is given it after so long'),
  delay: duration('duration', 'it is published after so long; the receipt comes at once'),
  retry: flag('send it again, for 30s, until the broker has let it in, once; so it is too with an --id'),
};

interface DeliveryGiven {
  readonly durable: boolean;
  readonly mandatory: boolean;
  readonly retain: boolean;
  readonly ttl: number | undefined;
  readonly delay: number | undefined;
  readonly retry: boolean;
}

export function deliveryOptionsOf({ durable, mandatory, retain, ttl, delay, retry }: DeliveryGiven): PublishOptions {
  return { durable, mandatory, retain, ttlMs: ttl, delayMs: delay, retry: retry ? true : undefined };
}

interface EventOptions {
  readonly attr: readonly string[];
  readonly id: string | undefined;
  readonly source: string | undefined;
  readonly contentType: string | undefined;
}

/** Throws UsageError for an attribute that is not `name=value`, or is there twice. */
export function publishOptionsOf({
  attr,
  id,
  source,
  contentType,
}: EventOptions): Pick<PublishOptions, 'attributes' | 'id' | 'source' | 'contentType'> {
  return { attributes: attr.length === 0 ? undefined : attributesOf(attr), id, source, contentType };
}

/**
 * Data as typed, and its type if none is given: JSON where it is, else plain text. Throws UsageError for what begins as
 * JSON and is none, rather than send as text what was meant as JSON.
 */
export function contentTypeOf(data: string): 'application/json' | 'text/plain' {
  const fault = jsonFault(data);
  if (fault === undefined) return 'application/json';
  if (!/^\s*[[{"]/.test(data)) return 'text/plain';
  throw new UsageError(
    `the data looks like JSON but is not: ${fault}. If it is meant so, say --content-type text/plain`,
  );
}

/** What is wrong with it, or `undefined` where it is JSON. */
export function jsonFault(data: string): string | undefined {
  try {
    JSON.parse(data);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function attributesOf(pairs: readonly string[]): NonNullable<PublishOptions['attributes']> {
  const attributes: { [name: string]: string | number | boolean } = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new UsageError(`--attr wants name=value, not "${pair}"`);
    const name = pair.slice(0, equals);
    if (Object.hasOwn(attributes, name)) throw new UsageError(`the attribute ${name} is given twice`);
    attributes[name] = scalarOf(pair.slice(equals + 1));
  }
  return attributes;
}

function scalarOf(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : value;
}
