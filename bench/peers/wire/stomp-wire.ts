import type { Taken } from '../pubsub-peer.ts';
import { FrameSocket } from './frame-socket.ts';

/** Of an event: what selectors test. Their values travel as text. */
export type Headers = Readonly<Record<string, string | number>>;

const NOTHING: Buffer = Buffer.alloc(0);
const END = Buffer.from('\0');
const [LF = 0, CR = 0, ZERO = 0, NINE = 0] = Buffer.from('\n\r09');
const SUBSCRIPTION = Buffer.from('\nsubscription:');
const LENGTH = Buffer.from('\ncontent-length:');
const ACK = Buffer.from('\nack:');
const BLANK_LINE = Buffer.from('\n\n');
/** Events that the broker may send ahead of their acknowledgement, which it makes itself as it sends: the most it knows. */
const PREFETCH = 32_766;

/**
 * STOMP 1.2, https://stomp.github.io/stomp-specification-1.2.html, as ActiveMQ extends it: topics are below `/topic/`, a
 * subscription may have a JMS selector over the headers, and a prefetch.
 */
export class StompWire {
  readonly #socket: FrameSocket;
  readonly #reader: Reader;

  private constructor(socket: FrameSocket, reader: Reader) {
    this.#socket = socket;
    this.#reader = reader;
  }

  static async open(host: string, port: number): Promise<StompWire> {
    const reader = new Reader();
    const wire = new StompWire(await FrameSocket.open({ host, port, read: reader.read }), reader);
    await wire.#ask('CONNECT\naccept-version:1.2\nhost:localhost\nheart-beat:0,0\n\n');
    return wire;
  }

  get full(): boolean {
    return this.#socket.full;
  }

  drained(): Promise<void> {
    return this.#socket.drained();
  }

  /** Copies the body; it is on its way at the end of this turn at the latest. */
  publish(topic: string, body: Uint8Array, headers: Headers): void {
    let lines = `SEND\ndestination:/topic/${topic}\ncontent-length:${body.length}\n`;
    for (const name in headers) lines += `${name}:${headers[name]}\n`;
    this.#socket.put(Buffer.from(`${lines}\n`), body, END);
  }

  /**
   * Resolves when the broker has it.
   *
   * @param acknowledges When `taken` has returned, each event.
   */
  async subscribe(topic: string, taken: Taken, { selector, acknowledges = false }: StompOptions): Promise<void> {
    const id = this.#reader.subscribers.push(acknowledges ? this.#acknowledging(taken) : taken) - 1;
    const lines = [
      'SUBSCRIBE',
      `id:${id}`,
      `destination:/topic/${topic}`,
      `ack:${acknowledges ? 'client-individual' : 'auto'}`,
      `activemq.prefetchSize:${PREFETCH}`,
      `receipt:${id}`,
    ];
    if (selector !== undefined) lines.push(`selector:${selector}`);
    await this.#ask(`${lines.join('\n')}\n\n`);
  }

  async close(): Promise<void> {
    await this.#socket.close();
  }

  #acknowledging(taken: Taken): Taken {
    return (bytes, start, end) => {
      taken(bytes, start, end);
      this.#socket.put(Buffer.from(`ACK\nid:${this.#reader.ackId}\n\n`), undefined, END);
    };
  }

  #ask(frame: string): Promise<void> {
    this.#socket.put(Buffer.from(frame), undefined, END);
    return new Promise((resolve) => this.#reader.answers.push(resolve));
  }
}

export interface StompOptions {
  /** In JMS' language, over the headers. */
  readonly selector?: string | undefined;
  readonly acknowledges?: boolean;
}

/** Reads what a broker sends: events, and answers (CONNECTED, RECEIPT) in the order asked for. */
class Reader {
  readonly subscribers: Taken[] = [];
  readonly answers: (() => void)[] = [];
  /** By which the event that is being handed over is acknowledged, if it has to be. */
  get ackId(): string {
    return textAfter(ACK, this.#bytes, this.#start, this.#headEnd);
  }
  #bytes = NOTHING;
  #start = 0;
  #headEnd = 0;

  readonly read = (bytes: Buffer, start: number, end: number): number => {
    for (let at = start; ; ) {
      // Between frames there may be ends of line.
      while (at < end && (bytes[at] === LF || bytes[at] === CR)) at += 1;
      const next = this.#frame(bytes, at, end);
      if (next === 0) return at;
      at = next;
    }
  };

  /** Returns where it ends; 0 if it has not all arrived. */
  #frame(bytes: Buffer, start: number, end: number): number {
    const headEnd = bytes.indexOf(BLANK_LINE, start);
    const bodyAt = headEnd + BLANK_LINE.length;
    if (headEnd < 0 || bodyAt >= end) return 0;
    const length = numberAfter(LENGTH, bytes, start, headEnd);
    const bodyEnd = length < 0 ? bytes.indexOf(0, bodyAt) : bodyAt + length;
    if (bodyEnd < 0 || bodyEnd >= end) return 0;
    const id = numberAfter(SUBSCRIPTION, bytes, start, headEnd);
    this.#bytes = bytes;
    this.#start = start;
    this.#headEnd = headEnd;
    if (id >= 0) this.subscribers[id]?.(bytes, bodyAt, bodyEnd);
    else if (bytes.toString('latin1', start, start + 'ERROR'.length) === 'ERROR') {
      throw new Error(bytes.toString('utf8', start, bodyEnd));
    } else this.answers.shift()?.();
    return bodyEnd + 1;
  }
}

/** The number after `name` in a frame's head; -1 if it is not there. */
function numberAfter(name: Buffer, bytes: Buffer, start: number, end: number): number {
  const from = after(name, bytes, start, end);
  if (from < 0) return -1;
  let number = 0;
  for (let at = from; ; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < ZERO || byte > NINE) return number;
    number = number * 10 + byte - ZERO;
  }
}

function textAfter(name: Buffer, bytes: Buffer, start: number, end: number): string {
  const from = after(name, bytes, start, end);
  if (from < 0) throw new Error(`a frame has no${name.toString()}`);
  return bytes.toString('latin1', from, bytes.indexOf(LF, from));
}

/** Where what follows `name`, a line's beginning, begins; -1 if there is no such line. */
function after(name: Buffer, bytes: Buffer, start: number, end: number): number {
  for (let at = bytes.indexOf(LF, start); at >= 0 && at + name.length <= end; at = bytes.indexOf(LF, at + 1)) {
    let same = 1;
    while (same < name.length && bytes[at + same] === name[same]) same += 1;
    if (same === name.length) return at + same;
  }
  return -1;
}
