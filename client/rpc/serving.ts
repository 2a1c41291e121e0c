import type { Body, Call, ClientControl, ControlOf, OverReason } from '../../broker/protocol/index.ts';
import type { AnswerOf } from '../control-request.ts';
import { TellwhenError } from '../errors.ts';
import type { Outbox } from '../outbox.ts';
import { encodeJson } from '../publication.ts';
import { isThenable } from '../thenable.ts';
import type { ClientTime } from '../time.ts';
import type { Work } from '../work.ts';
import { ReceivedRequest } from './received-request.ts';
import { HANDLER_FAILED, ServiceError } from './service-error.ts';

export type ServeFrame = Omit<ControlOf<ClientControl, 'serve'>, 'ref'>;

/**
 * Answers a request: with a value that JSON has a form for, with bytes, or, where the asker takes parts, with an async
 * iterable of such. What it throws is the answer too: a ServiceError as it is; of anything else the asker learns only
 * that the handler failed.
 */
export type RequestHandler = (request: ReceivedRequest) => unknown;

export interface ServingMeans {
  readonly time: ClientTime;
  readonly work: Work;
  /** Where records are written. Absent: not connected. */
  readonly outbox: () => Outbox | undefined;
  /** Takes what a handler throws that is no ServiceError. */
  readonly report: (error: unknown) => void;
}

/** A server as the client keeps it, across connections: what was asked for, and the requests that its handler has. */
export class Serving {
  readonly ask: ServeFrame;
  readonly #handler: RequestHandler;
  readonly #means: ServingMeans;
  readonly #running = new Map<number, ReceivedRequest>();
  /** As the broker told it last; absent while it does not have it. */
  bound: AnswerOf<'serving'> | undefined;
  /** The last that the broker told. */
  terms: AnswerOf<'serving'> | undefined;
  over = false;

  constructor(ask: ServeFrame, handler: RequestHandler, means: ServingMeans) {
    this.ask = ask;
    this.#handler = handler;
    this.#means = means;
  }

  get running(): number {
    return this.#running.size;
  }

  bind(frame: AnswerOf<'serving'>): void {
    this.bound = frame;
    this.terms = frame;
  }

  /** The connection is lost, and with it whoever waits for what the handlers do. */
  unbind(error: TellwhenError): void {
    this.bound = undefined;
    for (const request of this.#running.values()) request.end(error);
    this.#running.clear();
  }

  call(topic: string, call: Call, body: Body): void {
    const request = new ReceivedRequest(topic, call, body, this.#means.time);
    this.#running.set(call.call, request);
    let result: unknown;
    try {
      result = this.#handler(request);
    } catch (error) {
      this.#failed(request, error);
      return;
    }
    if (isThenable(result)) this.#means.work.track(this.#finish(request, result));
    else if (isAsyncIterable(result)) this.#means.work.track(this.#stream(request, result));
    else this.#succeeded(request, result);
  }

  /** True when the call was one of its own. */
  callOver(call: number, reason: OverReason): boolean {
    const request = this.#running.get(call);
    request?.end(reason);
    return request !== undefined;
  }

  wantedParts(call: number, parts: number): void {
    this.#running.get(call)?.want(parts);
  }

  async #finish(request: ReceivedRequest, working: PromiseLike<unknown>): Promise<void> {
    try {
      const result = await working;
      if (isAsyncIterable(result)) await this.#stream(request, result);
      else this.#succeeded(request, result);
    } catch (error) {
      this.#failed(request, error);
    }
  }

  /** A part for each that is wanted. Of who takes none the broker refuses the first, and tells the asker why. */
  async #stream(request: ReceivedRequest, parts: AsyncIterable<unknown>): Promise<void> {
    let isRefused = false;
    try {
      for await (const part of parts) {
        const mayGo = request.takesParts ? await request.takeWish() : !request.isOver;
        if (!mayGo || !this.#running.has(request.call)) break;
        this.#means.outbox()?.reply(request.call, 'part', bodyOf(part));
        isRefused = !request.takesParts;
        if (isRefused) break;
      }
      this.#answer(request, request.isOver || isRefused ? 'stopped' : 'end');
    } catch (error) {
      this.#failed(request, error);
    }
  }

  #succeeded(request: ReceivedRequest, result: unknown): void {
    try {
      this.#answer(request, 'result', bodyOf(result));
    } catch (error) {
      // It has no form in JSON, or the broker takes none so large.
      this.#failed(request, error);
    }
  }

  #failed(request: ReceivedRequest, error: unknown): void {
    // It was told to stop, and has.
    if (request.isOver) {
      this.#answer(request, 'stopped');
      return;
    }
    const told = toldOf(error);
    if (told.code === HANDLER_FAILED) this.#means.report(error);
    const { code, message, data } = told;
    try {
      this.#answer(request, 'error', { data: data === undefined ? '' : encodeJson(data) }, { code, message });
    } catch (fault) {
      this.#means.report(fault);
      this.#answer(request, 'error', { data: '' }, { code, message });
    }
  }

  /** Nobody is left to be answered where the connection has gone meanwhile. */
  #answer(request: ReceivedRequest, ...[kind, body, error]: AnswerArguments): void {
    if (!this.#running.has(request.call)) return;
    this.#means.outbox()?.reply(request.call, kind, body, error);
    this.#running.delete(request.call);
  }
}

type AnswerArguments = Parameters<Outbox['reply']> extends [number, ...infer R] ? R : never;

function bodyOf(result: unknown) {
  if (result instanceof Uint8Array) return { data: result, contentType: 'application/octet-stream' };
  return { data: encodeJson(result === undefined ? null : result) };
}

function toldOf(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  if (error instanceof TellwhenError && error.code === 'event_too_large') {
    return new ServiceError('reply_too_large', 'the reply is larger than the broker accepts');
  }
  return new ServiceError(HANDLER_FAILED, 'the handler failed; its own process is told how');
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
