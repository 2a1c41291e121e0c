import { STATUS_CODES } from 'node:http';
import type { Time } from '../kernel/time.ts';
import type { HttpAnswer, HttpHead, HttpReply, HttpStream } from './exchange.ts';
import type { OnFault } from './guard.ts';
import { after, LINGER_MS } from './linger.ts';
import { ReplyListeners } from './reply-listeners.ts';
import type { SendOutcome } from './transport.ts';

/** What is used of a response of uWebSockets.js. Any call on one that was aborted throws. */
export interface NativeResponse {
  onAborted(then: () => void): unknown;
  onWritable(then: (offset: number) => boolean): unknown;
  cork(then: () => void): unknown;
  writeStatus(status: string): unknown;
  writeHeader(name: string, value: string): unknown;
  /** False: some of it waits in memory. */
  write(chunk: string | Uint8Array): boolean;
  end(body?: string | Uint8Array, closeConnection?: boolean): unknown;
  endWithoutBody(length: number): unknown;
  close(): unknown;
}

export interface UwsReplyOptions {
  readonly response: NativeResponse;
  /** Whether only the head of an answer is wanted. */
  readonly isHead: boolean;
  /** With more than so much waiting for a peer, it is cut off. */
  readonly backpressureBytesMax: number;
  readonly time: Time;
  readonly onFault: OnFault;
}

/**
 * The answer to one request. uWS keeps what a peer does not take at once, and tells when it took it, but not how much it
 * keeps: so it is given one chunk at a time once something waits, and the others wait here.
 *
 *     waiting ──send──▶ over
 *        └──stream──▶ streaming ──end──▶ ending ──all taken──▶ over
 */
export class UwsReply implements HttpReply, HttpStream {
  readonly #response: NativeResponse;
  readonly #options: UwsReplyOptions;
  #state: 'waiting' | 'streaming' | 'ending' | 'over' = 'waiting';
  #closesConnection = false;
  /** What uWS keeps is as long as this, or less; 0 when it keeps nothing. */
  #nativeBytes = 0;
  #queue: (string | Uint8Array)[] = [];
  #queueBytes = 0;
  readonly #listeners: ReplyListeners;
  #stopLinger: () => void = () => {};

  /** To be made before anything else is done: uWS ends the process when a handler returns with neither an answer nor this. */
  constructor(options: UwsReplyOptions) {
    this.#options = options;
    this.#listeners = new ReplyListeners(options.time, options.onFault);
    this.#response = options.response;
    this.#response.onAborted(() => this.#leave());
  }

  /** Whether there is nobody to answer any more, or nothing. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** The connection ends with the answer: nobody knows where the next request begins. */
  closeAfterwards(): void {
    this.#closesConnection = true;
  }

  send(answer: HttpAnswer): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'over';
    this.#response.cork(() => {
      this.#head(answer);
      if (this.#options.isHead) this.#response.endWithoutBody(byteLength(answer.body));
      else this.#response.end(answer.body, this.#closesConnection);
    });
  }

  stream(head: HttpHead): HttpStream {
    if (this.#state !== 'waiting') return this;
    this.#state = 'streaming';
    this.#response.onWritable(() => {
      this.#drain();
      return true;
    });
    this.#response.cork(() => this.#head(head));
    return this;
  }

  onGone(then: () => void): void {
    this.#listeners.onGone(then);
  }

  onWritable(then: () => void): void {
    this.#listeners.onWritable(then);
  }

  get bufferedBytes(): number {
    return this.#nativeBytes + this.#queueBytes;
  }

  write(chunk: string | Uint8Array): SendOutcome {
    if (this.#state !== 'streaming') return 'lost';
    // An empty chunk would be the end, and a HEAD has no body.
    if (chunk.length === 0 || this.#options.isHead) return 'sent';
    if (this.#nativeBytes > 0) {
      this.#queue.push(chunk);
      this.#queueBytes += byteLength(chunk);
    } else this.#writeNow(chunk);
    const { bufferedBytes } = this;
    if (bufferedBytes === 0) return 'sent';
    if (bufferedBytes <= this.#options.backpressureBytesMax) return 'buffered';
    this.abort();
    return 'lost';
  }

  end(): void {
    if (this.#state !== 'streaming') return;
    this.#state = 'ending';
    if (this.bufferedBytes === 0) this.#finish();
    else this.#stopLinger = after(this.#options.time, LINGER_MS, () => this.abort());
  }

  /** Cuts off an answer that is not complete. */
  abort(): void {
    if (this.#state !== 'over') this.#response.close();
  }

  #writeNow(chunk: string | Uint8Array): void {
    this.#response.cork(() => {
      this.#nativeBytes = this.#response.write(chunk) ? 0 : byteLength(chunk);
    });
  }

  /** The peer has read. */
  #drain(): void {
    if (this.#state !== 'streaming' && this.#state !== 'ending') return;
    this.#nativeBytes = 0;
    // uWS sends what it keeps when something is written, or when a cork is drawn.
    if (this.#queue.length === 0) this.#response.cork(() => {});
    let written = 0;
    for (; written < this.#queue.length && this.#nativeBytes === 0; written++) {
      const chunk = this.#queue[written] as string | Uint8Array;
      this.#queueBytes -= byteLength(chunk);
      this.#writeNow(chunk);
    }
    this.#queue.splice(0, written);
    if (this.bufferedBytes > 0) return;
    if (this.#state === 'ending') this.#finish();
    else this.#listeners.writable();
  }

  #finish(): void {
    this.#state = 'over';
    this.#stopLinger();
    this.#response.cork(() => this.#response.end(undefined, this.#closesConnection));
  }

  #leave(): void {
    this.#state = 'over';
    this.#stopLinger();
    this.#queue = [];
    this.#queueBytes = 0;
    this.#nativeBytes = 0;
    this.#listeners.gone();
  }

  #head({ status, headers }: HttpHead): void {
    this.#response.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`);
    for (const [name, value] of Object.entries(headers)) this.#response.writeHeader(name, value);
  }
}

function byteLength(chunk: string | Uint8Array): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
}
