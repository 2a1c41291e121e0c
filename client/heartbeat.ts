import type { ClientTime } from './time.ts';

export interface HeartbeatMeans {
  readonly time: ClientTime;
  /** How long nothing may be heard before the broker is asked. */
  readonly silenceMs: number;
  readonly lastHeardMs: () => number;
  /** Asks; calls `then` once that is answered, or given up. */
  readonly ask: (then: () => void) => void;
}

/**
 * Asks a silent broker whether it is there. A line that is cut in the middle tells nobody: who only listens would
 * listen for ever. What an answer that does not come means is not decided here, but where requests expire.
 */
export class Heartbeat {
  readonly #means: HeartbeatMeans;
  #stopTimer: () => void;
  #stopped = false;

  constructor(means: HeartbeatMeans) {
    this.#means = means;
    this.#stopTimer = means.time.after(means.silenceMs, this.#look);
  }

  stop(): void {
    this.#stopped = true;
    this.#stopTimer();
  }

  readonly #look = (): void => {
    const { time, silenceMs, lastHeardMs, ask } = this.#means;
    const restMs = lastHeardMs() + silenceMs - time.nowMs();
    if (restMs <= 0) ask(this.#asked);
    else this.#stopTimer = time.after(restMs, this.#look);
  };

  readonly #asked = (): void => {
    const { time, silenceMs } = this.#means;
    if (!this.#stopped) this.#stopTimer = time.after(silenceMs, this.#look);
  };
}
