const CAPACITY_MIN = 8;

/**
 * A bounded first-in first-out queue. It starts with no memory, doubles up to its bound, and gives its memory back when
 * it empties, so that a million idle queues cost little. It keeps no reference to what was shifted out.
 *
 * `push`, `shift` and `peek` cost O(1), amortised over the doublings.
 */
export class Ring<T> implements Iterable<T> {
  readonly #bound: number;
  /** Empty, or of a power of two. Item i lies at (first + i) modulo its length. */
  #cells: (T | undefined)[] = [];
  #first = 0;
  #length = 0;

  /** `bound`: the most items it may hold. */
  constructor(bound: number) {
    this.#bound = bound;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds at the back. False, and nothing changed, when full. */
  push(item: T): boolean {
    if (!this.#makeRoom()) return false;
    this.#cells[this.#cellOf(this.#length)] = item;
    this.#length++;
    return true;
  }

  /** Takes the oldest item. `undefined` when empty. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#cells[this.#first];
    this.#cells[this.#first] = undefined;
    this.#first = this.#cellOf(1);
    this.#length--;
    // A short array is kept: a queue that goes between empty and a few items should not allocate each time.
    if (this.#length === 0 && this.#cells.length > CAPACITY_MIN) this.#cells = [];
    return item;
  }

  /** The oldest item, left in place. */
  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#cells[this.#first];
  }

  /** Drops all items. */
  clear(): void {
    this.#cells = [];
    this.#first = 0;
    this.#length = 0;
  }

  /** Oldest first. The queue must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.#length; i++) yield this.#cells[this.#cellOf(i)] as T;
  }

  #cellOf(index: number): number {
    return (this.#first + index) & (this.#cells.length - 1);
  }

  #makeRoom(): boolean {
    if (this.#length >= this.#bound) return false;
    if (this.#length === this.#cells.length) {
      const items = [...this];
      this.#cells = new Array(Math.max(CAPACITY_MIN, items.length * 2)).fill(undefined);
      for (let i = 0; i < items.length; i++) this.#cells[i] = items[i];
      this.#first = 0;
    }
    return true;
  }
}
