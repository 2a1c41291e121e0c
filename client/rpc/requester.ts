import type { Reply as WireReply } from '../../broker/protocol/index.ts';
import { invalid } from '../arguments.ts';
import { TellwhenError } from '../errors.ts';
import type { Identity } from '../identity.ts';
import type { ClientTime } from '../time.ts';
import type { Ask, ReplyTaker } from './ask.ts';
import type { Asker } from './asker.ts';
import { Reply } from './reply.ts';
import { ReplySequence } from './reply-sequence.ts';
import {
  checkOptions,
  REPEATABLE_NAMES,
  REQUEST_NAMES,
  type RepeatableOptions,
  type RequestOptions,
  requestToSend,
  timeoutOf,
} from './request-options.ts';

export interface ManyOptions extends RequestOptions {
  /** It is over with so many replies. Default: when all servers have replied, or time is over. */
  readonly replies?: number | undefined;
}

export interface StreamOptions extends RequestOptions {
  /** Parts that the server may send ahead of our taking them. Default 16; at most 4,096. */
  readonly ahead?: number | undefined;
}

export interface RequesterMeans {
  readonly asker: Asker;
  readonly time: ClientTime;
  readonly identity: Identity;
  readonly timeoutMs: number;
}

const AHEAD = 16;
const AHEAD_MAX = 4_096;
const NO_OPTIONS = {};
const MANY_NAMES: ReadonlySet<string> = new Set([...REQUEST_NAMES, 'replies']);
const STREAM_NAMES: ReadonlySet<string> = new Set([...REQUEST_NAMES, 'ahead']);

/** Makes requests of what callers say, and promises and sequences of what is replied. */
export class Requester {
  readonly #means: RequesterMeans;

  constructor(means: RequesterMeans) {
    this.#means = means;
  }

  request(topic: string, data: unknown, options: RepeatableOptions = NO_OPTIONS): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (options !== NO_OPTIONS) checkOptions('request', options, REPEATABLE_NAMES);
      this.#ask(topic, data, options, ONE, new OneReply(resolve, reject));
    });
  }

  many(topic: string, data: unknown, options: ManyOptions = NO_OPTIONS): ReplySequence {
    checkOptions('requestMany', options, MANY_NAMES);
    const many = wholeNumber('replies', options.replies ?? 0, 0, Number.MAX_SAFE_INTEGER);
    return this.#sequence(topic, data, options, { many, parts: undefined }, 0);
  }

  stream(topic: string, data: unknown, options: StreamOptions = NO_OPTIONS): ReplySequence {
    checkOptions('requestStream', options, STREAM_NAMES);
    const parts = wholeNumber('ahead', options.ahead ?? AHEAD, 1, AHEAD_MAX);
    return this.#sequence(topic, data, options, { many: undefined, parts }, parts);
  }

  #sequence(topic: string, data: unknown, options: RequestOptions, wish: Wish, window: number): ReplySequence {
    const { asker } = this.#means;
    const sequence: ReplySequence = new ReplySequence(
      { want: (parts) => asker.want(ask, parts), cancel: () => asker.cancel(ask) },
      window,
    );
    const ask = this.#ask(topic, data, options, wish, sequence);
    return sequence;
  }

  #ask(topic: string, data: unknown, options: RepeatableOptions, wish: Wish, taker: ReplyTaker): Ask {
    const { asker, time, identity, timeoutMs } = this.#means;
    const request = requestToSend(topic, data, options, identity);
    const deadlineMs = time.nowMs() + timeoutOf(options.timeoutMs, timeoutMs);
    return asker.ask({ request, wish, taker, deadlineMs, signal: options.signal });
  }
}

interface Wish {
  readonly many: number | undefined;
  readonly parts: number | undefined;
}

const ONE: Wish = { many: undefined, parts: undefined };

/** The promise of one reply. */
class OneReply implements ReplyTaker {
  readonly #resolve: (reply: Reply) => void;
  readonly failed: (error: Error) => void;

  constructor(resolve: (reply: Reply) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.failed = reject;
  }

  more(): void {}

  over(): void {}

  last(wire: WireReply, repeated: boolean): void {
    const reply = new Reply(wire, repeated);
    if (reply.error !== undefined) this.failed(reply.error);
    else if (wire.kind === 'result') this.#resolve(reply);
    else this.failed(new TellwhenError('broker_unreadable', `a reply of kind ${wire.kind} to a request for one`));
  }
}

function wholeNumber(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw invalid(`${name} of a request must be a whole number from ${min} to ${max}, not ${String(value)}`);
}
