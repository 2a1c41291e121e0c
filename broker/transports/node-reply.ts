import type { ServerResponse } from 'node:http';
import type { Time } from '../kernel/time.ts';
import type { HttpAnswer, HttpHead, HttpReply, HttpStream } from './exchange.ts';
import type { OnFault } from './guard.ts';
import { after, LINGER_MS } from './linger.ts';
import { ReplyListeners } from './reply-listeners.ts';
import type { SendOutcome } from './transport.ts';

export interface NodeReplyOptions {
  readonly response: ServerResponse;
  readonly isHead: boolean;
  /** With more than so much waiting for a peer, it is cut off. */
  readonly backpressureBytesMax: number;
  readonly time: Time;
  readonly onFault: OnFault;
}

/** The answer to one request of node:http. */
export class NodeReply implements HttpReply, HttpStream {
  readonly #response: ServerResponse;
  readonly #options: NodeReplyOptions;
  #state: 'waiting' | 'streaming' | 'ending' | 'over' = 'waiting';
  #closesConnection = false;
  readonly #listeners: ReplyListeners;
  #waited = false;
  #stopLinger: () => void = () => {};

  constructor(options: NodeReplyOptions) {
    this.#options = options;
    this.#listeners = new ReplyListeners(options.time, options.onFault);
    this.#response = options.response;
    this.#response.on('close', () => this.#closed());
    // A close always follows.
    this.#response.on('error', () => {});
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** The connection ends with the answer: nobody knows where the next request begins. */
  closeAfterwards(): void {
    this.#closesConnection = true;
  }

  send({ body, ...head }: HttpAnswer): void {
    if (this.#state !== 'waiting') return;
    const length = String(typeof body === 'string' ? Buffer.byteLength(body) : body.length);
    // An answer without content has no length either (RFC 9110 §8.6).
    this.#head(head, head.status === 204 ? {} : { 'Content-Length': length });
    this.#state = 'ending';
    this.#response.end(this.#options.isHead || head.status === 204 ? undefined : body);
  }

  stream(head: HttpHead): HttpStream {
    if (this.#state !== 'waiting') return this;
    this.#state = 'streaming';
    this.#head(head, {});
    this.#response.flushHeaders();
    return this;
  }

  onGone(then: () => void): void {
    this.#listeners.onGone(then);
  }

  onWritable(then: () => void): void {
    this.#listeners.onWritable(then);
  }

  get bufferedBytes(): number {
    return this.#state === 'over' ? 0 : this.#response.writableLength;
  }

  write(chunk: string | Uint8Array): SendOutcome {
    if (this.#state !== 'streaming') return 'lost';
    if (chunk.length === 0 || this.#options.isHead) return 'sent';
    this.#response.write(chunk, () => this.#written());
    // Node gathers what is written within a turn; who writes here has gathered already.
    this.#response.socket?.uncork();
    if (this.bufferedBytes === 0) return 'sent';
    this.#waited = true;
    if (this.bufferedBytes <= this.#options.backpressureBytesMax) return 'buffered';
    this.abort();
    return 'lost';
  }

  end(): void {
    if (this.#state !== 'streaming') return;
    this.#state = 'ending';
    this.#stopLinger = after(this.#options.time, LINGER_MS, () => this.abort());
    this.#response.end();
  }

  /** Cuts off an answer that is not complete. */
  abort(): void {
    if (this.#state === 'over' || this.#response.writableFinished) return;
    this.#response.destroy();
    this.#closed();
  }

  #head({ status, headers }: HttpHead, more: { readonly [name: string]: string }): void {
    const connection = this.#closesConnection ? { Connection: 'close' } : {};
    this.#response.writeHead(status, { ...headers, ...more, ...connection });
  }

  #written(): void {
    if (!this.#waited || this.#state !== 'streaming' || this.bufferedBytes > 0) return;
    this.#waited = false;
    // Node may say so from inside the next write.
    this.#options.time.afterReads(() => this.#listeners.writable());
  }

  #closed(): void {
    if (this.#state === 'over') return;
    const complete = this.#response.writableFinished;
    this.#state = 'over';
    this.#stopLinger();
    if (complete) return;
    this.#listeners.gone();
  }
}
