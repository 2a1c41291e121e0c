import { AbortWatch } from './abort-watch.ts';
import type { Connection } from './connection.ts';
import { abortedBy, TellwhenError } from './errors.ts';
import type { Settings } from './options.ts';
import type { Outbox } from './outbox.ts';
import type { Request } from './request.ts';
import { Requests } from './requests.ts';

/** How often a full socket is looked at: WebSockets do not tell when they have drained. */
const BUFFER_POLL_MS = 5;
/** Data of publishes that may wait for a connection, or for room; beyond it they are refused as `overloaded`. */
const WAITING_BYTES_MAX = 64 * 1_048_576;

/** A connection that takes requests. */
export interface Channel {
  readonly connection: Connection;
  readonly outbox: Outbox;
}

/**
 * Sends requests over whatever channel there is at present, in order; lets them wait, within bounds, while there is none
 * or it is full; and finds who an answer is for.
 */
export class Sender {
  readonly #settings: Settings;
  readonly #requests: Requests;
  readonly #aborts: AbortWatch;
  readonly #roomWaiters = new Set<() => void>();
  #channel: Channel | undefined;
  #polling = false;
  #closed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#requests = new Requests(settings.time, settings.requestTimeoutMs, (sentMs) => this.#expired(sentMs));
    this.#aborts = new AbortWatch((request, signal) => {
      this.#requests.fail(request, abortedBy(signal));
      this.#tellRoom();
    });
  }

  /** Requests without an answer, those included that wait to be sent. */
  get unanswered(): number {
    return this.#requests.size;
  }

  get outbox(): Outbox | undefined {
    return this.#channel?.outbox;
  }

  /** There is a channel, its socket keeps up, and nobody waits who came before. */
  get writable(): boolean {
    return this.#socketHasRoom && this.#requests.waiting.size === 0;
  }

  /**
   * Half of those who may wait do not: who has many requests leaves the other half to those who have one. So it is too
   * when closed, where nobody waits.
   */
  get roomy(): boolean {
    const { waiting, waitingBytes } = this.#requests;
    return 2 * waiting.size < this.#settings.requestsMax && 2 * waitingBytes < WAITING_BYTES_MAX;
  }

  /** Resolves when it was `roomy`, or the signal fires: look again, another may have been first. */
  async untilRoomy(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        this.#roomWaiters.delete(look);
        signal?.removeEventListener('abort', look);
        resolve();
      };
      signal?.addEventListener('abort', look);
      this.#roomWaiters.add(look);
    });
  }

  freshRef(): number {
    return this.#requests.freshRef();
  }

  /** Removes and returns who waits under a ref. */
  take(ref: number): Request | undefined {
    return this.#requests.take(ref);
  }

  /** From now on requests are written; `admit` lets in those that waited. */
  open(channel: Channel): void {
    this.#channel = channel;
  }

  /** What was sent fails, or waits for the next channel where it may be repeated. */
  lost(error: TellwhenError): void {
    this.#channel = undefined;
    this.#requests.connectionLost(error);
  }

  /** What was gathered still leaves; every request fails, and any that follows. */
  close(error: TellwhenError): void {
    this.#channel?.outbox.flush();
    this.#channel = undefined;
    this.#closed = true;
    this.#requests.failAll(error);
    this.#tellRoom();
  }

  /** The request's end is told through it: `client_closed`, `aborted` and `overloaded` at once, others later. */
  send(request: Request, signal?: AbortSignal): void {
    if (this.#closed) request.fail(clientClosed());
    else if (signal?.aborted) request.fail(abortedBy(signal));
    else if (request.windowed) this.#sendFetch(request, signal);
    else if (!this.#mustWait(request)) {
      this.#add(request, signal);
      this.#write(request);
    } else if (this.#mayWait()) {
      this.#add(request, signal);
      this.#requests.wait(request);
      this.#pollWhileFull();
    } else {
      request.fail(overloaded(this.#requests.waiting.size));
    }
  }

  /** Lets those in that wait, as far as there is room. To be called when an answer has made some. */
  admit(): void {
    for (const request of this.#requests.waiting) {
      if (this.#channel === undefined || (request.paced && !this.#roomToPublish)) break;
      this.#requests.stopWaiting(request);
      this.#write(request);
    }
    this.#admitFetches();
    this.#tellRoom();
    this.#pollWhileFull();
  }

  /** Resolves when `writable`, at the earliest in a later turn; rejects with `client_closed`, `aborted` or `timeout`. */
  async untilWritable(signal?: AbortSignal): Promise<void> {
    const { time, requestTimeoutMs } = this.#settings;
    const deadlineMs = time.nowMs() + requestTimeoutMs;
    this.outbox?.flush();
    do {
      if (this.#closed) throw clientClosed();
      if (signal?.aborted) throw abortedBy(signal);
      if (time.nowMs() >= deadlineMs) throw new TellwhenError('timeout', `not writable within ${requestTimeoutMs} ms`);
      await new Promise<void>((resolve) => void time.after(BUFFER_POLL_MS, resolve));
    } while (!this.writable);
  }

  #add(request: Request, signal: AbortSignal | undefined): void {
    this.#requests.add(request);
    if (signal !== undefined) this.#aborts.watch(request, signal);
  }

  #sendFetch(request: Request, signal: AbortSignal | undefined): void {
    const { fetches } = this.#requests;
    if (fetches.waiting >= this.#settings.requestsMax) {
      request.fail(overloaded(fetches.waiting));
      return;
    }
    this.#add(request, signal);
    if (fetches.enter(request)) this.#write(request);
    else this.#pollWhileFull();
  }

  #admitFetches(): void {
    const { fetches } = this.#requests;
    for (let next = fetches.admit(); next !== undefined; next = fetches.admit()) this.#write(next);
  }

  #mustWait(request: Request): boolean {
    if (this.#channel === undefined) return true;
    if (this.#requests.waiting.size > 0) return request.paced || request.ordered;
    return request.paced && !this.#roomToPublish;
  }

  #mayWait(): boolean {
    const { requestsMax } = this.#settings;
    return this.#requests.waiting.size < requestsMax && this.#requests.waitingBytes < WAITING_BYTES_MAX;
  }

  get #roomToPublish(): boolean {
    return this.#requests.sent < this.#settings.requestsMax && this.#socketHasRoom;
  }

  get #socketHasRoom(): boolean {
    if (this.#channel === undefined) return false;
    const { outbox, connection } = this.#channel;
    return outbox.gatheredBytes + connection.bufferedBytes < this.#settings.bufferBytesMax;
  }

  #tellRoom(): void {
    if (this.#roomWaiters.size === 0 || !this.roomy) return;
    const waiters = [...this.#roomWaiters];
    this.#roomWaiters.clear();
    for (const tell of waiters) tell();
  }

  #write(request: Request): void {
    if (this.#channel === undefined) return;
    request.sentMs = this.#settings.time.nowMs();
    try {
      request.write(this.#channel.outbox);
    } catch (error) {
      if (!(error instanceof TellwhenError)) throw error;
      this.#requests.fail(request, error);
    }
  }

  /** Answers let in what waits; this does when the socket was the reason, or when others were given up unanswered. */
  #pollWhileFull(): void {
    const { waiting, fetches } = this.#requests;
    if (this.#polling || waiting.size + fetches.waiting === 0 || this.#channel === undefined) return;
    this.#polling = true;
    this.#settings.time.after(BUFFER_POLL_MS, () => {
      this.#polling = false;
      this.admit();
    });
  }

  /** Silence since a request was sent that now expired means a dead connection, which no close will ever tell. */
  #expired(sentMs: number | undefined): void {
    this.#tellRoom();
    if (sentMs === undefined || this.#channel === undefined) return;
    const { connection } = this.#channel;
    if (connection.lastHeardMs >= sentMs) return;
    connection.drop(new TellwhenError('connection_lost', 'the broker has fallen silent'));
  }
}

function overloaded(waiting: number): TellwhenError {
  return new TellwhenError('overloaded', `${waiting} requests wait to be sent already`);
}

export function clientClosed(): TellwhenError {
  return new TellwhenError('client_closed', 'the client is closed');
}
