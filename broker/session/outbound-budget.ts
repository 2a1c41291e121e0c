/**
 * What all connections together have waiting in memory for slow peers. Each keeps to a bound of its own; ten thousand of
 * them need one in common.
 */
export class OutboundBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isExceeded(): boolean {
    return this.#bytes > this.#bytesMax;
  }

  /** One connection has `now` bytes waiting, where it had `before`. */
  move(before: number, now: number): void {
    this.#bytes += now - before;
  }
}
