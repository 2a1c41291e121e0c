import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * Reads the whole frames in `bytes` from `start` to `end`, and returns where the first unfinished one begins. The bytes are
 * overwritten when it has returned.
 */
export type ReadFrames = (bytes: Buffer, start: number, end: number) => number;

const BLOCK_BYTES = 128 * 1024;
/** Blocks that may be on their way before `full`; so many are used again and again. */
const BLOCKS_MAX = 8;
/** Of one read; also the longest frame. */
const READ_BYTES = 256 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * A TCP connection for a driver that should not be what limits: frames are copied into large blocks, each of which is
 * written at once, and are read where they arrived. Nothing is allocated for a frame in either direction.
 */
export class FrameSocket {
  readonly #socket: Socket;
  readonly #free: Buffer[] = [];
  #block: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #filled = 0;
  #onWay = 0;
  #flushDue = false;
  #waiting: (() => void)[] = [];
  #closing = false;
  readonly #flushLater = (): void => {
    this.#flushDue = false;
    this.flush();
  };

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
  }

  /** Resolves when connected. A connection that breaks later, unless closed here, is thrown as an uncaught error. */
  static async open({ host, port, read }: { host: string; port: number; read: ReadFrames }): Promise<FrameSocket> {
    const bytes = Buffer.allocUnsafeSlow(READ_BYTES);
    let kept = 0;
    const socket = connect({
      host,
      port,
      onread: {
        buffer: () => bytes.subarray(kept),
        callback: (count) => {
          const end = kept + count;
          const from = read(bytes, 0, end);
          if (from > 0) bytes.copyWithin(0, from, end);
          kept = end - from;
          if (kept === READ_BYTES) throw new RangeError(`a frame of more than ${READ_BYTES} bytes`);
          return true;
        },
      },
    });
    await once(socket, 'connect');
    const opened = new FrameSocket(socket);
    socket.on('error', (error) => {
      if (!opened.#closing) throw error;
    });
    socket.on('close', () => {
      if (!opened.#closing) throw new Error('the server closed a connection');
    });
    return opened;
  }

  /** So much waits to be written that the caller should wait for `drained`. It may still put what it has begun. */
  get full(): boolean {
    return this.#onWay >= BLOCKS_MAX;
  }

  /** Resolves when no longer full. */
  drained(): Promise<void> {
    return this.full ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  /** Copies the parts of a frame, which is sent when its block is full, and at the end of this turn at the latest. */
  put(head: Uint8Array, body: Uint8Array = NOTHING, tail: Uint8Array = NOTHING): void {
    const length = head.length + body.length + tail.length;
    if (this.#filled + length > BLOCK_BYTES) this.flush();
    const block = this.#block;
    const bodyAt = this.#filled + head.length;
    block.set(head, this.#filled);
    if (body.length > 0) block.set(body, bodyAt);
    // One or two bytes: a loop is faster than the call.
    for (let i = 0, at = bodyAt + body.length; i < tail.length; i += 1, at += 1) block[at] = tail[i] ?? 0;
    this.#filled += length;
    if (this.#flushDue) return;
    this.#flushDue = true;
    process.nextTick(this.#flushLater);
  }

  flush(): void {
    if (this.#filled === 0) return;
    const block = this.#block;
    this.#onWay += 1;
    this.#socket.write(block.subarray(0, this.#filled), () => this.#written(block));
    this.#block = this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#filled = 0;
  }

  /** Resolves when all that was put is written and the connection is closed. */
  async close(): Promise<void> {
    this.#closing = true;
    this.flush();
    if (this.#socket.destroyed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.end(() => this.#socket.destroy());
    await closed;
  }

  #written(block: Buffer): void {
    this.#onWay -= 1;
    if (this.#free.length < BLOCKS_MAX) this.#free.push(block);
    if (this.full || this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
