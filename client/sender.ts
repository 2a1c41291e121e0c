import type { Code, Receipt } from '../broker/protocol/index.ts';
import { AbortWatch } from './abort-watch.ts';
import type { Connection } from './connection.ts';
import { abortedBy, TellwhenError } from './errors.ts';
import type { Settings } from './options.ts';
import type { Outbox } from './outbox.ts';
import type { Request } from './request.ts';
import { Requests } from './requests.ts';
import { Room } from './room.ts';

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
  readonly #aborts: AbortWatch<Request>;
  #channel: Channel | undefined;
  #polling = false;
  readonly #room: Room;
  #admitting = false;
  #stopWatch: (() => void) | undefined;
  #stopRest: (() => void) | undefined;
  #closed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    const { time, requestTimeoutMs, retryMs } = settings;
    this.#room = new Room(time);
    this.#requests = new Requests({
      time,
      timeoutMs: requestTimeoutMs,
      lastingMs: retryMs,
      expired: (sentMs) => this.#expired(sentMs),
    });
    this.#aborts = new AbortWatch((request, signal) => this.#requests.fail(request, abortedBy(signal)));
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
    return this.#socketHasRoom && this.#requests.idle && !this.#requests.resends.resting;
  }

  /** The socket keeps up. */
  get hasRoom(): boolean {
    return this.#socketHasRoom;
  }

  freshRef(): number {
    return this.#requests.freshRef();
  }

  /** Removes and returns who waits under a ref. */
  take(ref: number): Request | undefined {
    return this.#requests.take(ref);
  }

  /** Gives receipts to those who wait for them. Returns who had asked for something else. */
  receipts(firstRef: number, count: number, first: Receipt): Request | undefined {
    const { resends } = this.#requests;
    resends.accepted();
    return this.#requests.receipts(firstRef, count, first);
  }

  /** Tells a refusal to whom it concerns, or lets it be sent again after a rest. False when nobody has the ref. */
  refused(ref: number, code: Code, message: string, offset?: number): boolean {
    const outcome = this.#requests.refused(ref, code, message, offset);
    if (outcome === 'postponed') this.#rest();
    return outcome !== 'unknown';
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
    this.#stopRest?.();
    this.#stopWatch?.();
  }

  /** The request's end is told through it: `client_closed`, `aborted` and `overloaded` at once, others later. */
  send(request: Request, signal?: AbortSignal): void {
    if (this.#closed) request.fail(clientClosed());
    else if (signal?.aborted) request.fail(abortedBy(signal));
    else if (request.windowed) this.#sendFetch(request, signal);
    else if (!this.#mustWait(request)) {
      this.#add(request, signal);
      this.#write(request);
      if (request.unwritten > 0) this.#wait(request);
    } else if (this.#mayWait(request)) {
      this.#add(request, signal);
      this.#wait(request);
    } else {
      request.fail(overloaded(this.#requests.waiting.size));
    }
  }

  /** Lets those in that wait, as far as there is room. To be called when an answer has made some. */
  admit(): void {
    // What is written may be answered before its writing returns; it is not to be written a second time by that.
    if (this.#admitting) return;
    this.#admitting = true;
    this.#admitResends();
    this.#admitWaiting();
    this.#admitFetches();
    this.#admitting = false;
    this.#pollWhileFull();
  }

  /**
   * The socket has handed something over to the network. Who waits for room is woken when there is much of it: small
   * amounts often are more work for both sides.
   */
  socketDrained(): void {
    const unsent = this.#channel?.connection.bufferedBytes ?? 0;
    if (unsent <= this.#settings.bufferBytesMax / 2) this.#room.mayHaveRoom();
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
      await this.#room.look();
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

  #admitWaiting(): void {
    for (const request of this.#requests.waiting) {
      if (this.#channel === undefined || (request.paced && !this.#mayPublish())) return;
      this.#write(request);
      if (request.unwritten > 0) return;
      this.#requests.stopWaiting(request);
    }
  }

  #admitResends(): void {
    const { resends } = this.#requests;
    for (const request of resends) {
      if (this.#channel === undefined || !this.#mayWriteMore()) return;
      this.#write(request);
      if (request.unwritten > 0) return;
      resends.delete(request);
    }
  }

  /** The line of those that wait for their first time. Who is written again before them is in another. */
  #wait(request: Request): void {
    this.#requests.wait(request);
    this.#pollWhileFull();
  }

  #mustWait(request: Request): boolean {
    if (this.#channel === undefined) return true;
    const { waiting, resends } = this.#requests;
    if (request.paced) return waiting.size > 0 || !this.#mayPublish();
    // What is ordered waits for publishes that have to wait for room, not for those that the broker does not want yet.
    return request.ordered && waiting.size > 0 && !resends.resting;
  }

  #mayWait({ patient }: Request): boolean {
    const { waiting, waitingBytes } = this.#requests;
    if (patient) return waiting.size < 2 * this.#settings.requestsMax;
    return waiting.size < this.#settings.requestsMax && waitingBytes < WAITING_BYTES_MAX;
  }

  /** Nothing that is to be written again comes first, and there is room. */
  #mayPublish(): boolean {
    return this.#requests.resends.size === 0 && this.#mayWriteMore();
  }

  readonly #mayWriteMore = (written = 0): boolean =>
    !this.#requests.resends.resting &&
    this.#requests.sent + written < this.#settings.requestsMax &&
    this.#socketHasRoom;

  get #socketHasRoom(): boolean {
    if (this.#channel === undefined) return false;
    const { outbox, connection } = this.#channel;
    return outbox.gatheredBytes + connection.bufferedBytes < this.#settings.bufferBytesMax;
  }

  #write(request: Request): void {
    if (this.#channel === undefined) return;
    this.#requests.write(request, this.#channel.outbox, this.#settings.time.nowMs(), this.#mayWriteMore);
    if (request.lasting) this.#watchSilence();
  }

  /** Nothing is published before the rest is over; then first what was refused. */
  #rest(): void {
    const { resends, waiting } = this.#requests;
    const { time } = this.#settings;
    const restMs = resends.rest(time.fraction());
    if (restMs === undefined) return;
    this.#stopRest = time.after(restMs, () => {
      resends.rested();
      this.admit();
    });
    for (const request of waiting) {
      if (request.paced || this.#channel === undefined) continue;
      this.#requests.stopWaiting(request);
      this.#write(request);
    }
  }

  /** Answers let in what waits; this does when the socket was the reason, or when others were given up unanswered. */
  #pollWhileFull(): void {
    const { waiting, resends, fetches } = this.#requests;
    const publishing = resends.resting ? 0 : waiting.size + resends.size;
    if (this.#polling || publishing + fetches.waiting === 0 || this.#channel === undefined) return;
    this.#polling = true;
    void this.#room.look().then(() => {
      this.#polling = false;
      this.admit();
    });
  }

  /** What is tried for longer than a request may take would otherwise wait for a dead connection. */
  #watchSilence(): void {
    this.#stopWatch ??= this.#settings.time.after(this.#settings.requestTimeoutMs, () => {
      this.#stopWatch = undefined;
      const { lastingSentMs } = this.#requests;
      if (lastingSentMs === undefined || this.#channel === undefined) return;
      const waitedMs = this.#settings.time.nowMs() - lastingSentMs;
      if (waitedMs >= this.#settings.requestTimeoutMs) this.#expired(lastingSentMs);
      this.#watchSilence();
    });
  }

  /** Silence since a request was sent that now expired means a dead connection, which no close will ever tell. */
  #expired(sentMs: number | undefined): void {
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
