/** An id is not used again before so many others were freed after it: late frames may still name it. */
const RESTING = 65_536;

/** Small whole numbers, so that a table by id is an array. */
export class Ids {
  readonly #freed: number[] = [];
  #oldest = 0;
  #next = 0;

  take(): number {
    if (this.#freed.length - this.#oldest <= RESTING) return this.#next++;
    const id = this.#freed[this.#oldest++] as number;
    // Cut off what was taken once it is the larger part, so that this costs O(1) on the average.
    if (this.#oldest > this.#freed.length / 2) {
      this.#freed.splice(0, this.#oldest);
      this.#oldest = 0;
    }
    return id;
  }

  free(id: number): void {
    this.#freed.push(id);
  }
}
