import { backoffMs, type ReconnectPolicy } from './backoff.ts';
import type { ClientTime } from './time.ts';

export interface ReconnectorOptions {
  readonly urls: readonly string[];
  readonly policy: ReconnectPolicy | false;
  readonly time: ClientTime;
  readonly connect: () => void;
}

/** Decides where the next connection goes, when, and whether there is one. */
export class Reconnector {
  readonly #options: ReconnectorOptions;
  #urlIndex = 0;
  #attempt = 0;
  #openedMs: number | undefined;
  #stopTimer: (() => void) | undefined;

  constructor(options: ReconnectorOptions) {
    this.#options = options;
  }

  get url(): string {
    const { urls } = this.#options;
    return urls[this.#urlIndex % urls.length] as string;
  }

  opened(): void {
    this.#openedMs = this.#options.time.nowMs();
  }

  /** The broker at this address is going away. */
  elsewhere(): void {
    this.#urlIndex += 1;
  }

  /** After an end of any kind. False when it was the last attempt. */
  retry(): boolean {
    const { policy, time, connect } = this.#options;
    if (policy === false) return false;
    // Not every connection that opens is good: one that is closed again at once must not be tried in a tight loop.
    if (this.#openedMs === undefined) this.elsewhere();
    else if (time.nowMs() - this.#openedMs >= policy.maxMs) this.#attempt = 0;
    this.#openedMs = undefined;
    if (this.#attempt >= policy.attemptsMax) return false;
    this.#stopTimer = time.after(backoffMs(this.#attempt, policy, time.fraction()), connect);
    this.#attempt += 1;
    return true;
  }

  stop(): void {
    this.#stopTimer?.();
  }
}
