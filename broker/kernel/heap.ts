/** What a heap needs of its items: a place to note where the item lies. */
export interface HeapItem {
  /** Written by the heap. `NOT_IN_HEAP` while in none; an item is in one heap at a time. */
  heapAt: number;
}

export const NOT_IN_HEAP = -1;

/**
 * A binary heap from which any item can be taken, not only the first: `pop` gives one that no other comes before, and of
 * equals any. Their order must not change while they are inside. `push`, `pop` and `remove` cost O(log n).
 */
export class Heap<T extends HeapItem> {
  readonly #before: (one: T, other: T) => boolean;
  readonly #items: T[] = [];

  constructor(before: (one: T, other: T) => boolean) {
    this.#before = before;
  }

  get length(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  pop(): T | undefined {
    const least = this.#items[0];
    if (least !== undefined) this.remove(least);
    return least;
  }

  /** Without effect on an item that is not inside. */
  remove(item: T): void {
    const at = item.heapAt;
    if (this.#items[at] !== item) return;
    item.heapAt = NOT_IN_HEAP;
    const last = this.#items.pop() as T;
    if (last === item) return;
    // The last one takes the place, and goes from there whichever way its rank wants.
    this.#rise(last, at);
    this.#sink(last, last.heapAt);
  }

  /** Puts an item at a place, or above it. */
  #rise(item: T, at: number): void {
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#items[above] as T;
      if (!this.#before(item, parent)) break;
      this.#put(parent, at);
      at = above;
    }
    this.#put(item, at);
  }

  /** Puts an item at a place, or below it. */
  #sink(item: T, at: number): void {
    for (;;) {
      let below = 2 * at + 1;
      const left = this.#items[below];
      if (left === undefined) break;
      const right = this.#items[below + 1];
      if (right !== undefined && this.#before(right, left)) below += 1;
      const child = this.#items[below] as T;
      if (!this.#before(child, item)) break;
      this.#put(child, at);
      at = below;
    }
    this.#put(item, at);
  }

  #put(item: T, at: number): void {
    this.#items[at] = item;
    item.heapAt = at;
  }
}
