import { ProtocolError } from '../protocol/index.ts';

export interface CreditBounds {
  readonly events: number;
  readonly bytes: number;
}

/**
 * How much a subscriber is ready to take, in events and bytes. Spent with each event sent; the subscriber adds as it
 * consumes. Bytes may go below zero by one event, or an event larger than the rest would be stuck for ever.
 */
export class Credit {
  readonly #initial: CreditBounds;
  readonly #max: CreditBounds;
  #events: number;
  #bytes: number;

  constructor(initial: CreditBounds, max: CreditBounds) {
    this.#initial = initial;
    this.#max = max;
    this.#events = initial.events;
    this.#bytes = initial.bytes;
  }

  get some(): boolean {
    return this.#events > 0 && this.#bytes > 0;
  }

  spend(bytes: number): void {
    this.#events -= 1;
    this.#bytes -= bytes;
  }

  /** Throws ProtocolError `credit_limit`, and adds nothing, when it would be more than a subscription may have. */
  add(events: number, bytes: number): void {
    if (this.#events + events > this.#max.events || this.#bytes + bytes > this.#max.bytes) {
      const { events: eventsMax, bytes: bytesMax } = this.#max;
      throw new ProtocolError('credit_limit', `at most ${eventsMax} events and ${bytesMax} bytes of credit`);
    }
    this.#events += events;
    this.#bytes += bytes;
  }

  /** A new connection starts as the first did: what the last one was sent and did not answer for is void. */
  reset(): void {
    this.#events = this.#initial.events;
    this.#bytes = this.#initial.bytes;
  }
}
