export interface Credit {
  readonly events: number;
  readonly bytes: number;
}

/**
 * Gathers the credit that a consumer frees by taking events, and says when to give it back: when half of what the
 * subscription started with is free, by either measure. So a record of credit goes out once in many events, and the
 * broker never runs dry while the consumer keeps up.
 */
export class CreditReturn {
  readonly #halfEvents: number;
  readonly #halfBytes: number;
  #events = 0;
  #bytes = 0;

  constructor(initial: Credit) {
    this.#halfEvents = initial.events / 2;
    this.#halfBytes = initial.bytes / 2;
  }

  /** So many events were taken, of so many bytes together. Returns what is due now, if anything is. */
  taken(events: number, bytes: number): Credit | undefined {
    this.#events += events;
    this.#bytes += bytes;
    if (this.#events < this.#halfEvents && this.#bytes < this.#halfBytes) return undefined;
    const due = { events: this.#events, bytes: this.#bytes };
    this.#events = 0;
    this.#bytes = 0;
    return due;
  }
}
