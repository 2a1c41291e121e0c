import type { Code, RepliesOverReason, Reply as WireReply } from '../../broker/protocol/index.ts';
import { backoffMs } from '../backoff.ts';
import { abortedBy, TellwhenError } from '../errors.ts';
import type { Outbox } from '../outbox.ts';
import type { ClientTime } from '../time.ts';
import { Ask, type AskOptions } from './ask.ts';
import { Deadlines } from './deadlines.ts';

export interface AskerMeans {
  readonly time: ClientTime;
  /** Where records are written. Absent: not connected. */
  readonly outbox: () => Outbox | undefined;
  readonly freshRef: () => number;
  /** So many may wait to be sent. */
  readonly waitingMax: number;
}

/** The broker tells that the time is over; it is waited for so much longer. */
const GRACE_MS = 250;
/** With these the broker says: not now. What it would know again is said again, after a rest, while there is time. */
const NOT_NOW: ReadonlySet<Code> = new Set<Code>([
  'servers_busy',
  'request_limit',
  'rate_limited',
  'broker_draining',
  'server_lost',
]);
const REST = { minMs: 25, maxMs: 2_000, attemptsMax: Number.POSITIVE_INFINITY };

/** A request with the time at which it is given up here, if nothing was heard by then. */
class WatchedAsk extends Ask {
  get dueMs(): number {
    return this.options.deadlineMs + (this.sentMs === undefined ? 0 : GRACE_MS);
  }
}

/**
 * Requests without an answer, across connections: as many as the broker lets one connection have are sent, the rest
 * waits in its order. What is lost with a connection is sent again on the next only where the broker knows it again.
 */
export class Asker {
  readonly #means: AskerMeans;
  readonly #all = new Set<WatchedAsk>();
  readonly #sent = new Map<number, WatchedAsk>();
  readonly #waiting = new Set<WatchedAsk>();
  readonly #deadlines: Deadlines<WatchedAsk>;
  #closed: TellwhenError | undefined;

  constructor(means: AskerMeans) {
    this.#means = means;
    this.#deadlines = new Deadlines(means.time, this.#all, (ask) => this.#expired(ask));
  }

  /** Without an answer, those included that wait to be sent. */
  get unanswered(): number {
    return this.#all.size;
  }

  /** Its end is told through the taker: `client_closed`, `aborted` and `overloaded` at once, others later. */
  ask(options: AskOptions): Ask {
    const ask = new WatchedAsk(options);
    const { signal, taker } = options;
    if (this.#closed !== undefined) taker.failed(this.#closed);
    else if (signal?.aborted) taker.failed(abortedBy(signal));
    else if (this.#waiting.size >= this.#means.waitingMax) {
      taker.failed(new TellwhenError('overloaded', `${this.#waiting.size} requests wait to be sent already`));
    } else {
      this.#all.add(ask);
      if (signal !== undefined) this.#listen(ask, signal);
      this.#deadlines.watch(ask);
      this.#waiting.add(ask);
      this.#admit();
    }
    return ask;
  }

  /** Its taker wants no more. */
  cancel(ask: Ask): void {
    if (this.#forget(ask as WatchedAsk)) this.#tellCancelled(ask);
  }

  /** So many parts more are wanted. */
  want(ask: Ask, parts: number): void {
    if (ask.sentMs !== undefined) this.#means.outbox()?.wantParts(ask.ref, parts);
  }

  replied(ref: number, repeated: boolean, reply: WireReply): void {
    const ask = this.#sent.get(ref);
    if (ask === undefined) return;
    const { taker, wish } = ask.options;
    if (reply.kind === 'part' || wish.many !== undefined) {
      taker.more(reply, repeated);
      return;
    }
    this.#forget(ask);
    taker.last(reply, repeated);
    this.#admit();
  }

  repliesOver(ref: number, servers: number, replies: number, reason: RepliesOverReason): void {
    const ask = this.#sent.get(ref);
    if (ask === undefined) return;
    this.#forget(ask);
    ask.options.taker.over(servers, replies, reason);
    this.#admit();
  }

  refused(ref: number, code: Code, message: string): void {
    const ask = this.#sent.get(ref);
    if (ask === undefined) return;
    const error = new TellwhenError(code, message);
    if (ask.repeatable && NOT_NOW.has(code)) this.#rest(ask, error);
    else this.#fail(ask, error);
    this.#admit();
  }

  /** There is a connection: what waits is sent. */
  opened(): void {
    this.#admit();
  }

  lost(error: TellwhenError): void {
    for (const ask of [...this.#sent.values()]) {
      if (ask.repeatable) this.#toBeSentAgain(ask);
      else this.#fail(ask, error);
    }
  }

  close(error: TellwhenError): void {
    this.#closed = error;
    this.#deadlines.stop();
    for (const ask of [...this.#all]) this.#fail(ask, error);
  }

  #admit(): void {
    const outbox = this.#means.outbox();
    if (outbox === undefined) return;
    for (const ask of this.#waiting) {
      if (this.#sent.size >= outbox.requestsMax) return;
      this.#waiting.delete(ask);
      this.#write(ask, outbox);
    }
  }

  #write(ask: WatchedAsk, outbox: Outbox): void {
    const { request, wish, deadlineMs } = ask.options;
    const nowMs = this.#means.time.nowMs();
    try {
      if (ask.inDoubtSinceMs !== undefined && !outbox.knowsAnswersSince(ask.inDoubtSinceMs)) {
        throw new TellwhenError('connection_lost', 'the broker would not know again what may have been done');
      }
      ask.ref = this.#means.freshRef();
      const { many, parts } = wish;
      outbox.request(ask.ref, request, { timeoutMs: Math.max(1, Math.ceil(deadlineMs - nowMs)), many, parts });
      ask.sentMs = nowMs;
      this.#sent.set(ask.ref, ask);
    } catch (error) {
      if (!(error instanceof TellwhenError)) throw error;
      this.#fail(ask, error);
    }
  }

  #toBeSentAgain(ask: WatchedAsk): void {
    ask.inDoubtSinceMs ??= ask.sentMs;
    this.#unsend(ask);
    this.#waiting.add(ask);
  }

  #unsend(ask: WatchedAsk): void {
    this.#sent.delete(ask.ref);
    ask.sentMs = undefined;
    this.#deadlines.watch(ask);
  }

  #rest(ask: WatchedAsk, refusal: TellwhenError): void {
    const { time } = this.#means;
    ask.refusal = refusal;
    this.#unsend(ask);
    const restMs = REST.minMs / 2 + backoffMs(ask.refusals, REST, time.fraction());
    ask.refusals += 1;
    const stop = time.after(restMs, () => {
      this.#waiting.add(ask);
      this.#admit();
    });
    const { detach } = ask;
    ask.detach = () => {
      stop();
      detach?.();
    };
  }

  #expired(ask: WatchedAsk): void {
    if (ask.options.wish.many === undefined) {
      this.#fail(ask, ask.refusal ?? new TellwhenError('deadline_exceeded', 'no reply came in time'));
      return;
    }
    this.#forget(ask);
    ask.options.taker.over(0, 0, 'deadline');
  }

  #listen(ask: WatchedAsk, signal: AbortSignal): void {
    const listener = (): void => {
      if (!this.#forget(ask)) return;
      this.#tellCancelled(ask);
      ask.options.taker.failed(abortedBy(signal));
    };
    signal.addEventListener('abort', listener);
    ask.detach = () => signal.removeEventListener('abort', listener);
  }

  #tellCancelled(ask: Ask): void {
    if (ask.sentMs !== undefined) this.#means.outbox()?.cancelRequest(ask.ref);
  }

  #fail(ask: WatchedAsk, error: TellwhenError): void {
    if (this.#forget(ask)) ask.options.taker.failed(error);
  }

  /** False when it was gone already. */
  #forget(ask: WatchedAsk): boolean {
    if (!this.#all.delete(ask)) return false;
    this.#sent.delete(ask.ref);
    this.#waiting.delete(ask);
    ask.detach?.();
    return true;
  }
}
