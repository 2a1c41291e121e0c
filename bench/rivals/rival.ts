import type { WorkloadFilter } from '../workloads/workload.ts';
import type { RivalDocument } from './topic-levels.ts';

/** Another way to answer a workload: holds a fixed list of filters and finds those that match. */
export interface Rival {
  /** Numbers of the filters that match, by their place in the list, in any order; they may be overwritten by the next call. */
  match(document: RivalDocument): Iterable<number> | Promise<Iterable<number>>;
}

/** Builds one, ready to match. Throws if a filter cannot be said in its language. */
export type CreateRival = (filters: readonly WorkloadFilter[]) => Rival;
