/**
 * A binary heap: `pop` gives the least by `rank`, and of equal ranks any. Ranks must not change while inside.
 * `push` and `pop` cost O(log n).
 */
export class Heap<T> {
  readonly #rank: (item: T) => number;
  readonly #items: T[] = [];

  constructor(rank: (item: T) => number) {
    this.#rank = rank;
  }

  get length(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    const rank = this.#rank(item);
    let at = items.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above] as T;
      if (this.#rank(parent) <= rank) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) this.#sink(last);
    return least;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#items[Symbol.iterator]();
  }

  /** Puts an item where the root was, and lets it down to its place. */
  #sink(item: T): void {
    const items = this.#items;
    const rank = this.#rank(item);
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && this.#rank(items[below + 1] as T) < this.#rank(items[below] as T)) below += 1;
      if (this.#rank(items[below] as T) >= rank) break;
      items[at] = items[below] as T;
      at = below;
    }
    items[at] = item;
  }
}
