const NOTHING = new Uint8Array(0);
/**
 * A body may come in so many pieces, and one more for each so many bytes. Each chunk of a chunked one is a piece, and a piece of a
 * byte costs the broker a thousand times what it costs whoever sends it.
 */
const PIECES_MAX = 1_024;
const PIECE_BYTES = 64;

/** Puts the body of one request together, up to a bound. What it is given may die; it keeps copies. */
export class BodyGathering {
  readonly #bytesMax: number;
  #buffer = NOTHING;
  #bytes = 0;
  #pieces = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** False when it has become too long, or comes in too many pieces; then nothing of it is kept. */
  add(piece: Uint8Array): boolean {
    const bytes = this.#bytes + piece.length;
    this.#pieces += 1;
    if (bytes > this.#bytesMax || this.isScattered) {
      this.#buffer = NOTHING;
      return false;
    }
    this.#grow(bytes);
    this.#buffer.set(piece, this.#bytes);
    this.#bytes = bytes;
    return true;
  }

  /** It came in too many pieces. Whoever sends it is not worth an answer: the rest of what came would have to be read first. */
  get isScattered(): boolean {
    return this.#pieces > PIECES_MAX + this.#bytes / PIECE_BYTES;
  }

  /** The whole of it. */
  whole(): Uint8Array {
    return this.#buffer.subarray(0, this.#bytes);
  }

  /** Mostly there is one piece; where there are more, each byte is copied twice or so. */
  #grow(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const larger = new Uint8Array(this.#bytes === 0 ? bytes : Math.min(this.#bytesMax, 2 * bytes));
    larger.set(this.#buffer.subarray(0, this.#bytes));
    this.#buffer = larger;
  }
}
