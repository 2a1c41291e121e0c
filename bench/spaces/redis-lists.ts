import { FrameSocket } from '../peers/wire/frame-socket.ts';

const CRLF = Buffer.from('\r\n');
const CR = 13;
const ZERO = 48;
const DOLLAR = 36;
const COLON = 58;
const MINUS = 45;
const STAR = 42;

/** One connection to Redis that is given commands without waiting, and counts their answers. RESP 2. */
export class RedisLists {
  readonly #socket: FrameSocket;

  private constructor(socket: FrameSocket) {
    this.#socket = socket;
  }

  /** @param answered is told of each answer, in the order of the commands: of a text its bytes, else nothing */
  static async open(host: string, port: number, answered: (text: Buffer | undefined) => void): Promise<RedisLists> {
    const read = (bytes: Buffer, start: number, end: number): number => {
      for (let at = start; ; ) {
        const lineEnd = bytes.indexOf(CRLF, at);
        if (lineEnd < 0 || lineEnd + 2 > end) return at;
        const kind = bytes[at];
        // Of an array only what is in it counts.
        if (kind === STAR) {
          at = lineEnd + 2;
          continue;
        }
        if (kind !== DOLLAR && kind !== COLON) throw new Error(bytes.toString('utf8', at, lineEnd));
        const next = lineEnd + 2;
        if (kind === COLON) {
          answered(undefined);
          at = next;
          continue;
        }
        if (bytes[at + 1] === MINUS) throw new Error('an answer without a text');
        let length = 0;
        for (let i = at + 1; bytes[i] !== CR; i += 1) length = length * 10 + (bytes[i] as number) - ZERO;
        if (next + length + 2 > end) return at;
        answered(bytes.subarray(next, next + length));
        at = next + length + 2;
      }
    };
    return new RedisLists(await FrameSocket.open({ host, port, read }));
  }

  put(command: Uint8Array): void {
    this.#socket.put(command);
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}

/** A command in the form in which it is sent. */
export function commandOf(words: readonly string[]): Buffer {
  const strings = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${strings.join('')}`);
}
