import { decodeJson, type JsonReader, type JsonValue, type MatchableEvent } from '../../matcher/index.ts';
import { type Attributes, type Body, BROKERS_OWN, JSON_CONTENT_TYPE, type Provenance } from '../protocol/index.ts';
import { isJson, type JsonFault, type JsonLimits } from './json.ts';

/** What the broker adds to what the publisher said. */
export interface Place {
  readonly seq: number;
  readonly topic: string;
  readonly time: number;
  readonly arrivedMs: number;
  /** On the wall clock; nobody is given it from then on. 0 or absent: never. */
  readonly expiresMs?: number;
  /** It is the last value of its topic, for a subscription that came after it. */
  readonly retained?: boolean;
  /** Absent: the broker's own. */
  readonly provenance?: Provenance;
}

/**
 * An event that has its place in the broker's order. Immutable to everybody, but for two things it does lazily:
 * decode its data, and copy itself out of the network's memory.
 */
export class PublishedEvent implements MatchableEvent {
  /** The broker's position: strictly rising, never reused within a run. */
  readonly seq: number;
  readonly topic: string;
  readonly time: number;
  /** When it arrived, on the monotonic clock. */
  readonly arrivedMs: number;
  readonly expiresMs: number;
  readonly retained: boolean;
  readonly provenance: Provenance;
  readonly #limits: JsonLimits;
  #body: Body;
  #data: JsonValue | undefined;
  #decoded = false;
  #fault: JsonFault | undefined;

  constructor(place: Place, body: Body, limits: JsonLimits) {
    this.seq = place.seq;
    this.topic = place.topic;
    this.time = place.time;
    this.arrivedMs = place.arrivedMs;
    this.expiresMs = place.expiresMs ?? 0;
    this.retained = place.retained ?? false;
    this.provenance = place.provenance ?? BROKERS_OWN;
    this.#body = body;
    this.#limits = limits;
  }

  /** The body as the publisher encoded it, to be forwarded byte for byte. */
  get bytes(): Uint8Array {
    return this.#body.bytes;
  }

  /** Itself. */
  get events(): number {
    return 1;
  }

  /** Bytes of the data alone. */
  get size(): number {
    return this.#body.size;
  }

  get contentType(): string {
    return this.#body.contentType ?? JSON_CONTENT_TYPE;
  }

  /** What the publisher said. `undefined`: nothing. */
  get statedContentType(): string | undefined {
    return this.#body.contentType;
  }

  get id(): string | undefined {
    return this.#body.id;
  }

  get source(): string | undefined {
    return this.#body.source;
  }

  get attributes(): Attributes | undefined {
    return this.#body.attributes;
  }

  /** As a publisher over MQTT wanted it. `undefined`: whatever the subscriber wants. */
  get qos(): 0 | 1 | 2 | undefined {
    return this.#body.qos;
  }

  /** A publisher over MQTT wanted it kept as a last value. */
  get publishedToRetain(): boolean {
    return this.#body.retain === true;
  }

  /** The data alone, as a view. */
  get payload(): Uint8Array {
    return this.#body.data;
  }

  /** The beginning of the data, read as UTF-8; what is not becomes U+FFFD. */
  text(charactersMax: number): string {
    // No character takes more than four bytes, nor a code unit more than three.
    return new TextDecoder().decode(this.#body.data.subarray(0, 3 * charactersMax)).slice(0, charactersMax);
  }

  /** The decoded JSON; decoded when first asked for. `undefined` when it is not JSON, or a `fault` forbids it. */
  get data(): JsonValue | undefined {
    if (!this.#decoded) this.#decode();
    return this.#data;
  }

  /** Lets the matcher pick out of the JSON what filters name; nothing is decoded for that. */
  readData(reader: JsonReader): void {
    const { contentType, bytes, size } = this.#body;
    if (contentType !== undefined && !isJson(contentType)) return;
    this.#fault = reader.read(bytes, this.#limits, bytes.length - size);
  }

  /** Why somebody who wanted to read the data could not. `undefined` also when nobody asked. */
  get fault(): JsonFault | undefined {
    return this.#fault;
  }

  /**
   * The bytes came in a buffer that dies when the transport's handler returns. Whoever keeps the event calls this
   * before; whoever only forwards it within the turn need not.
   */
  own(): void {
    const { contentType, id, source, time, attributes, size, fault, qos, retain } = this.#body;
    const bytes = this.#body.bytes.slice();
    const data = bytes.subarray(bytes.length - size);
    this.#body = { contentType, id, source, time, attributes, data, bytes, size, fault, qos, retain };
    // Matching is over by now. Decoded, a hostile document takes twenty times its bytes, which nobody counts.
    this.#data = undefined;
    this.#decoded = false;
  }

  #decode(): void {
    this.#decoded = true;
    const { contentType, data } = this.#body;
    if (contentType !== undefined && !isJson(contentType)) return;
    const decoded = decodeJson(data, this.#limits);
    if ('fault' in decoded) this.#fault = decoded.fault;
    else this.#data = decoded.value;
  }
}
