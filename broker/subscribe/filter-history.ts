import type { Filter } from '../../matcher/index.ts';

/** The present filter and those before it, for explain. */
const FILTERS_REMEMBERED = 8;

/**
 * The filters that a registration has had, and when each began to hold. As texts: what a filter compiles to is larger, and
 * nearly all are never looked at again.
 */
export class FilterHistory {
  /** The latest last: the filter, and the seq after which it began to hold. */
  readonly #filters: { readonly filter: Filter; readonly sinceSeq: number }[];

  constructor(filter: Filter, sinceSeq: number) {
    this.#filters = [{ filter, sinceSeq }];
  }

  get present(): Filter {
    // There is always one.
    return (this.#filters.at(-1) as { filter: Filter }).filter;
  }

  /** From the event after `seq` on, this filter holds. */
  replace(filter: Filter, seq: number): void {
    // One that was replaced before any event came judged nothing.
    if (this.#filters.at(-1)?.sinceSeq === seq) this.#filters.pop();
    this.#filters.push({ filter, sinceSeq: seq });
    if (this.#filters.length > FILTERS_REMEMBERED) this.#filters.shift();
  }

  /** The filter that judged an event. `undefined`: before its time, or forgotten. */
  at(seq: number): Filter | undefined {
    return this.#filters.findLast(({ sinceSeq }) => seq > sinceSeq)?.filter;
  }
}
