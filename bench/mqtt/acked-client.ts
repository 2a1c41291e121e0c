import { FrameSocket } from '../peers/wire/frame-socket.ts';

/** First bytes of packets, with the flags they have here (MQTT 3.1.1, 2.2). */
const CONNECT = 0x10;
const CONNACK = 0x20;
const PUBLISH = 0x32;
const PUBLISH_AGAIN = 0x3a;
const PUBACK = 0x40;
const SUBSCRIBE = 0x82;
const SUBACK = 0x90;
const PACKET_IDS = 0xffff;
const BODY_BYTES = 100;
const HOST = '127.0.0.1';

/** A client of MQTT 3.1.1 at QoS 1, by hand, so that it costs little beside the broker. Each event is a number in 100 bytes. */
export class AckedClient {
  /** Events published, and those of them that the broker has acknowledged. */
  published = 0;
  acknowledged = 0;
  /** Events that came, each acknowledged, and in order: the next one has this number. */
  received = 0;
  /** Called when there is news of any of these. */
  onProgress: () => void = () => {};
  readonly #socket: FrameSocket;
  readonly #answers: (() => void)[] = [];
  readonly #puback = Buffer.from([PUBACK, 2, 0, 0]);

  static async open(port: number): Promise<AckedClient> {
    const late: { client?: AckedClient } = {};
    const read = (bytes: Buffer, start: number, end: number): number => late.client?.read(bytes, start, end) ?? start;
    const client = new AckedClient(await FrameSocket.open({ host: HOST, port, read }));
    late.client = client;
    client.#socket.put(packet(CONNECT, text('MQTT'), Buffer.from([4, 2, 0, 0]), text('')));
    await client.#answer();
    return client;
  }

  private constructor(socket: FrameSocket) {
    this.#socket = socket;
  }

  async subscribe(topic: string): Promise<void> {
    this.#socket.put(packet(SUBSCRIBE, Buffer.from([0, 1]), text(topic), Buffer.from([1])));
    await this.#answer();
  }

  /** Publishes so many events; `mayGoOn` is asked before each, and again at the next progress when it says no. */
  async publish(topic: string, count: number, mayGoOn: () => boolean): Promise<void> {
    const body = Buffer.alloc(BODY_BYTES, ' ');
    const frame = packet(PUBLISH, text(topic), Buffer.alloc(2), body);
    const bodyAt = frame.length - BODY_BYTES;
    while (this.published < count) {
      while (this.published < count && !this.#socket.full && mayGoOn()) {
        frame.writeUInt16BE(1 + (this.published % PACKET_IDS), bodyAt - 2);
        frame.writeUInt32BE(this.published, bodyAt);
        this.#socket.put(frame);
        this.published += 1;
      }
      if (this.#socket.full) await this.#socket.drained();
      else if (this.published < count) await this.#progress();
    }
    while (this.acknowledged < count) await this.#progress();
  }

  close(): Promise<void> {
    return this.#socket.close();
  }

  /** Reads whole packets, and answers where the first one begins that is not whole. */
  read(bytes: Buffer, start: number, end: number): number {
    let at = start;
    for (; at + 2 <= end; ) {
      const long = (bytes[at + 1] ?? 0) > 127;
      if (long && at + 3 > end) break;
      const length = long ? ((bytes[at + 1] ?? 0) & 127) + 128 * (bytes[at + 2] ?? 0) : (bytes[at + 1] ?? 0);
      const from = at + (long ? 3 : 2);
      const next = from + length;
      if (next > end) break;
      this.#take(bytes, at, from, next);
      at = next;
    }
    this.onProgress();
    return at;
  }

  #take(bytes: Buffer, at: number, from: number, next: number): void {
    const kind = bytes[at];
    if (kind === PUBACK) this.acknowledged += 1;
    else if (kind === PUBLISH || kind === PUBLISH_AGAIN) {
      const number = bytes.readUInt32BE(next - BODY_BYTES);
      if (number !== this.received) throw new Error(`event ${number} came where ${this.received} was due`);
      this.received += 1;
      bytes.copy(this.#puback, 2, next - BODY_BYTES - 2, next - BODY_BYTES);
      this.#socket.put(this.#puback);
    } else if (kind === CONNACK || kind === SUBACK) this.#answers.shift()?.();
    else throw new Error(`not understood: ${bytes.toString('hex', at, Math.min(next, from + 20))}`);
  }

  #answer(): Promise<void> {
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  #progress(): Promise<void> {
    return new Promise((resolve) => {
      this.onProgress = resolve;
    });
  }
}

function packet(first: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length > 127 ? [(body.length & 127) | 128, body.length >> 7] : [body.length];
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

/** A text with its length before it (1.5.3). */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}
