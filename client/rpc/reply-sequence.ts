import type { RepliesOverReason, Reply as WireReply } from '../../broker/protocol/index.ts';
import type { TellwhenError } from '../errors.ts';
import { Stream } from '../stream.ts';
import type { ReplyTaker } from './ask.ts';
import { Reply } from './reply.ts';

/** What a sequence needs of who asked for it. */
export interface SequenceMeans {
  /** So many parts more are wanted. */
  readonly want: (parts: number) => void;
  /** Nobody takes any more. */
  readonly cancel: () => void;
}

/** Why a sequence of replies of many servers is over, and how many there were. */
export interface RepliesEnd {
  /** Servers that were asked, one of each group. */
  readonly servers: number;
  readonly replies: number;
  readonly reason: RepliesOverReason;
}

/** Replies as they come: the parts of one, or those of many servers. A `break` out of the loop gives the request up. */
export class ReplySequence implements ReplyTaker, AsyncIterableIterator<Reply, undefined> {
  readonly #stream = new Stream<Reply>(Number.POSITIVE_INFINITY);
  readonly #means: SequenceMeans;
  /** Parts that are wanted again once so many were taken. 0: they are not counted. */
  readonly #window: number;
  #taken = 0;
  #done = false;
  #end: RepliesEnd | undefined;

  constructor(means: SequenceMeans, window: number) {
    this.#means = means;
    this.#window = window;
  }

  /** Of a request for many, once it is over. */
  get end(): RepliesEnd | undefined {
    return this.#end;
  }

  more(reply: WireReply, repeated: boolean): void {
    this.#stream.push(new Reply(reply, repeated));
  }

  last(reply: WireReply, repeated: boolean): void {
    this.#done = true;
    if (reply.kind === 'error') this.#stream.end(new Reply(reply, repeated).error);
    else {
      // Who was asked for parts may reply in one.
      if (reply.kind === 'result') this.#stream.push(new Reply(reply, repeated));
      this.#stream.end();
    }
  }

  over(servers: number, replies: number, reason: RepliesOverReason): void {
    this.#done = true;
    this.#end = { servers, replies, reason };
    this.#stream.end();
  }

  failed(error: TellwhenError): void {
    this.#done = true;
    this.#stream.end(error);
  }

  async next(): Promise<IteratorResult<Reply, undefined>> {
    const result = await this.#stream.next();
    if (!result.done) this.#took();
    return result;
  }

  async return(): Promise<IteratorResult<Reply, undefined>> {
    if (!this.#done) this.#means.cancel();
    this.#done = true;
    this.#stream.clear();
    this.#stream.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Half of the window at a time, so that the server need not wait for it. */
  #took(): void {
    if (this.#window === 0 || this.#done) return;
    this.#taken += 1;
    if (this.#taken * 2 < this.#window) return;
    this.#means.want(this.#taken);
    this.#taken = 0;
  }
}
