/**
 * Hands out small dense integers from 0, and uses released ones again, the latest first. When none are held it starts
 * over, so that tables indexed by these ids can shrink to nothing.
 */
import { roomForInts } from './columns.ts';

export class IdPool {
  /** Released ids, a stack: the first `#freeCount`. */
  #free = new Int32Array(0);
  #freeCount = 0;
  #end = 0;

  /** Ids held. */
  get size(): number {
    return this.#end - this.#freeCount;
  }

  /** One past the largest id handed out since the pool was last empty. */
  get end(): number {
    return this.#end;
  }

  /** Four for each id that was released at the same time as others, until the pool is empty. */
  get bytes(): number {
    return this.#free.byteLength;
  }

  take(): number {
    if (this.#freeCount === 0) {
      this.#end += 1;
      return this.#end - 1;
    }
    this.#freeCount -= 1;
    return this.#free[this.#freeCount] as number;
  }

  /** The id must be held; the pool does not check. */
  release(id: number): void {
    if (this.size === 1) {
      this.#free = new Int32Array(0);
      this.#freeCount = 0;
      this.#end = 0;
      return;
    }
    this.#free = roomForInts(this.#free, this.#freeCount + 1);
    this.#free[this.#freeCount] = id;
    this.#freeCount += 1;
  }
}
