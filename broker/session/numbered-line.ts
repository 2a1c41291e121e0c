import { CODES, type Code, ProtocolError, type PublishOrder } from '../protocol/index.ts';

/**
 * Keeps the order of events that their publisher counts and sends again: behind one that was refused for now nothing is let
 * in before it has come again, though it would fit. What the publisher has given up it says by `since`, and nothing waits
 * for that. Of one connection: on the next one, all that has no answer comes again in order.
 */
export class NumberedLine {
  /** The one that is to come next, where some are to come again. 0: none is. */
  #next = 0;
  /** The last of those that are. */
  #last = 0;

  get isHeld(): boolean {
    return this.#next !== 0;
  }

  /** Throws ProtocolError `order_held`. */
  check({ number, since }: PublishOrder): void {
    if (since > this.#next) this.#awaitFrom(since);
    if (this.#next === 0 || number <= this.#next) return;
    throw new ProtocolError(
      'order_held',
      `event ${number} of its publisher comes after ${this.#next}, which is awaited`,
    );
  }

  taken({ number }: PublishOrder): void {
    if (number === this.#next) this.#awaitFrom(number + 1);
  }

  /** `comesAgain`: its publisher may send it again, and nobody will take it for two. */
  refused({ number }: PublishOrder, code: Code, comesAgain: boolean): void {
    if (!CODES[code].retry || !comesAgain) {
      if (number === this.#next) this.#awaitFrom(number + 1);
      return;
    }
    this.#last = Math.max(this.#last, number);
    if (this.#next === 0 || number < this.#next) this.#next = number;
  }

  /** All below it are over. */
  #awaitFrom(number: number): void {
    if (this.#next !== 0) this.#next = number <= this.#last ? number : 0;
  }
}
