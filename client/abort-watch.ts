/** What can be ended so. */
interface Watched {
  /** Takes the listener off the signal, where there is one. */
  detach: (() => void) | undefined;
}

interface Group<R> {
  readonly requests: Set<R>;
  readonly listener: () => void;
}

/**
 * Which requests end when an AbortSignal fires. A signal is listened to once, however many requests share it, and only
 * while one of them is unanswered.
 */
export class AbortWatch<R extends Watched> {
  readonly #groups = new Map<AbortSignal, Group<R>>();
  readonly #aborted: (request: R, signal: AbortSignal) => void;

  constructor(aborted: (request: R, signal: AbortSignal) => void) {
    this.#aborted = aborted;
  }

  watch(request: R, signal: AbortSignal): void {
    const group = this.#groups.get(signal) ?? this.#listen(signal);
    group.requests.add(request);
    request.detach = () => {
      group.requests.delete(request);
      if (group.requests.size > 0) return;
      signal.removeEventListener('abort', group.listener);
      this.#groups.delete(signal);
    };
  }

  #listen(signal: AbortSignal): Group<R> {
    const requests = new Set<R>();
    const listener = (): void => {
      for (const request of [...requests]) this.#aborted(request, signal);
    };
    const group = { requests, listener };
    signal.addEventListener('abort', listener);
    this.#groups.set(signal, group);
    return group;
  }
}
