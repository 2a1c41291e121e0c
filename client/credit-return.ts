export interface Credit {
  readonly events: number;
  readonly bytes: number;
}

/** What subscriptions start with. Most are granted what the one before was: then they have one object of it. */
export class Grants {
  #last: Credit = { events: 0, bytes: 0 };

  of(events: number, bytes: number): Credit {
    if (this.#last.events !== events || this.#last.bytes !== bytes) this.#last = { events, bytes };
    return this.#last;
  }
}

/**
 * Gathers the credit that a consumer frees by taking events, and says when to give it back: when half of what the
 * subscription started with is free, by either measure. So a record of credit goes out once in many events, and the
 * broker never runs dry while the consumer keeps up.
 */
export class CreditReturn {
  readonly #initial: Credit;
  #events = 0;
  #bytes = 0;

  constructor(initial: Credit) {
    this.#initial = initial;
  }

  /** So many events were taken, of so many bytes together. Returns what is due now, if anything is. */
  taken(events: number, bytes: number): Credit | undefined {
    this.#events += events;
    this.#bytes += bytes;
    const { events: initialEvents, bytes: initialBytes } = this.#initial;
    if (this.#events < initialEvents / 2 && this.#bytes < initialBytes / 2) return undefined;
    const due = { events: this.#events, bytes: this.#bytes };
    this.#events = 0;
    this.#bytes = 0;
    return due;
  }
}
