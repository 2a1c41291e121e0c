import type { WorkloadFilter } from '../workloads/workload.ts';

type Closure = (data: unknown) => boolean;

/**
 * What people write first, and fairly: every predicate compiled to a function of its own by the JavaScript engine, and
 * all of them called for each event. Topics are left out, to its advantage: the workloads use one.
 */
export class NaiveLoop {
  readonly #closures: Closure[];

  constructor(filters: readonly WorkloadFilter[]) {
    this.#closures = filters.map(({ expression }) => new Function('e', `return ${expression};`) as Closure);
  }

  /** Writes the numbers of the filters that match to `ids`, which has room for all, and returns how many. */
  match(data: unknown, ids: Int32Array): number {
    const closures = this.#closures;
    let count = 0;
    for (let i = 0; i < closures.length; i += 1) {
      if ((closures[i] as Closure)(data)) {
        ids[count] = i;
        count += 1;
      }
    }
    return count;
  }
}
