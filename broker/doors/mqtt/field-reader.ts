import { MqttError, REASON } from './reasons.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** C0, DEL and C1. */
const CONTROL = /\p{Cc}/u;

/** Reads the fields of one packet from front to back, section 1.5. What is short or ill-formed is 0x81, malformed. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;
  #end: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  u8(): number {
    this.#need(1);
    return this.#bytes[this.#at++] as number;
  }

  u16(): number {
    this.#need(2);
    const value = this.#bytes.readUInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  u32(): number {
    this.#need(4);
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  /** A variable byte integer in its shortest form [MQTT-1.5.5-1]. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte > 0x7f) continue;
      if (byte === 0 && shift > 0) break;
      return value;
    }
    throw new MqttError(REASON.malformedPacket, 'a variable byte integer is too long [MQTT-1.5.5-1]');
  }

  /** Well-formed UTF-8 without U+0000 [MQTT-1.5.4-1] [MQTT-1.5.4-2]; U+FEFF stays where it is [MQTT-1.5.4-3]. */
  string(): string {
    const bytes = this.binary();
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      throw new MqttError(REASON.malformedPacket, 'a text is not UTF-8 [MQTT-1.5.4-1]');
    }
    if (text.includes('\u0000')) throw new MqttError(REASON.malformedPacket, 'a text holds U+0000 [MQTT-1.5.4-2]');
    return text;
  }

  /**
   * A text by which something is known: a topic, a filter, a client. Control characters in it only ever meant harm to
   * logs and terminals, and section 1.5.4 leaves us to call them malformed.
   */
  name(): string {
    const text = this.string();
    if (CONTROL.test(text)) throw new MqttError(REASON.malformedPacket, 'a control character (section 1.5.4)');
    return text;
  }

  /** A view. */
  binary(): Buffer {
    return this.raw(this.u16());
  }

  /** A view of the next `length` bytes. */
  raw(length: number): Buffer {
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  rest(): Buffer {
    return this.raw(this.left);
  }

  /** Runs `read` as if the packet ended after the next `length` bytes. */
  within<T>(length: number, read: () => T): T {
    this.#need(length);
    const end = this.#end;
    this.#end = this.#at + length;
    try {
      return read();
    } finally {
      this.#end = end;
    }
  }

  /** Nothing may be left. */
  end(): void {
    if (!this.done) throw new MqttError(REASON.malformedPacket, `${this.left} bytes too many`);
  }

  #need(length: number): void {
    if (this.#end - this.#at < length) throw new MqttError(REASON.malformedPacket, 'a packet ends too early');
  }
}
