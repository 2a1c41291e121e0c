/** Random numbers that a seed decides, so that a workload is the same on every machine. */
export class SeededRandom {
  #state: number;

  /** @param seed An integer; its low 32 bits count. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Uniform in 0…1, 1 excluded; mulberry32 (T. Ettinger, public domain). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer in 0…below - 1. */
  integer(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** Uniform in low…high, rounded to two digits, as sensors report. */
  reading(low: number, high: number): number {
    return Math.round((low + this.next() * (high - low)) * 100) / 100;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)] as T;
  }

  /** `count` different integers in 0…below - 1; `count` is small. */
  distinct(count: number, below: number): number[] {
    const chosen = new Set<number>();
    while (chosen.size < count) chosen.add(this.integer(below));
    return [...chosen];
  }
}
