import sift from 'sift';
import type { WorkloadFilter } from '../workloads/workload.ts';
import { type MongoQuery, toMongoQuery } from './mongo-query.ts';
import type { Rival } from './rival.ts';
import { conditionsOf, type RivalDocument } from './topic-levels.ts';

/** The npm package sift: a query compiled to closures; all of them are asked. */
export class Sift implements Rival {
  readonly #tests: readonly ((document: RivalDocument) => boolean)[];

  constructor(filters: readonly WorkloadFilter[]) {
    this.#tests = conditionsOf(filters).map((condition) => sift.default<MongoQuery>(toMongoQuery(condition)));
  }

  match(document: RivalDocument): number[] {
    const ids: number[] = [];
    for (const [id, test] of this.#tests.entries()) if (test(document)) ids.push(id);
    return ids;
  }
}
