/** A connection whose peer does not read. */
export interface Slow {
  disconnectSlow(): void;
}

/**
 * What all connections together have waiting in memory for slow peers. Each keeps to a bound of its own; ten thousand of
 * them need one in common. When it is exceeded, those who have not read for longest are ended.
 */
export class OutboundBudget {
  readonly #bytesMax: number;
  readonly #slow = new Set<Slow>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A connection has become slow. Longest first, they are in order. */
  stalled(slow: Slow): void {
    this.#slow.add(slow);
  }

  /** It reads again, or is gone. */
  flowing(slow: Slow): void {
    this.#slow.delete(slow);
  }

  /** One connection has `now` bytes waiting, where it had `before`. May end others, which then have none. */
  move(before: number, now: number): void {
    this.#bytes += now - before;
    for (const slow of this.#slow) {
      if (this.#bytes <= this.#bytesMax) return;
      slow.disconnectSlow();
    }
  }
}
