import { ByteReader, type ByteWriter } from './bytes.ts';
import { ProtocolError } from './codes.ts';

export type AttributeValue = string | number | boolean;
export type Attributes = { readonly [name: string]: AttributeValue };

export const JSON_CONTENT_TYPE = 'application/json';

/** At most so many attributes on one event. */
export const ATTRIBUTES_MAX = 64;

/** What a publisher says of one event, apart from its topic. */
export interface BodyFields {
  readonly data: Uint8Array;
  /** Absent: JSON. */
  readonly contentType?: string | undefined;
  readonly id?: string | undefined;
  readonly source?: string | undefined;
  /** Milliseconds since 1970. Absent: the broker's clock when it arrives. */
  readonly time?: number | undefined;
  readonly attributes?: Attributes | undefined;
  /** How surely a publisher over MQTT wanted it delivered. Absent: it did not say, and whatever a subscriber wants goes. */
  readonly qos?: 0 | 1 | 2 | undefined;
  /** A publisher over MQTT wanted it kept as the last value of its topic. */
  readonly retain?: boolean | undefined;
}

/** The same before it is encoded: data that is a text is written as UTF-8. */
export interface BodyToWrite extends Omit<BodyFields, 'data'> {
  readonly data: Uint8Array | string;
}

/**
 * The part of an event that goes from publisher to subscriber byte for byte, so that the broker copies it and never
 * encodes it again, however many receive it:
 *
 *     flags u8 (what follows; retain, QoS) · [contentType string] · [id string] · [source string] · [time varint]
 *             · [attributes: count varint, then name string + tag u8 + value] · size varint · data
 */
export interface Body extends BodyFields {
  /** The encoded form of all of the above. A view into the frame it came in. */
  readonly bytes: Uint8Array;
  /** Bytes of the data. */
  readonly size: number;
  /** What is wrong with the attributes. The body could be read all the same, and so can what follows it. */
  readonly fault: string | undefined;
}

const HAS_CONTENT_TYPE = 1;
const HAS_ID = 2;
const HAS_SOURCE = 4;
const HAS_TIME = 8;
const HAS_ATTRIBUTES = 16;
const RETAIN = 32;
/** The two highest bits are 1 more than the QoS, or 0 where there is none. */
const QOS_SHIFT = 6;

const TAG_FALSE = 0;
const TAG_TRUE = 1;
const TAG_NUMBER = 2;
const TAG_STRING = 3;

export function writeBody(to: ByteWriter, body: BodyToWrite): void {
  const { data } = body;
  writeBodyHead(to, body);
  // A string on the wire is what data is: a size, and as many bytes.
  if (typeof data === 'string') {
    to.string(data);
    return;
  }
  to.varint(data.length);
  to.raw(data);
}

/** All that stands before the size and the data, which are to follow. */
export function writeBodyHead(to: ByteWriter, head: Omit<BodyFields, 'data'>): void {
  const { contentType, id, source, time, attributes, qos, retain } = head;
  // Over MQTT none is something else than JSON.
  const json = contentType === undefined || (contentType === JSON_CONTENT_TYPE && qos === undefined);
  to.u8(
    (json ? 0 : HAS_CONTENT_TYPE) |
      (id === undefined ? 0 : HAS_ID) |
      (source === undefined ? 0 : HAS_SOURCE) |
      (time === undefined ? 0 : HAS_TIME) |
      (attributes === undefined ? 0 : HAS_ATTRIBUTES) |
      (retain === true ? RETAIN : 0) |
      (qos === undefined ? 0 : (qos + 1) << QOS_SHIFT),
  );
  if (!json) to.string(contentType);
  if (id !== undefined) to.string(id);
  if (source !== undefined) to.string(source);
  if (time !== undefined) to.varint(time);
  if (attributes !== undefined) writeAttributes(to, attributes);
}

/** Reads one body. Throws ProtocolError `frame_malformed`. Views live as long as the frame. */
export function readBody(from: ByteReader): Body {
  const start = from.at;
  const flags = from.u8();
  const contentType = flags & HAS_CONTENT_TYPE ? from.string() : undefined;
  const id = flags & HAS_ID ? from.string() : undefined;
  const source = flags & HAS_SOURCE ? from.string() : undefined;
  const time = flags & HAS_TIME ? from.varint() : undefined;
  const { attributes, fault } = flags & HAS_ATTRIBUTES ? readAttributes(from) : NO_ATTRIBUTES;
  const size = from.varint();
  from.skip(size);
  const qos = flags >> QOS_SHIFT === 0 ? undefined : (((flags >> QOS_SHIFT) - 1) as 0 | 1 | 2);
  const retain = (flags & RETAIN) === 0 ? undefined : true;
  return new EncodedBody(from.since(start), size, { contentType, id, source, time, attributes, fault, qos, retain });
}

/**
 * Whether the body that follows says nothing but its content type and its time. Reads nothing.
 */
export function isPlainBody(from: ByteReader): boolean {
  return (from.peek() & ~(HAS_CONTENT_TYPE | HAS_TIME)) === 0;
}

/** Passes over one body, which is read all the same: throws what `readBody` does. */
export function skipBody(from: ByteReader): void {
  const at = from.at;
  const flags = from.u8();
  if ((flags & ~(HAS_CONTENT_TYPE | HAS_TIME)) !== 0) {
    from.seek(at);
    readBody(from);
    return;
  }
  if (flags & HAS_CONTENT_TYPE) from.skipString();
  if (flags & HAS_TIME) from.varint();
  from.skip(from.varint());
}

/**
 * The data of one body that was read before and stands from `start` to `end` of `bytes`. A view. O(1), unless the body has
 * an id or attributes.
 */
export function dataOfBody(bytes: Uint8Array, start: number, end: number): Uint8Array {
  let at = start + 1;
  const flags = bytes[start] as number;
  if ((flags & ~(HAS_CONTENT_TYPE | HAS_TIME)) !== 0) return readBody(new ByteReader(bytes.subarray(start, end))).data;
  if ((flags & HAS_CONTENT_TYPE) !== 0) {
    const from = new ByteReader(bytes.subarray(at, end));
    from.skip(from.varint());
    at += from.at;
  }
  if ((flags & HAS_TIME) !== 0) at = afterVarint(bytes, at);
  at = afterVarint(bytes, at);
  return new Uint8Array(bytes.buffer, bytes.byteOffset + at, end - at);
}

function afterVarint(bytes: Uint8Array, at: number): number {
  while ((bytes[at] as number) > 0x7f) at++;
  return at + 1;
}

type Head = Omit<Body, 'bytes' | 'data' | 'size'>;

/** Of most events the broker only passes on the whole: a view of the data is made when somebody asks. */
class EncodedBody implements Body {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly contentType: string | undefined;
  readonly id: string | undefined;
  readonly source: string | undefined;
  readonly time: number | undefined;
  readonly attributes: Attributes | undefined;
  readonly fault: string | undefined;
  readonly qos: 0 | 1 | 2 | undefined;
  readonly retain: boolean | undefined;

  constructor(bytes: Uint8Array, size: number, head: Head) {
    const { contentType, id, source, time, attributes, fault, qos, retain } = head;
    this.bytes = bytes;
    this.size = size;
    this.contentType = contentType;
    this.id = id;
    this.source = source;
    this.time = time;
    this.attributes = attributes;
    this.fault = fault;
    this.qos = qos;
    this.retain = retain;
  }

  get data(): Uint8Array {
    return this.bytes.subarray(this.bytes.length - this.size);
  }
}

function writeAttributes(to: ByteWriter, attributes: Attributes): void {
  const names = Object.keys(attributes);
  to.varint(names.length);
  for (const name of names) {
    to.string(name);
    const value = attributes[name];
    if (typeof value === 'boolean') to.u8(value ? TAG_TRUE : TAG_FALSE);
    else if (typeof value === 'number') {
      to.u8(TAG_NUMBER);
      to.float64(value);
    } else {
      to.u8(TAG_STRING);
      to.string(value ?? '');
    }
  }
}

interface ReadAttributes {
  readonly attributes: Attributes | undefined;
  readonly fault: string | undefined;
}

const NO_ATTRIBUTES: ReadAttributes = { attributes: undefined, fault: undefined };

function readAttributes(from: ByteReader): ReadAttributes {
  const count = from.varint();
  // No prototype: an attribute may be called `__proto__` and is then nothing but an attribute.
  const attributes: { [name: string]: AttributeValue } = Object.create(null);
  let fault = count > ATTRIBUTES_MAX ? `${count} attributes; at most ${ATTRIBUTES_MAX}` : undefined;
  for (let i = 0; i < count; i++) {
    const name = from.string();
    const value = readAttributeValue(from);
    if (fault !== undefined) continue;
    if (name in attributes) fault = `the attribute ${JSON.stringify(name)} stands twice`;
    else if (typeof value === 'number' && !Number.isFinite(value))
      fault = `${JSON.stringify(name)} is not a finite number`;
    else attributes[name] = value;
  }
  return { attributes, fault };
}

function readAttributeValue(from: ByteReader): AttributeValue {
  const at = from.at;
  const tag = from.u8();
  switch (tag) {
    case TAG_FALSE:
      return false;
    case TAG_TRUE:
      return true;
    case TAG_NUMBER:
      return from.float64();
    case TAG_STRING:
      return from.string();
    default:
      throw new ProtocolError('frame_malformed', `an attribute value of unknown kind ${tag}`, at);
  }
}
