/**
 * Memory for many small int32 runs: blocks of a few fixed sizes, cut from 64 KB chunks, so that a million runs cost
 * no JavaScript object each, growing never copies what is there, and an emptied chunk goes back to the collector.
 *
 *     address = chunk · 2^14 + word            chunk: blocks of one size only
 *     ┌───────┬───────┬───────┬───────┬──
 *     │ block │ free ─┼─▶     │ block │ …      a free block's first word is the next free word
 *     └───────┴───────┴───────┴───────┴──
 */

/** Words of 4 bytes in a chunk. */
export const CHUNK_WORDS = 1 << 14;
export const CHUNK_SHIFT = 14;
export const CHUNK_MASK = CHUNK_WORDS - 1;

/** Sizes about 4:3 apart, so that a block wastes a fifth on average. */
const BLOCK_WORDS = [
  4, 6, 8, 10, 12, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512, 640, 768, 1024, 1280,
  1536, 2048, 2720, 4096,
] as const;

/** The largest block, in words. */
export const BLOCK_WORDS_MAX = 4096;

/** No block: what `address` columns hold for "none". */
export const NOWHERE = -1;

/** Blocks that come and go at the brim of a chunk would have it created each time. */
const CHUNKS_KEPT = 4;

const NO_INTS = new Int32Array(0);

/** Size class by words / 2, rounded up. */
const CLASS_OF = (() => {
  const classes = new Uint8Array(BLOCK_WORDS_MAX / 2 + 1);
  let size = 0;
  for (let pairs = 0; pairs < classes.length; pairs += 1) {
    while ((BLOCK_WORDS[size] as number) < pairs * 2) size += 1;
    classes[pairs] = size;
  }
  return classes;
})();

export class Arena {
  /** The chunks as int32 words; an empty array where a chunk was given back. */
  readonly ints: Int32Array[] = [];
  /** Words in the blocks of each chunk. */
  readonly #blockWords: number[] = [];
  readonly #live: number[] = [];
  /** First free word of each chunk that was used before, or NOWHERE. */
  readonly #free: number[] = [];
  /** First word of each chunk that was never used. */
  readonly #fresh: number[] = [];
  /** Chunks with a free block, by size class. The last one is used first. */
  readonly #open: number[][] = BLOCK_WORDS.map(() => []);
  /** Chunk numbers that were given back. */
  #spare: number[] = [];
  /** The memory of chunks that were given back last: the next ones need not be cleared. */
  #kept: Int32Array[] = [];

  /** Bytes of all chunks held. */
  get bytes(): number {
    return (this.ints.length - this.#spare.length + this.#kept.length) * CHUNK_WORDS * 4;
  }

  /** Address of a block of at least `words` words, at most `BLOCK_WORDS_MAX`. Its contents are undefined. */
  allocate(words: number): number {
    if (words > BLOCK_WORDS_MAX) throw new RangeError(`a block of ${words} words is over ${BLOCK_WORDS_MAX}`);
    const size = CLASS_OF[(words + 1) >> 1] as number;
    const blockWords = BLOCK_WORDS[size] as number;
    const open = this.#open[size] as number[];
    if (open.length === 0) open.push(this.#createChunk(blockWords));
    const chunk = open[open.length - 1] as number;
    let word = this.#free[chunk] as number;
    if (word === NOWHERE) {
      word = this.#fresh[chunk] as number;
      this.#fresh[chunk] = word + blockWords;
    } else {
      this.#free[chunk] = (this.ints[chunk] as Int32Array)[word] as number;
    }
    this.#live[chunk] = (this.#live[chunk] as number) + 1;
    if (!this.#hasRoom(chunk)) open.pop();
    return (chunk << CHUNK_SHIFT) | word;
  }

  /** Gives a block back. `address` must be what `allocate` returned. */
  free(address: number): void {
    const chunk = address >> CHUNK_SHIFT;
    const open = this.#open[CLASS_OF[(this.#blockWords[chunk] as number) >> 1] as number] as number[];
    const hadRoom = this.#hasRoom(chunk);
    const live = (this.#live[chunk] as number) - 1;
    this.#live[chunk] = live;
    if (live === 0) {
      if (hadRoom) open.splice(open.lastIndexOf(chunk), 1);
      this.#dropChunk(chunk);
      return;
    }
    const word = address & CHUNK_MASK;
    (this.ints[chunk] as Int32Array)[word] = this.#free[chunk] as number;
    this.#free[chunk] = word;
    if (!hadRoom) open.push(chunk);
  }

  /** Words that the block at `address`, or around it, can hold. */
  capacity(address: number): number {
    return this.#blockWords[address >> CHUNK_SHIFT] as number;
  }

  /** Where the block that holds the word at `address` starts. */
  startOf(address: number): number {
    return address - ((address & CHUNK_MASK) % (this.#blockWords[address >> CHUNK_SHIFT] as number));
  }

  #hasRoom(chunk: number): boolean {
    return (
      this.#free[chunk] !== NOWHERE ||
      (this.#fresh[chunk] as number) + (this.#blockWords[chunk] as number) <= CHUNK_WORDS
    );
  }

  #createChunk(blockWords: number): number {
    const chunk = this.#spare.pop() ?? this.ints.length;
    this.ints[chunk] = this.#kept.pop() ?? new Int32Array(CHUNK_WORDS);
    this.#blockWords[chunk] = blockWords;
    this.#live[chunk] = 0;
    this.#free[chunk] = NOWHERE;
    this.#fresh[chunk] = 0;
    return chunk;
  }

  #dropChunk(chunk: number): void {
    if (this.#kept.length < CHUNKS_KEPT) this.#kept.push(this.ints[chunk] as Int32Array);
    this.ints[chunk] = NO_INTS;
    this.#spare.push(chunk);
    if (this.#spare.length < this.ints.length) return;
    this.ints.length = 0;
    this.#kept = [];
    this.#spare = [];
  }
}
