/**
 * The most expensive of the filters that were looked at, as many as fit. A filter that costs more than the cheapest here
 * takes its place, so nothing here depends on how many filters there are.
 *
 * Who leaves the full table comes back when it is looked at the next time, if it is dear enough then.
 */
export class CostlyFilters {
  readonly #sizeMax: number;
  /** Tests per event, by filter. */
  readonly #costs = new Map<number, number>();
  /** In a full table nothing is cheaper. */
  #floor = 0;
  #turn = this.#costs.keys();

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get size(): number {
    return this.#costs.size;
  }

  /** A filter was looked at and costs so much now, more than 0. O(1), or once through the table where it displaces one. */
  note(filter: number, cost: number): void {
    if (this.#costs.has(filter) || this.#costs.size < this.#sizeMax) {
      this.#costs.set(filter, cost);
      this.#floor = this.#costs.size === 1 ? cost : Math.min(this.#floor, cost);
      return;
    }
    if (cost <= this.#floor) return;
    let cheapest = filter;
    let least = cost;
    for (const [other, otherCost] of this.#costs) {
      if (otherCost >= least) continue;
      cheapest = other;
      least = otherCost;
    }
    this.#floor = least;
    if (cheapest === filter) return;
    this.#costs.delete(cheapest);
    this.#costs.set(filter, cost);
  }

  forget(filter: number): void {
    this.#costs.delete(filter);
  }

  /** The next one in turn, over and over; `undefined` when there is none. */
  next(): number | undefined {
    const { value, done } = this.#turn.next();
    if (done !== true) return value;
    this.#turn = this.#costs.keys();
    return this.#turn.next().value;
  }

  /** The most expensive first, equal ones by number. */
  ranked(): number[] {
    const rows = [...this.#costs].sort(([a, costOfA], [b, costOfB]) => costOfB - costOfA || a - b);
    return rows.map(([filter]) => filter);
  }
}
