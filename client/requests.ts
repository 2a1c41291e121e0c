import type { Code, Receipt } from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import { FetchWindow } from './fetch-window.ts';
import type { Outbox } from './outbox.ts';
import { Pending } from './pending.ts';
import { receiptAfter } from './publish-request.ts';
import { RefRanges } from './ref-ranges.ts';
import type { Counts, Request } from './request.ts';
import { Resends } from './resends.ts';
import type { ClientTime } from './time.ts';

export interface RequestsOptions {
  readonly time: ClientTime;
  readonly timeoutMs: number;
  /** Of those that are `lasting`. */
  readonly lastingMs: number;
  /** Is told of each request that failed by time, and when it was sent, if it was. */
  readonly expired: (sentMs: number | undefined) => void;
}

/**
 * Requests without an answer yet: those sent, and those that wait to be sent, for the first time (`waiting`) or again
 * (`resends`), each in the order of their refs.
 */
export class Requests {
  readonly fetches = new FetchWindow();
  readonly resends = new Resends();
  readonly #plain: Pending;
  readonly #lasting: Pending;
  readonly #ranges = new RefRanges();
  #waiting = new Set<Request>();
  #waitingBytes = 0;
  readonly #counts: Counts = { missing: 0, unwritten: 0 };
  #lastRef = 0;

  constructor({ time, timeoutMs, lastingMs, expired }: RequestsOptions) {
    const expire =
      (ms: number) =>
      (request: Request): void => {
        const { sentMs } = request;
        const what = sentMs === undefined ? 'not sent' : 'no answer';
        this.fail(request, new TellwhenError('timeout', `${what} within ${ms} ms`));
        expired(sentMs);
      };
    this.#plain = new Pending(time, timeoutMs, expire(timeoutMs));
    this.#lasting = new Pending(time, lastingMs, expire(lastingMs));
  }

  /** Answers that have not come yet. */
  get size(): number {
    return this.#counts.missing;
  }

  /** How many of them are for what was written. */
  get sent(): number {
    return this.#counts.missing - this.#counts.unwritten;
  }

  /** All that wait to be sent the first time, but for fetches. */
  get waiting(): ReadonlySet<Request> {
    return this.#waiting;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Nothing waits that was here before. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.resends.size === 0;
  }

  /** When the oldest was sent of those that have the longer time. */
  get lastingSentMs(): number | undefined {
    for (const { sentMs } of this.#lasting.values()) if (sentMs !== undefined) return sentMs;
    return undefined;
  }

  /** Refs rise for the life of the client, so a late answer can never meet another request. */
  freshRef(): number {
    this.#lastRef += 1;
    return this.#lastRef;
  }

  add(request: Request): void {
    const { refs, lasting, missing, unwritten } = request;
    request.ref = this.#lastRef + 1;
    this.#lastRef += refs;
    (lasting ? this.#lasting : this.#plain).add(request);
    if (refs > 1) this.#ranges.add(request);
    request.counts = this.#counts;
    this.#counts.missing += missing;
    this.#counts.unwritten += unwritten;
  }

  /** Puts a request that was added in the line of those that wait to be sent. */
  wait(request: Request): void {
    if (this.#waiting.has(request)) return;
    this.#waiting.add(request);
    this.#waitingBytes += request.heldBytes;
  }

  /** Out of the line. */
  stopWaiting(request: Request): void {
    if (this.#waiting.delete(request)) this.#waitingBytes -= request.heldBytes;
  }

  find(ref: number): Request | undefined {
    return this.#ranges.find(ref) ?? this.#plain.get(ref) ?? this.#lasting.get(ref);
  }

  /** Removes it: whoever takes a request tells it its end. */
  take(ref: number): Request | undefined {
    const request = this.find(ref);
    if (request !== undefined) this.#forget(request);
    return request;
  }

  fail(request: Request, error: TellwhenError): void {
    if (this.#forget(request)) request.fail(error);
  }

  /** Writes it, as far as there is room; fails it when it cannot be sent. */
  write(request: Request, outbox: Outbox, nowMs: number, room: () => boolean): void {
    request.writing(nowMs);
    try {
      request.write(outbox, room);
    } catch (error) {
      if (!(error instanceof TellwhenError)) throw error;
      this.fail(request, error);
    }
    this.#endIfDone(request);
  }

  /** Each request is found once for all of its receipts. Returns who had asked for something else, and is forgotten. */
  receipts(firstRef: number, count: number, first: Receipt): Request | undefined {
    for (let done = 0; done < count; ) {
      const ref = firstRef + done;
      const request = this.find(ref);
      if (request === undefined) {
        done += 1;
        continue;
      }
      const many = Math.min(count - done, request.ref + request.refs - ref);
      if (!request.receipts(ref, many, done === 0 ? first : receiptAfter(first, done))) {
        this.#forget(request);
        return request;
      }
      this.#endIfDone(request);
      done += many;
    }
    return undefined;
  }

  /** True when the request of this ref is going to be written again. False when nobody has this ref. */
  refused(ref: number, code: Code, message: string, offset: number | undefined): 'postponed' | 'told' | 'unknown' {
    const request = this.find(ref);
    if (request === undefined) return 'unknown';
    const postponed = request.postponed(ref, code, message);
    if (postponed) {
      this.stopWaiting(request);
      this.resends.add(request);
    } else if (request.refs === 1) {
      this.#forget(request);
      request.refused(ref, code, message, offset);
      return 'told';
    } else request.refused(ref, code, message, offset);
    this.#endIfDone(request);
    return postponed ? 'postponed' : 'told';
  }

  /** What was sent fails, or waits again, before all others, where repeating does no harm. Fetches fail. */
  connectionLost(error: TellwhenError): void {
    const repeated: Request[] = [];
    for (const request of [...this.#lasting.values()]) {
      if (request.sentMs === undefined) continue;
      request.rewind();
      this.stopWaiting(request);
      this.resends.add(request);
    }
    for (const request of [...this.#plain.values()]) {
      if (request.sentMs === undefined && !request.windowed) continue;
      if (request.repeatable) {
        request.rewind();
        repeated.push(request);
      } else {
        this.fail(request, error);
      }
    }
    this.#waiting = new Set([...repeated, ...this.#waiting]);
  }

  failAll(error: TellwhenError): void {
    for (const pending of [this.#plain, this.#lasting]) {
      pending.stop();
      for (const request of [...pending.values()]) this.fail(request, error);
    }
  }

  /** False when it was gone already. */
  #forget(request: Request): boolean {
    if (!this.#remove(request)) return false;
    this.#counts.missing -= request.missing;
    this.#counts.unwritten -= request.unwritten;
    request.counts = undefined;
    return true;
  }

  #endIfDone(request: Request): void {
    if (request.missing === 0) this.#remove(request);
  }

  #remove(request: Request): boolean {
    if (!this.#plain.delete(request) && !this.#lasting.delete(request)) return false;
    if (request.refs > 1) this.#ranges.delete(request);
    if (request.paced) this.resends.delete(request);
    if (request.unwritten > 0 || request.sentMs === undefined) this.stopWaiting(request);
    if (request.windowed) this.fetches.leave(request);
    request.detach?.();
    return true;
  }
}
