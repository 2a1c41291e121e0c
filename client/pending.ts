import type { Request } from './request.ts';
import type { ClientTime } from './time.ts';

/**
 * Requests without all of their answers, by their first `ref`. All have the same time to be answered, so the order of
 * insertion is the order of deadlines, and one timer watches the first.
 */
export class Pending {
  readonly timeoutMs: number;
  readonly #time: ClientTime;
  readonly #expired: (request: Request) => void;
  readonly #byRef = new Map<number, Request>();
  #stopTimer: (() => void) | undefined;

  /** @param expired is told of each whose time is over; it is to `delete` it */
  constructor(time: ClientTime, timeoutMs: number, expired: (request: Request) => void) {
    this.timeoutMs = timeoutMs;
    this.#time = time;
    this.#expired = expired;
  }

  get size(): number {
    return this.#byRef.size;
  }

  get(ref: number): Request | undefined {
    return this.#byRef.get(ref);
  }

  values(): IterableIterator<Request> {
    return this.#byRef.values();
  }

  add(request: Request): void {
    request.deadlineMs = this.#time.nowMs() + this.timeoutMs;
    this.#byRef.set(request.ref, request);
    this.#stopTimer ??= this.#time.after(this.timeoutMs, this.#expire);
  }

  delete(request: Request): boolean {
    return this.#byRef.delete(request.ref);
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  readonly #expire = (): void => {
    this.#stopTimer = undefined;
    const nowMs = this.#time.nowMs();
    for (const request of this.#byRef.values()) {
      if (request.deadlineMs > nowMs) {
        this.#stopTimer = this.#time.after(request.deadlineMs - nowMs, this.#expire);
        return;
      }
      this.#expired(request);
    }
  };
}
