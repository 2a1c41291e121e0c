import {
  type Attributes,
  type Body,
  type Call,
  JSON_CONTENT_TYPE,
  type OverReason,
} from '../../broker/protocol/index.ts';
import { type ErrorCode, TellwhenError } from '../errors.ts';
import type { ClientTime } from '../time.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });
const NO_ATTRIBUTES: Attributes = Object.freeze(Object.create(null));

const OVER: Readonly<Record<OverReason, readonly [ErrorCode, string]>> = {
  cancelled: ['aborted', 'the asker gave the request up'],
  asker_gone: ['aborted', 'the asker is gone'],
  deadline: ['deadline_exceeded', 'the time of the request is over'],
  enough: ['aborted', 'the asker has as many replies as it wants'],
  refused: ['aborted', 'the broker did not accept the reply'],
  late: ['aborted', 'the reply came too late'],
};

/** A request as a server is handed it. */
export class ReceivedRequest {
  readonly topic: string;
  /** 1 at first; more when a server before was lost with it, which may have done it or not. */
  readonly attempt: number;
  readonly #call: Call;
  readonly #body: Body;
  readonly #time: ClientTime;
  readonly #deadlineMs: number;
  #controller: AbortController | undefined;
  #over: TellwhenError | undefined;
  #wanted: number;
  #wake: (() => void) | undefined;

  /** Made by the library only. */
  constructor(topic: string, call: Call, body: Body, time: ClientTime) {
    this.topic = topic;
    this.attempt = call.attempt;
    this.#call = call;
    this.#body = body;
    this.#time = time;
    this.#deadlineMs = time.nowMs() + call.remainingMs;
    this.#wanted = call.parts;
  }

  /** A view into what was read from the network with it. */
  get data(): Uint8Array {
    return this.#body.data;
  }

  get contentType(): string {
    return this.#body.contentType ?? JSON_CONTENT_TYPE;
  }

  get attributes(): Attributes {
    return this.#body.attributes ?? NO_ATTRIBUTES;
  }

  /** The asker’s idempotency key, where it has one. With `source` it names the request. */
  get id(): string | undefined {
    return this.#body.id;
  }

  get source(): string | undefined {
    return this.#body.source;
  }

  /** Until the asker’s deadline. */
  get remainingMs(): number {
    return Math.max(0, this.#deadlineMs - this.#time.nowMs());
  }

  /** The asker takes a reply in parts. */
  get takesParts(): boolean {
    return this.#call.parts > 0;
  }

  /** Fires when nobody waits for the reply any more, with a TellwhenError that says why as its reason. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#over !== undefined && !this.#controller.signal.aborted) this.#controller.abort(this.#over);
    return this.#controller.signal;
  }

  /** Decodes the data at each call. Throws TellwhenError `data_not_json`. `T` is the caller's belief, not checked. */
  json<T = unknown>(): T {
    try {
      return JSON.parse(decoder.decode(this.data)) as T;
    } catch (cause) {
      throw new TellwhenError('data_not_json', 'the data of the request is not JSON', { cause });
    }
  }

  /** The data as UTF-8, faults replaced. */
  text(): string {
    return new TextDecoder().decode(this.data);
  }

  /** @internal */
  get call(): number {
    return this.#call.call;
  }

  /** @internal */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** @internal */
  end(reason: OverReason | TellwhenError): void {
    if (this.#over !== undefined) return;
    this.#over = reason instanceof TellwhenError ? reason : new TellwhenError(...OVER[reason]);
    this.#controller?.abort(this.#over);
    this.#wake?.();
  }

  /** @internal So many parts more are wanted. */
  want(parts: number): void {
    this.#wanted += parts;
    this.#wake?.();
  }

  /** @internal True when a part is wanted, which is then counted; false when the request is over. */
  async takeWish(): Promise<boolean> {
    while (this.#wanted === 0 && this.#over === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wanted -= 1;
    return this.#over === undefined;
  }
}
