import type { Request } from './request.ts';

interface Group {
  readonly requests: Set<Request>;
  readonly listener: () => void;
}

/**
 * Which requests end when an AbortSignal fires. A signal is listened to once, however many requests share it, and only
 * while one of them is unanswered.
 */
export class AbortWatch {
  readonly #groups = new Map<AbortSignal, Group>();
  readonly #aborted: (request: Request, signal: AbortSignal) => void;

  constructor(aborted: (request: Request, signal: AbortSignal) => void) {
    this.#aborted = aborted;
  }

  watch(request: Request, signal: AbortSignal): void {
    const group = this.#groups.get(signal) ?? this.#listen(signal);
    group.requests.add(request);
    request.detach = () => {
      group.requests.delete(request);
      if (group.requests.size > 0) return;
      signal.removeEventListener('abort', group.listener);
      this.#groups.delete(signal);
    };
  }

  #listen(signal: AbortSignal): Group {
    const requests = new Set<Request>();
    const listener = (): void => {
      for (const request of [...requests]) this.#aborted(request, signal);
    };
    const group = { requests, listener };
    signal.addEventListener('abort', listener);
    this.#groups.set(signal, group);
    return group;
  }
}
