import { Column } from '../kernel/column.ts';

/** An id is generation * SLOTS + slot. Generations fill 32 bits, so an id stays within 2^53 - 1. */
const SLOTS = 2 ** 21;
const NONE = -1;

/**
 * Rows for a table of columns, and ids that are not used twice: a row that comes back into use has a new generation.
 *
 * Rows are reused in the order in which they were freed, and not before `remembered` others were freed after them, so
 * that a table still knows for a while what became of an id. A generation would come round after 2^32 uses of a row,
 * which with 65,536 remembered is years of a million leases a second.
 */
export class SlotPool {
  readonly #remembered: number;
  readonly #generations = new Column(Uint32Array);
  /** The free rows as a list: each names the one that was freed after it. */
  readonly #freedAfter = new Column(Int32Array);
  #oldestFreed = NONE;
  #newestFreed = NONE;
  #freed = 0;
  #made = 0;

  /** `inUseMax + remembered` rows at most, which must not be over 2,097,152. */
  constructor({ inUseMax, remembered }: { readonly inUseMax: number; readonly remembered: number }) {
    if (inUseMax + remembered > SLOTS) throw new RangeError(`${inUseMax} leases: at most ${SLOTS - remembered}`);
    this.#remembered = remembered;
  }

  get bytes(): number {
    return this.#generations.bytes + this.#freedAfter.bytes;
  }

  /** A row that is not in use, under an id that was never given before. */
  take(): number {
    if (this.#freed > this.#remembered) return this.#takeOldestFreed();
    const slot = this.#made++;
    this.#generations.reach(slot);
    this.#freedAfter.reach(slot);
    // From 1, so that no id is 0.
    this.#generations.set(slot, 1);
    return slot;
  }

  /** The id stays with the row, as a memory, until `take` returns the row again. */
  free(slot: number): void {
    this.#freedAfter.set(slot, NONE);
    if (this.#newestFreed === NONE) this.#oldestFreed = slot;
    else this.#freedAfter.set(this.#newestFreed, slot);
    this.#newestFreed = slot;
    this.#freed++;
  }

  idOf(slot: number): number {
    return this.#generations.get(slot) * SLOTS + slot;
  }

  /** The row of an id, in use or remembered. `undefined` for whatever else a client may send. */
  slotOf(id: number): number | undefined {
    if (!Number.isSafeInteger(id) || id < 0) return undefined;
    const slot = id % SLOTS;
    return slot < this.#made && this.idOf(slot) === id ? slot : undefined;
  }

  #takeOldestFreed(): number {
    const slot = this.#oldestFreed;
    this.#oldestFreed = this.#freedAfter.get(slot);
    this.#freed--;
    this.#generations.set(slot, this.#generations.get(slot) + 1);
    return slot;
  }
}
