import { TellwhenError } from './errors.ts';
import { FetchWindow } from './fetch-window.ts';
import type { Request } from './request.ts';
import type { ClientTime } from './time.ts';

/**
 * Requests without an answer yet, by `ref`: those sent, and those that wait to be sent. All have the same time to be
 * answered, so the order of insertion is the order of deadlines, and one timer watches the first.
 */
export class Requests {
  readonly fetches = new FetchWindow();
  readonly #time: ClientTime;
  readonly #timeoutMs: number;
  readonly #expired: (lastSentMs: number | undefined) => void;
  readonly #byRef = new Map<number, Request>();
  #waiting = new Set<Request>();
  #waitingBytes = 0;
  #lastRef = 0;
  #stopTimer: (() => void) | undefined;

  /** @param expired is told of each request that failed by time, and when it was sent, if it was */
  constructor(time: ClientTime, timeoutMs: number, expired: (sentMs: number | undefined) => void) {
    this.#time = time;
    this.#timeoutMs = timeoutMs;
    this.#expired = expired;
  }

  get size(): number {
    return this.#byRef.size;
  }

  get sent(): number {
    return this.#byRef.size - this.#waiting.size - this.fetches.waiting;
  }

  /** All that wait, but for fetches. */
  get waiting(): ReadonlySet<Request> {
    return this.#waiting;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Refs rise for the life of the client, so a late answer can never meet another request. */
  freshRef(): number {
    this.#lastRef += 1;
    return this.#lastRef;
  }

  add(request: Request): void {
    request.ref = this.freshRef();
    request.deadlineMs = this.#time.nowMs() + this.#timeoutMs;
    this.#byRef.set(request.ref, request);
    this.#stopTimer ??= this.#time.after(this.#timeoutMs, this.#expire);
  }

  /** Puts a request that was added in the line of those that wait to be sent. */
  wait(request: Request): void {
    this.#waiting.add(request);
    this.#waitingBytes += request.heldBytes;
  }

  /** Out of the line, to be written now. */
  stopWaiting(request: Request): void {
    if (this.#waiting.delete(request)) this.#waitingBytes -= request.heldBytes;
  }

  /** Removes it: whoever takes a request tells it its end. */
  take(ref: number): Request | undefined {
    const request = this.#byRef.get(ref);
    if (request === undefined) return undefined;
    this.#byRef.delete(ref);
    if (request.sentMs === undefined) this.stopWaiting(request);
    if (request.windowed) this.fetches.leave(request);
    request.detach?.();
    return request;
  }

  fail(request: Request, error: TellwhenError): void {
    if (this.take(request.ref) !== undefined) request.fail(error);
  }

  /** What was sent fails, or waits again, before all others, where repeating does no harm. Fetches fail. */
  connectionLost(error: TellwhenError): void {
    const repeated: Request[] = [];
    for (const request of [...this.#byRef.values()]) {
      if (request.sentMs === undefined && !request.windowed) continue;
      if (request.repeatable) {
        request.sentMs = undefined;
        repeated.push(request);
      } else {
        this.fail(request, error);
      }
    }
    this.#waiting = new Set([...repeated, ...this.#waiting]);
  }

  failAll(error: TellwhenError): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    for (const request of [...this.#byRef.values()]) this.fail(request, error);
  }

  readonly #expire = (): void => {
    this.#stopTimer = undefined;
    const nowMs = this.#time.nowMs();
    for (const request of this.#byRef.values()) {
      if (request.deadlineMs > nowMs) {
        this.#stopTimer = this.#time.after(request.deadlineMs - nowMs, this.#expire);
        return;
      }
      const { sentMs } = request;
      const what = sentMs === undefined ? 'not sent' : 'no answer';
      this.fail(request, new TellwhenError('timeout', `${what} within ${this.#timeoutMs} ms`));
      this.#expired(sentMs);
    }
  };
}
