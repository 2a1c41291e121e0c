import type { WorkloadFilter } from '../workloads/workload.ts';

type Part = (data: unknown, ids: Int32Array, count: number) => number;

/** So many filters in one function: more make it too long to be optimised, fewer cost calls. */
const PART = 1000;

/**
 * What people write first, and fairly: every predicate as code that the JavaScript engine compiles, a thousand to a
 * function, and all of it run for each event. Topics are left out, to its advantage: the workloads use one.
 */
export class NaiveLoop {
  readonly #parts: Part[] = [];

  constructor(filters: readonly WorkloadFilter[]) {
    for (let from = 0; from < filters.length; from += PART) {
      const lines = filters
        .slice(from, from + PART)
        .map(({ expression }, i) => `if (${expression}) { ids[count] = ${from + i}; count += 1; }`);
      this.#parts.push(new Function('e', 'ids', 'count', `${lines.join('\n')}\nreturn count;`) as Part);
    }
  }

  /** Writes the numbers of the filters that match to `ids`, which has room for all, and returns how many. */
  match(data: unknown, ids: Int32Array): number {
    let count = 0;
    for (const part of this.#parts) count = part(data, ids, count);
    return count;
  }
}
