import type { Time } from '../kernel/time.ts';
import type { HttpAnswer, HttpHead, HttpReply, HttpRequest, HttpStream } from './exchange.ts';
import { type OnFault, requestGuarded } from './guard.ts';
import { after, LINGER_MS } from './linger.ts';
import { MemoryAnswer } from './memory-answer.ts';
import { type Frame, MemoryPipe } from './memory-pipe.ts';
import { ReplyListeners } from './reply-listeners.ts';
import type { Door, SendOutcome } from './transport.ts';

export interface MemoryExchangeOptions {
  readonly time: Time;
  /** Longest body of a request. */
  readonly bodyBytesMax: number;
  readonly backpressureBytesMax: number;
  readonly kernelBytes: number;
  readonly onFault: OnFault;
  /** It is over, for both ends. */
  readonly onOver: (exchange: MemoryExchange) => void;
}

const encoder = new TextEncoder();

/** The broker's end of an HTTP request in memory; `answer` is the other. Behaves as one over uWebSockets.js does. */
export class MemoryExchange implements HttpReply, HttpStream {
  readonly answer: MemoryAnswer;
  readonly #options: MemoryExchangeOptions;
  readonly #isHead: boolean;
  readonly #request: HttpRequest;
  readonly #pipe: MemoryPipe;
  readonly #listeners: ReplyListeners;
  #state: 'waiting' | 'streaming' | 'ending' | 'over' = 'waiting';
  #stopLinger: () => void = () => {};

  constructor(request: HttpRequest, options: MemoryExchangeOptions) {
    const { time, kernelBytes } = options;
    this.#options = options;
    this.#listeners = new ReplyListeners(time, options.onFault);
    this.#request = request;
    this.#isHead = request.method === 'HEAD';
    this.#pipe = new MemoryPipe({
      time,
      kernelBytes,
      deliver: (frame) => this.#deliver(frame),
      onDrained: () => this.#drained(),
    });
    this.answer = new MemoryAnswer({
      pause: () => this.#pipe.pause(),
      resume: () => this.#pipe.resume(),
      leave: () => time.afterReads(() => this.abort()),
    });
  }

  /** The request arrives. */
  enter(door: Door): void {
    const { bodyBytesMax, onFault } = this.#options;
    const { body } = this.#request;
    const fits = body !== undefined && body.length <= bodyBytesMax;
    if (!this.#listeners.isGone)
      requestGuarded(door, { ...this.#request, body: fits ? body : undefined }, this, onFault);
  }

  send({ body, ...head }: HttpAnswer): void {
    if (this.#state !== 'waiting') return;
    this.#head(head);
    this.#state = 'streaming';
    this.#push(typeof body === 'string' ? encoder.encode(body) : body);
    this.end();
  }

  stream(head: HttpHead): HttpStream {
    if (this.#state === 'waiting') {
      this.#head(head);
      this.#state = 'streaming';
    }
    return this;
  }

  onGone(then: () => void): void {
    this.#listeners.onGone(then);
  }

  onWritable(then: () => void): void {
    this.#listeners.onWritable(then);
  }

  get bufferedBytes(): number {
    return this.#state === 'over' ? 0 : this.#pipe.bufferedBytes;
  }

  write(chunk: string | Uint8Array): SendOutcome {
    if (this.#state !== 'streaming') return 'lost';
    this.#push(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
    if (this.bufferedBytes === 0) return 'sent';
    if (this.bufferedBytes <= this.#options.backpressureBytesMax) return 'buffered';
    this.abort();
    return 'lost';
  }

  end(): void {
    if (this.#state !== 'streaming') return;
    this.#state = 'ending';
    if (this.bufferedBytes === 0) this.#finish();
    else this.#stopLinger = after(this.#options.time, LINGER_MS, () => this.abort());
  }

  /** Cuts off what is not complete. */
  abort(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#stopLinger();
    this.#pipe.cut();
    this.#options.time.afterReads(() => this.answer.cut());
    this.#listeners.gone();
    this.#options.onOver(this);
  }

  #head(head: HttpHead): void {
    this.#options.time.afterReads(() => this.answer.begun(head));
  }

  #push(bytes: Uint8Array): void {
    if (!this.#isHead && bytes.length > 0) this.#pipe.push({ kind: 'binary', bytes, size: bytes.length });
  }

  #finish(): void {
    this.#state = 'over';
    this.#stopLinger();
    this.#pipe.push({ kind: 'close', code: 0, reason: '', size: 0 });
    this.#options.onOver(this);
  }

  #deliver(frame: Frame): void {
    if (frame.kind === 'binary') this.answer.received(frame.bytes);
    else this.answer.completed();
  }

  #drained(): void {
    if (this.#state === 'ending') this.#finish();
    else if (this.#state === 'streaming') this.#listeners.writable();
  }
}
