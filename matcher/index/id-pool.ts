/**
 * Hands out small dense integers from 0, and uses released ones again, the latest first. When none are held it starts
 * over, so that tables indexed by these ids can shrink to nothing.
 */
export class IdPool {
  #free: number[] = [];
  #end = 0;

  /** Ids held. */
  get size(): number {
    return this.#end - this.#free.length;
  }

  /** One past the largest id handed out since the pool was last empty. */
  get end(): number {
    return this.#end;
  }

  take(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    this.#end += 1;
    return this.#end - 1;
  }

  /** The id must be held; the pool does not check. */
  release(id: number): void {
    this.#free.push(id);
    if (this.#free.length === this.#end) {
      this.#free = [];
      this.#end = 0;
    }
  }
}
