import type { ClientTime } from './time.ts';

/** How often a full socket is looked at: most WebSockets do not tell when they have drained. */
const POLL_MS = 5;

/**
 * Lets all wait together who found a socket full: until it tells that it has handed something over, or for a while, where
 * it tells nothing.
 */
export class Room {
  readonly #time: ClientTime;
  #next: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  constructor(time: ClientTime) {
    this.#time = time;
  }

  /** Resolves when it is time to look again, in a later turn: who is waiting must not keep others from theirs. */
  look(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      const stop = this.#time.after(POLL_MS, () => this.#wake?.());
      this.#wake = () => {
        stop();
        this.#next = undefined;
        this.#wake = undefined;
        resolve();
      };
    });
    return this.#next;
  }

  /** The socket has handed something over. */
  mayHaveRoom(): void {
    const wake = this.#wake;
    // A socket may tell it within the turn in which it was given the frame. Who has been woken by then is not woken twice.
    if (wake !== undefined) this.#time.endOfTurn(() => this.#wake === wake && wake());
  }
}
