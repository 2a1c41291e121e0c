import { Query } from 'mingo';
import type { WorkloadFilter } from '../workloads/workload.ts';
import { toMongoQuery } from './mongo-query.ts';
import type { Rival } from './rival.ts';
import { conditionsOf, type RivalDocument } from './topic-levels.ts';

/** The npm package mingo: a query compiled to closures; all of them are asked. */
export class Mingo implements Rival {
  readonly #queries: readonly Query[];

  constructor(filters: readonly WorkloadFilter[]) {
    this.#queries = conditionsOf(filters).map((condition) => new Query({ ...toMongoQuery(condition) }));
  }

  match(document: RivalDocument): number[] {
    const ids: number[] = [];
    for (const [id, query] of this.#queries.entries()) if (query.test(document)) ids.push(id);
    return ids;
  }
}
