import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One connection of the bench: sends requests that were written before, and counts what comes back without reading it all. */
export class HttpSocket {
  readonly #socket: Socket;
  readonly #mark: Buffer;
  #tail: Buffer = Buffer.alloc(0);
  #count = 0;
  #bytes = 0;
  #last = '';
  onCount: (more: number) => void = () => {};

  private constructor(socket: Socket, mark: string) {
    this.#socket = socket;
    this.#mark = Buffer.from(mark);
    socket.on('data', (piece: Buffer) => this.#read(piece));
  }

  /** Counts how often `mark` comes. */
  static async open(port: number, mark: string): Promise<HttpSocket> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new HttpSocket(socket, mark);
  }

  send(bytes: Buffer | string): void {
    this.#socket.write(bytes);
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The last piece that came, as text. */
  get last(): string {
    return this.#last;
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(piece: Buffer): void {
    this.#bytes += piece.length;
    const all = this.#tail.length === 0 ? piece : Buffer.concat([this.#tail, piece]);
    let more = 0;
    let at = 0;
    for (let found = all.indexOf(this.#mark); found >= 0; found = all.indexOf(this.#mark, at)) {
      more += 1;
      at = found + this.#mark.length;
    }
    // A mark may be cut in two.
    this.#tail = all.subarray(Math.max(at, all.length - this.#mark.length + 1));
    this.#last = piece.toString('latin1');
    this.#count += more;
    if (more > 0) this.onCount(more);
  }
}
