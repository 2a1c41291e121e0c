/** What requests keep in memory, all together. */
export interface Budget {
  /** False, and nothing was taken, where there is no room. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** What one who asks may take of it, so that there is room for others. One thing may be larger than the share. */
export class Share {
  readonly #budget: Budget;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(budget: Budget, bytesMax: number) {
    this.#budget = budget;
    this.#bytesMax = bytesMax;
  }

  /** False, and nothing was taken, where there is no room. */
  take(bytes: number): boolean {
    if (!this.#hasRoomFor(bytes) || !this.#budget.take(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
    this.#budget.give(bytes);
  }

  /** They were another's. False, and they still are, where there is no room. */
  takeOver(from: Share, bytes: number): boolean {
    if (!this.#hasRoomFor(bytes)) return false;
    from.#bytes -= bytes;
    this.#bytes += bytes;
    return true;
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#bytesMax;
  }
}
