import type { Taken } from '../pubsub-peer.ts';
import { FrameSocket } from './frame-socket.ts';
import { HeadCache } from './head-cache.ts';
import type { TopicWire } from './topic-wire.ts';

const CRLF = Buffer.from('\r\n');
const PING = Buffer.from('PING\r\n');
const PONG = Buffer.from('PONG\r\n');
const [CR = 0, SPACE = 0, ZERO = 0, M = 0, P = 0, I = 0, O = 0, MINUS = 0] = Buffer.from('\r 0MPIO-');

/** The client protocol of NATS, https://docs.nats.io/reference/reference-protocols/nats-protocol. */
export class NatsWire implements TopicWire {
  readonly #socket: FrameSocket;
  readonly #heads = new HeadCache((topic, bodyBytes) => Buffer.from(`PUB ${topic} ${bodyBytes}\r\n`));
  /** By subscription id. */
  readonly #subscribers: Taken[];
  /** Who waits for a PONG; they come in the order asked for. */
  readonly #pongs: (() => void)[];

  private constructor(socket: FrameSocket, reader: Reader) {
    this.#socket = socket;
    this.#subscribers = reader.subscribers;
    this.#pongs = reader.pongs;
  }

  static async open(host: string, port: number): Promise<NatsWire> {
    const reader = new Reader();
    const socket = await FrameSocket.open({ host, port, read: reader.read });
    reader.onPing = () => socket.put(PONG);
    const wire = new NatsWire(socket, reader);
    socket.put(Buffer.from('CONNECT {"verbose":false,"pedantic":false}\r\n'));
    await wire.#roundTrip();
    return wire;
  }

  get full(): boolean {
    return this.#socket.full;
  }

  drained(): Promise<void> {
    return this.#socket.drained();
  }

  publish(topic: string, body: Uint8Array): void {
    this.#socket.put(this.#heads.of(topic, body.length), body, CRLF);
  }

  async subscribe(topic: string, taken: Taken): Promise<void> {
    const id = this.#subscribers.push(taken) - 1;
    this.#socket.put(Buffer.from(`SUB ${topic} ${id}\r\n`));
    await this.#roundTrip();
  }

  async close(): Promise<void> {
    await this.#socket.close();
  }

  #roundTrip(): Promise<void> {
    this.#socket.put(PING);
    return new Promise((resolve) => this.#pongs.push(resolve));
  }
}

/** Reads what a server sends. */
class Reader {
  readonly subscribers: Taken[] = [];
  readonly pongs: (() => void)[] = [];
  onPing = (): void => {};

  readonly read = (bytes: Buffer, start: number, end: number): number => {
    for (let at = start; ; ) {
      if (at + 4 > end) return at;
      const next = bytes[at] === M ? this.#message(bytes, at, end) : this.#line(bytes, at, end);
      if (next === 0) return at;
      at = next;
    }
  };

  /**
   * `MSG <subject> <id> [reply] <size>`, a line, and the body with another end of line. Returns where it ends; 0 if it has
   * not all arrived.
   */
  #message(bytes: Buffer, start: number, end: number): number {
    let at = start + 4;
    while (at < end && bytes[at] !== SPACE) at += 1;
    let words = 0;
    let id = 0;
    let number = 0;
    for (at += 1; ; at += 1) {
      if (at >= end) return 0;
      const byte = bytes[at] ?? 0;
      if (byte === CR) break;
      if (byte === SPACE) {
        if (words === 0) id = number;
        words += 1;
        number = 0;
      } else {
        number = number * 10 + byte - ZERO;
      }
    }
    const bodyAt = at + 2;
    const bodyEnd = bodyAt + number;
    if (bodyEnd + 2 > end) return 0;
    this.subscribers[id]?.(bytes, bodyAt, bodyEnd);
    return bodyEnd + 2;
  }

  #line(bytes: Buffer, start: number, end: number): number {
    const lineEnd = bytes.indexOf(CRLF, start);
    if (lineEnd < 0 || lineEnd + 2 > end) return 0;
    const [first, second] = [bytes[start], bytes[start + 1]];
    if (first === P && second === I) this.onPing();
    else if (first === P && second === O) this.pongs.shift()?.();
    else if (first === MINUS) throw new Error(bytes.toString('latin1', start, lineEnd));
    return lineEnd + 2;
  }
}
