import type { Taken } from '../pubsub-peer.ts';
import { FrameSocket } from './frame-socket.ts';
import { HeadCache } from './head-cache.ts';
import { TopicTable } from './topic-table.ts';
import type { TopicWire } from './topic-wire.ts';

/** First bytes of packets, with the flags they have here (MQTT 3.1.1, 2.2). */
const CONNECT = 0x10;
const CONNACK = 0x20;
const PUBLISH = 0x30;
const SUBSCRIBE = 0x82;
const SUBACK = 0x90;
const DISCONNECT = 0xe0;
/** Return code of a SUBACK (3.9.3). */
const REFUSED = 0x80;

/** MQTT 3.1.1 with QoS 0, which is what brokers are fastest with. */
export class MqttWire implements TopicWire {
  readonly #socket: FrameSocket;
  readonly #reader: Reader;
  readonly #heads = new HeadCache((topic, bodyBytes) => head(PUBLISH, text(topic), bodyBytes));

  private constructor(socket: FrameSocket, reader: Reader) {
    this.#socket = socket;
    this.#reader = reader;
  }

  static async open(host: string, port: number): Promise<MqttWire> {
    const reader = new Reader();
    const wire = new MqttWire(await FrameSocket.open({ host, port, read: reader.read }), reader);
    // Level 4, a clean session, no keep-alive, and no name: the broker gives one (3.1.3.1).
    wire.#socket.put(head(CONNECT, Buffer.concat([text('MQTT'), Buffer.from([4, 2, 0, 0]), text('')])));
    await reader.answer();
    return wire;
  }

  get full(): boolean {
    return this.#socket.full;
  }

  drained(): Promise<void> {
    return this.#socket.drained();
  }

  publish(topic: string, body: Uint8Array): void {
    this.#socket.put(this.#heads.of(topic, body.length), body);
  }

  async subscribe(topic: string, taken: Taken): Promise<void> {
    this.#reader.topics.set(topic, taken);
    // Packet number 1, because one SUBSCRIBE is answered before another begins to matter; QoS 0.
    this.#socket.put(head(SUBSCRIBE, Buffer.concat([Buffer.from([0, 1]), text(topic), Buffer.from([0])])));
    await this.#reader.answer();
  }

  async close(): Promise<void> {
    this.#socket.put(head(DISCONNECT, Buffer.alloc(0)));
    await this.#socket.close();
  }
}

/** The first byte, the length of all that follows (2.2.3), and the part of it that is given. */
function head(first: number, rest: Buffer, bodyBytes = 0): Buffer {
  const length = [];
  for (let left = rest.length + bodyBytes; length.length === 0 || left > 0; left = Math.floor(left / 128)) {
    length.push((left % 128) + (left >= 128 ? 128 : 0));
  }
  return Buffer.concat([Buffer.from([first, ...length]), rest]);
}

/** A string with its length before it (1.5.3). */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** Reads what a broker sends: events, and answers in the order asked for. */
class Reader {
  readonly topics = new TopicTable();
  readonly #answers: (() => void)[] = [];

  answer(): Promise<void> {
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  readonly read = (bytes: Buffer, start: number, end: number): number => {
    for (let at = start; ; ) {
      let length = 0;
      let from = at + 1;
      for (let unit = 1; ; unit *= 128) {
        if (from >= end) return at;
        const byte = bytes[from] ?? 0;
        from += 1;
        length += (byte & 127) * unit;
        if (byte < 128) break;
      }
      const next = from + length;
      if (next > end) return at;
      if (bytes[at] === PUBLISH) this.#publish(bytes, from, next);
      else this.#answer(bytes, at, from, next);
      at = next;
    }
  };

  #publish(bytes: Buffer, start: number, end: number): void {
    const topicEnd = start + 2 + (bytes[start] ?? 0) * 256 + (bytes[start + 1] ?? 0);
    this.topics.find(bytes, start + 2, topicEnd)(bytes, topicEnd, end);
  }

  #answer(bytes: Buffer, at: number, from: number, end: number): void {
    const kind = bytes[at];
    const refused =
      (kind === CONNACK && bytes[from + 1] !== 0) || (kind === SUBACK && (bytes[end - 1] ?? 0) >= REFUSED);
    if (refused || (kind !== CONNACK && kind !== SUBACK)) {
      throw new Error(`refused, or not understood: ${bytes.toString('hex', at, end)}`);
    }
    this.#answers.shift()?.();
  }
}
