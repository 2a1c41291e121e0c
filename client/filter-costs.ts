import type { AnswerOf } from './control-request.ts';

export interface PageOptions {
  /** At most so many, 1 to 100. A page of what is long has fewer. */
  readonly limit?: number | undefined;
  /** Where the page begins: `next` of the page before. */
  readonly cursor?: number | undefined;
}

/** What a filter costs each event, or would. */
export type FilterCost = Omit<AnswerOf<'priced'>, 'kind' | 'ref'>;

/** A page of the most expensive filters of the broker, and how far it has come with looking for them. */
export type CostlyFilters = Omit<AnswerOf<'ranked'>, 'kind' | 'ref'>;
