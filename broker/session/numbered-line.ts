import { CODES, type Code, ProtocolError, type PublishOrder } from '../protocol/index.ts';

/**
 * Keeps the order of events that their publisher counts and sends again: behind one that was refused for now nothing is let
 * in before it has come again, though it would fit. What the publisher has given up it says by `since`, and nothing waits
 * for that. Of one connection: on the next one, all that has no answer comes again in order.
 */
export class NumberedLine {
  /** The lowest that is to come again. 0: none. */
  #held = 0;

  get isHeld(): boolean {
    return this.#held !== 0;
  }

  /** Throws ProtocolError `order_held`. */
  check({ number, since }: PublishOrder): void {
    if (since > this.#held) this.#held = 0;
    if (this.#held === 0 || number <= this.#held) return;
    throw new ProtocolError(
      'order_held',
      `event ${number} of its publisher comes after ${this.#held}, which is awaited`,
    );
  }

  taken({ number }: PublishOrder): void {
    if (number === this.#held) this.#held = 0;
  }

  /** `comesAgain`: its publisher may send it again, and nobody will take it for two. */
  refused({ number }: PublishOrder, code: Code, comesAgain: boolean): void {
    if (!CODES[code].retry || !comesAgain) {
      if (number === this.#held) this.#held = 0;
    } else if (this.#held === 0 || number < this.#held) this.#held = number;
  }
}
