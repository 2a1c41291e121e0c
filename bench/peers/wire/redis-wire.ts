import type { Taken } from '../pubsub-peer.ts';
import { FrameSocket } from './frame-socket.ts';
import { HeadCache } from './head-cache.ts';
import { TopicTable } from './topic-table.ts';
import type { TopicWire } from './topic-wire.ts';

const CRLF = Buffer.from('\r\n');
const [CR = 0, ZERO = 0, STAR = 0] = Buffer.from('\r0*');
/** The beginning of each event, which is the only answer whose first word has seven letters. */
const MESSAGE = '*3\r\n$7\r\nmessage\r\n';
const WORD_LENGTH_AT = MESSAGE.indexOf('7');
const SEVEN = ZERO + 7;

/** Redis' protocol, RESP 2, https://redis.io/docs/latest/develop/reference/protocol-spec/. */
export class RedisWire implements TopicWire {
  readonly #socket: FrameSocket;
  readonly #heads = new HeadCache((topic, bodyBytes) => headOf(['PUBLISH', topic], bodyBytes));
  readonly #streamHeads = new HeadCache((topic, bodyBytes) => headOf(['XADD', topic, '*', 'body'], bodyBytes));
  readonly #reader: Reader;
  #quiet = false;

  private constructor(socket: FrameSocket, reader: Reader) {
    this.#socket = socket;
    this.#reader = reader;
  }

  static async open(host: string, port: number): Promise<RedisWire> {
    const reader = new Reader();
    return new RedisWire(await FrameSocket.open({ host, port, read: reader.read }), reader);
  }

  get full(): boolean {
    return this.#socket.full;
  }

  drained(): Promise<void> {
    return this.#socket.drained();
  }

  publish(topic: string, body: Uint8Array): void {
    this.#beQuiet();
    this.#socket.put(this.#heads.of(topic, body.length), body, CRLF);
  }

  /** Appends to the stream of that name. */
  keep(topic: string, body: Uint8Array): void {
    this.#beQuiet();
    this.#socket.put(this.#streamHeads.of(topic, body.length), body, CRLF);
  }

  async subscribe(topic: string, taken: Taken): Promise<void> {
    this.#reader.topics.set(topic, taken);
    this.#socket.put(Buffer.from(arrayOf(['SUBSCRIBE', topic])));
    await new Promise<void>((resolve) => this.#reader.confirmations.push(resolve));
  }

  async close(): Promise<void> {
    await this.#socket.close();
  }

  /** The server is told not to answer: what it would say is how many connections have the event, which nobody asks. */
  #beQuiet(): void {
    if (this.#quiet) return;
    this.#quiet = true;
    this.#socket.put(Buffer.from(arrayOf(['CLIENT', 'REPLY', 'OFF'])));
  }
}

/** @param more Words that follow. */
function arrayOf(words: readonly string[], more = 0): string {
  const strings = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length + more}\r\n${strings.join('')}`;
}

/** All of a command but its last word, the body, and the end of line after it. */
function headOf(words: readonly string[], bodyBytes: number): Buffer {
  return Buffer.from(`${arrayOf(words, 1)}$${bodyBytes}\r\n`);
}

/** Reads what a server sends to a connection that subscribes: events and confirmations, both arrays of three, and errors. */
class Reader {
  readonly topics = new TopicTable();
  readonly confirmations: (() => void)[] = [];

  readonly read = (bytes: Buffer, start: number, end: number): number => {
    for (let at = start; ; ) {
      if (at + MESSAGE.length > end) return at;
      if (bytes[at] !== STAR) throw new Error(bytes.toString('utf8', at, end));
      const isMessage = bytes[at + WORD_LENGTH_AT] === SEVEN;
      const next = isMessage ? this.#message(bytes, at, end) : this.#confirmation(bytes, at, end);
      if (next === 0) return at;
      at = next;
    }
  };

  /** Returns where it ends; 0 if it has not all arrived. */
  #message(bytes: Buffer, start: number, end: number): number {
    let at = start + MESSAGE.length + 1;
    let length = 0;
    for (; at < end && bytes[at] !== CR; at += 1) length = length * 10 + (bytes[at] ?? 0) - ZERO;
    const topicAt = at + 2;
    const topicEnd = topicAt + length;
    length = 0;
    for (at = topicEnd + 3; at < end && bytes[at] !== CR; at += 1) length = length * 10 + (bytes[at] ?? 0) - ZERO;
    const bodyAt = at + 2;
    const bodyEnd = bodyAt + length;
    if (bodyEnd + 2 > end) return 0;
    this.topics.find(bytes, topicAt, topicEnd)(bytes, bodyAt, bodyEnd);
    return bodyEnd + 2;
  }

  /** `subscribe`, the channel, and `:` with the number of channels. */
  #confirmation(bytes: Buffer, start: number, end: number): number {
    let lineEnd = start;
    // The lines of an array of three: its own, two strings of two each, and the number.
    for (let lines = 0; lines < 6; lines += 1) {
      lineEnd = bytes.indexOf(CRLF, lineEnd) + 2;
      if (lineEnd < 2 || lineEnd > end) return 0;
    }
    this.confirmations.shift()?.();
    return lineEnd;
  }
}
