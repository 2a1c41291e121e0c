/** Puts the body of one request together, up to a bound. What it is given may die; it keeps copies. */
export class BodyGathering {
  readonly #bytesMax: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** False when it has become too long; then nothing of it is kept. */
  add(piece: Uint8Array): boolean {
    this.#bytes += piece.length;
    if (this.#bytes > this.#bytesMax) {
      this.#pieces = [];
      return false;
    }
    if (piece.length > 0) this.#pieces.push(piece.slice());
    return true;
  }

  /** The whole of it. */
  whole(): Uint8Array {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first !== undefined) return first;
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}
