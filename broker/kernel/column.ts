type Numbers = Float64Array | Int32Array | Uint32Array | Uint8Array;

const CHUNK_BITS = 14;
const CHUNK_LENGTH = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_LENGTH - 1;

/**
 * A growing array of numbers, one column of a table whose rows are small integers. It grows by chunks of 16,384 and
 * never moves what it holds, so that growing never pauses the broker. It does not shrink.
 */
export class Column {
  readonly #make: new (
    length: number,
  ) => Numbers;
  readonly #initial: number;
  readonly #chunks: Numbers[] = [];

  /** `Make` sets range and width. A row that was reached and never set reads as `initial`. */
  constructor(Make: new (length: number) => Numbers, initial = 0) {
    this.#make = Make;
    this.#initial = initial;
  }

  /** Makes rows 0 to `row` usable. Must be called before the first `get` or `set` of a row. */
  reach(row: number): void {
    while (this.#chunks.length << CHUNK_BITS <= row) {
      const chunk = new this.#make(CHUNK_LENGTH);
      if (this.#initial !== 0) chunk.fill(this.#initial);
      this.#chunks.push(chunk);
    }
  }

  get(row: number): number {
    return (this.#chunks[row >>> CHUNK_BITS] as Numbers)[row & CHUNK_MASK] as number;
  }

  set(row: number, value: number): void {
    (this.#chunks[row >>> CHUNK_BITS] as Numbers)[row & CHUNK_MASK] = value;
  }

  get bytes(): number {
    return this.#chunks.length * CHUNK_LENGTH * this.#make.prototype.BYTES_PER_ELEMENT;
  }
}
