import type { Tuple } from '../tuple.ts';
import type { TupleList } from './tuple-list.ts';

/**
 * Lists that have no tuple in common, as one in order of the tuples' numbers. A tuple costs a look at the first of each list;
 * so they are to be few.
 */
export class MergedLists {
  readonly #lists: readonly TupleList[];
  readonly length: number;

  constructor(lists: readonly TupleList[]) {
    this.#lists = lists.filter(({ length }) => length > 0);
    this.length = this.#lists.reduce((sum, { length }) => sum + length, 0);
  }

  /** As of a `TupleList`. */
  scan(after: number, budget: number, look: (tuple: Tuple) => boolean): number {
    const firsts = this.#lists.map((list) => list.firstAfter(after));
    for (let left = budget; ; left--) {
      let least = -1;
      for (const [i, first] of firsts.entries()) {
        if (first !== undefined && first.number < (firsts[least]?.number ?? Number.POSITIVE_INFINITY)) least = i;
      }
      const tuple = firsts[least];
      if (tuple === undefined) return 0;
      if (left === 0) return tuple.number - 1;
      if (look(tuple)) return tuple.number;
      firsts[least] = this.#lists[least]?.firstAfter(tuple.number);
    }
  }
}
