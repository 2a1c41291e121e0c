import type { RepliesOverReason, RequestWish, Reply as WireReply } from '../../broker/protocol/index.ts';
import type { TellwhenError } from '../errors.ts';
import type { EventToPublish } from '../publish-request.ts';

/** Who waits for what is replied. */
export interface ReplyTaker {
  /** A reply that is not the last one: a part, or one of many. */
  more(reply: WireReply, repeated: boolean): void;
  /** The last one: a result, an error, or the end of parts. */
  last(reply: WireReply, repeated: boolean): void;
  /** Of a request for many: no more replies come. */
  over(servers: number, replies: number, reason: RepliesOverReason): void;
  /** Nothing more comes, and this is why. */
  failed(error: TellwhenError): void;
}

export interface AskOptions {
  readonly request: EventToPublish;
  readonly wish: Omit<RequestWish, 'timeoutMs'>;
  readonly taker: ReplyTaker;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** One request that has no answer yet. */
export class Ask {
  readonly options: AskOptions;
  /** Another for each time that it is sent. */
  ref = 0;
  /** When it was sent over the present connection; `undefined` while it waits. */
  sentMs: number | undefined;
  /** Since when a broker may have it that was not heard of again. */
  inDoubtSinceMs: number | undefined;
  /** Why it has to be sent again: the last word, if there is no time left for it. */
  refusal: TellwhenError | undefined;
  refusals = 0;
  /** Takes the listener off the caller's AbortSignal. */
  detach: (() => void) | undefined;

  constructor(options: AskOptions) {
    this.options = options;
  }

  /** The broker would know it again. */
  get repeatable(): boolean {
    return this.options.request.repeatable;
  }
}
