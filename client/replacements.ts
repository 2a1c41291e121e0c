/**
 * The replaces of one subscription, numbered as they are written, which is the order in which the broker does them.
 * One that was given up may hold there all the same, until a later one is known to have been done.
 */
export class Replacements {
  /** Those that wait to be written or answered. */
  underWay = 0;
  #lastWritten = 0;
  /** The last written of those given up; 0 when there is no doubt. */
  #doubted = 0;

  /** The predicate that the broker has may be another than the last that it confirmed. */
  get doubtful(): boolean {
    return this.#doubted > 0;
  }

  /** Returns the number of the one that is being written. */
  written(): number {
    this.#lastWritten += 1;
    return this.#lastWritten;
  }

  answered(number: number): void {
    if (number > this.#doubted) this.#doubted = 0;
  }

  /** @param number 0 for one that was never written, which leaves no doubt */
  givenUp(number: number): void {
    this.#doubted = Math.max(this.#doubted, number);
  }

  /** The broker has made the subscription anew. */
  restart(): void {
    this.#doubted = 0;
  }
}
