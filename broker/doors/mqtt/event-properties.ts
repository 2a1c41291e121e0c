import {
  ATTRIBUTES_MAX,
  type Attributes,
  type AttributeValue,
  type BodyToWrite,
  ProtocolError,
} from '../../protocol/index.ts';
import type { PublishedEvent } from '../../publish/event.ts';
import type { PacketWriter } from './packet-writer.ts';
import type { Properties } from './packets.ts';

/**
 * What MQTT 5 says of a message, as attributes of an event, so that it goes through mailboxes and to other doors: user
 * properties under their own names, and these. A user property whose name begins alike, or stands twice, is only in `all`.
 */
const NAMES = {
  payloadFormat: 'mqtt.payload-format',
  responseTopic: 'mqtt.response-topic',
  /** In base64. */
  correlationData: 'mqtt.correlation-data',
  /** Every user property in order, as JSON; there where attributes cannot say it. */
  all: 'mqtt.user-properties',
  /** It is a last value, handed to one subscription that came later. */
  lastValue: 'mqtt.last-value',
} as const;
const PREFIX = 'mqtt.';

/** These leave room for those of our own. */
const USER_ATTRIBUTES_MAX = ATTRIBUTES_MAX - Object.keys(NAMES).length;

type Written = { [name: string]: AttributeValue };

/** Attributes of what a client publishes. Throws ProtocolError `attributes_invalid`. */
export function attributesOf(properties: Properties): Attributes | undefined {
  const { payloadFormat, responseTopic, correlationData, userProperties } = properties;
  const attributes: Written = Object.create(null);
  let some = false;
  if (userProperties !== undefined) {
    some = true;
    addUserProperties(userProperties, attributes);
  }
  if (payloadFormat !== undefined) {
    some = true;
    attributes[NAMES.payloadFormat] = payloadFormat;
  }
  if (responseTopic !== undefined) {
    some = true;
    attributes[NAMES.responseTopic] = responseTopic;
  }
  if (correlationData !== undefined) {
    some = true;
    attributes[NAMES.correlationData] = Buffer.from(correlationData).toString('base64');
  }
  return some ? attributes : undefined;
}

function addUserProperties(pairs: readonly (readonly [string, string])[], to: Written): void {
  let exact = true;
  for (const [name, value] of pairs) {
    // The keys of an object that look like numbers come first, whatever their order was.
    if (name in to || name.startsWith(PREFIX) || /^\d+$/.test(name)) exact = false;
    if (!(name in to) && !name.startsWith(PREFIX)) to[name] = value;
  }
  if (Object.keys(to).length > USER_ATTRIBUTES_MAX) {
    throw new ProtocolError('attributes_invalid', `over ${USER_ATTRIBUTES_MAX} names of user properties`);
  }
  if (!exact) to[NAMES.all] = JSON.stringify(pairs);
}

/** The body of a last value, for one subscription. */
export function asLastValue(event: PublishedEvent): BodyToWrite {
  return {
    data: event.payload,
    contentType: event.statedContentType,
    id: event.id,
    source: event.source,
    time: event.time,
    attributes: { ...event.attributes, [NAMES.lastValue]: true },
    qos: event.qos,
    retain: event.publishedToRetain,
  };
}

export function isLastValue({ retained, attributes }: PublishedEvent): boolean {
  return retained || attributes?.[NAMES.lastValue] === true;
}

/** Of an event without these, most of what there is to write is nothing. */
export function writeEventProperties(event: PublishedEvent, wallMs: number, to: PacketWriter): void {
  const { attributes, expiresMs, statedContentType } = event;
  if (expiresMs !== 0) {
    // What is left of it, and at least the second that it lives in [MQTT-3.3.2-6].
    to.u8(0x02);
    to.u32(Math.min(0xffff_ffff, Math.max(1, Math.ceil((expiresMs - wallMs) / 1000))));
  }
  // Who publishes without saying more, and not over MQTT, publishes JSON.
  const contentType = statedContentType ?? (event.qos === undefined ? event.contentType : undefined);
  if (contentType !== undefined) writeString(0x03, contentType, to);
  if (attributes === undefined) return;
  for (const name of Object.keys(attributes)) {
    const value = attributes[name] as AttributeValue;
    if (!name.startsWith(PREFIX)) {
      if (!(NAMES.all in attributes)) writeUserProperty(name, String(value), to);
    } else if (name === NAMES.payloadFormat) {
      to.u8(0x01);
      to.u8(Number(value) === 1 ? 1 : 0);
    } else if (name === NAMES.responseTopic) writeString(0x08, String(value), to);
    else if (name === NAMES.correlationData) {
      to.u8(0x09);
      const data = Buffer.from(String(value), 'base64');
      to.u16(data.length);
      to.raw(data);
    } else if (name === NAMES.all) {
      for (const [each, its] of pairsOf(String(value))) writeUserProperty(each, its, to);
    } else if (name !== NAMES.lastValue) writeUserProperty(name, String(value), to);
  }
}

function writeUserProperty(name: string, value: string, to: PacketWriter): void {
  to.u8(0x26);
  to.string(cut(name));
  to.string(cut(value));
}

function writeString(id: number, text: string, to: PacketWriter): void {
  to.u8(id);
  to.string(cut(text));
}

const STRING_BYTES_MAX = 65_535;

/** A text of another door may be longer than one of MQTT can be. */
function cut(text: string): string {
  if (3 * text.length <= STRING_BYTES_MAX || Buffer.byteLength(text) <= STRING_BYTES_MAX) return text;
  const room = new Uint8Array(STRING_BYTES_MAX);
  return text.slice(0, new TextEncoder().encodeInto(text, room).read);
}

/** Another door may have published something of that name. */
function pairsOf(json: string): readonly (readonly [string, string])[] {
  try {
    const pairs: unknown = JSON.parse(json);
    if (!Array.isArray(pairs)) return [];
    return pairs.filter(isPair);
  } catch {
    return [];
  }
}

function isPair(pair: unknown): pair is [string, string] {
  return Array.isArray(pair) && pair.length === 2 && pair.every((text) => typeof text === 'string');
}
