/** Numbers from 0 on, most of them close together: one byte for each up to the greatest. */
export class NumberSet {
  #has = new Uint8Array(1 << 16);

  /** False if it was there. */
  add(n: number): boolean {
    if (n >= this.#has.length) {
      const grown = new Uint8Array(Math.max(n + 1, 2 * this.#has.length));
      grown.set(this.#has);
      this.#has = grown;
    }
    if (this.#has[n] === 1) return false;
    this.#has[n] = 1;
    return true;
  }
}
