import type { Tuple } from '../tuple.ts';

/** Fewer places are not worth being closed up. */
const HOLES_MIN = 32;

/** Of a tuple; what it takes to look at it goes with its size. */
const COUNTED_BYTES = 4_096;

/** Among so many others a tuple that comes back is put at once: a short move. */
const MOVED_MAX = 1_024;

/** So many that came back are put among the others one by one; more in one go through all. */
const ONE_BY_ONE_MAX = 16;

/**
 * Tuples in order of their numbers. The newest is added, and the oldest removed, in O(1), which is what a bag of tasks
 * does; any other in a binary search. Those that come back to a long list and whose places are closed wait until somebody
 * looks, and are put back together: a worker that vanishes gives back thousands, and a move for each would take seconds.
 *
 *     numbers   3  5  8  9 12          a place whose tuple was removed stays as a hole,
 *     tuples    t  ·  t  ·  t          until half of the places are holes
 */
export class TupleList {
  #numbers: number[] = [];
  #tuples: (Tuple | undefined)[] = [];
  /** Before it there are only holes. */
  #head = 0;
  #length = 0;
  /** Those that came back and have no place yet, by number. */
  #returned: Map<number, Tuple> | undefined;

  get length(): number {
    return this.#length;
  }

  add(tuple: Tuple): void {
    this.#length += 1;
    const { number } = tuple;
    const last = this.#numbers[this.#numbers.length - 1];
    if (last === undefined || last < number) {
      this.#numbers.push(number);
      this.#tuples.push(tuple);
      return;
    }
    const at = this.#placeFrom(number);
    if (this.#numbers[at] !== number) {
      if (this.#numbers.length <= MOVED_MAX) this.#insert(at, tuple);
      else {
        this.#returned ??= new Map();
        this.#returned.set(number, tuple);
      }
      return;
    }
    this.#tuples[at] = tuple;
    if (at < this.#head) this.#head = at;
  }

  /** False when it is not here. */
  remove({ number }: Tuple): boolean {
    const at = this.#numbers[this.#head] === number ? this.#head : this.#placeFrom(number);
    if (this.#numbers[at] !== number || this.#tuples[at] === undefined) {
      if (this.#returned?.delete(number) !== true) return false;
      this.#length -= 1;
      return true;
    }
    this.#tuples[at] = undefined;
    this.#length -= 1;
    if (at === this.#head) this.#passHoles();
    if (this.#numbers.length > HOLES_MIN && this.#length < this.#numbers.length / 2) this.#closeUp();
    return true;
  }

  /**
   * Calls `look` with the tuples after a number, in order, until it says to stop or has seen `budget` of them, of which a
   * large one counts as more. Returns the number to go on after, or 0 when there are no more.
   */
  scan(after: number, budget: number, look: (tuple: Tuple) => boolean): number {
    this.#putBack();
    const tuples = this.#tuples;
    let left = budget;
    for (let at = Math.max(this.#head, this.#placeFrom(after + 1)); at < tuples.length; at++) {
      const tuple = tuples[at];
      if (tuple === undefined) continue;
      if (left <= 0) return (this.#numbers[at] as number) - 1;
      left -= 1 + Math.floor(tuple.bytes / COUNTED_BYTES);
      if (look(tuple)) return tuple.number;
    }
    return 0;
  }

  /** The first one after a number. */
  firstAfter(after: number): Tuple | undefined {
    this.#putBack();
    const tuples = this.#tuples;
    let at = Math.max(this.#head, this.#placeFrom(after + 1));
    while (at < tuples.length && tuples[at] === undefined) at += 1;
    return tuples[at];
  }

  /** The place of the first number that is not smaller. */
  #placeFrom(number: number): number {
    const numbers = this.#numbers;
    let low = this.#head;
    if ((numbers[low] ?? Number.POSITIVE_INFINITY) >= number) {
      // Also what comes back before all that is still here.
      if (low === 0 || (numbers[low - 1] as number) < number) return low;
      low = 0;
    }
    let high = numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((numbers[middle] as number) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(at: number, tuple: Tuple): void {
    this.#numbers.splice(at, 0, tuple.number);
    this.#tuples.splice(at, 0, tuple);
    if (at < this.#head) this.#head = at;
  }

  /** Those that came back get their places. */
  #putBack(): void {
    if (this.#returned === undefined || this.#returned.size === 0) return;
    const returned = [...this.#returned.values()].sort((one, other) => one.number - other.number);
    this.#returned = undefined;
    if (returned.length <= ONE_BY_ONE_MAX) {
      for (const tuple of returned) this.#insert(this.#placeFrom(tuple.number), tuple);
      return;
    }
    const merged: Tuple[] = [];
    let next = 0;
    for (const tuple of this.#tuples) {
      if (tuple === undefined) continue;
      while ((returned[next]?.number ?? Number.POSITIVE_INFINITY) < tuple.number)
        merged.push(returned[next++] as Tuple);
      merged.push(tuple);
    }
    this.#keep([...merged, ...returned.slice(next)]);
  }

  #passHoles(): void {
    while (this.#head < this.#tuples.length && this.#tuples[this.#head] === undefined) this.#head += 1;
  }

  #closeUp(): void {
    this.#keep(this.#tuples.filter((tuple) => tuple !== undefined));
  }

  /** These are all that have places. */
  #keep(tuples: Tuple[]): void {
    this.#tuples = tuples;
    this.#numbers = tuples.map(({ number }) => number);
    this.#head = 0;
  }
}
