/** Small whole numbers for a timer wheel, the one freed last first. A table by slot is an array. */
export class Slots<T> {
  readonly #held: (T | undefined)[] = [];
  readonly #free: number[] = [];

  take(holder: T): number {
    const slot = this.#free.pop() ?? this.#held.length;
    this.#held[slot] = holder;
    return slot;
  }

  holder(slot: number): T | undefined {
    return this.#held[slot];
  }

  free(slot: number): void {
    this.#held[slot] = undefined;
    this.#free.push(slot);
  }
}
