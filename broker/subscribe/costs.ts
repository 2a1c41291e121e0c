import type { FilterCost, Matcher } from '../../matcher/index.ts';
import type { BrokerControl, ClientControl, ControlOf } from '../protocol/index.ts';
import type { FilterCache } from './filter-cache.ts';

type Answer<K extends BrokerControl['kind']> = Omit<ControlOf<BrokerControl, K>, 'kind' | 'ref'>;
type Asked<K extends ClientControl['kind']> = Omit<ControlOf<ClientControl, K>, 'kind' | 'ref'>;

const PAGE_DEFAULT = 20;

/** Keys that are told of one filter: it may have one for each literal of an IN. */
const KEYS_TOLD = 8;

export interface CostsMeans {
  readonly matcher: Matcher;
  readonly filters: FilterCache;
}

/** Answers what filters cost each event, those that are held and those that are only thought of. */
export class Costs {
  readonly #means: CostsMeans;

  constructor(means: CostsMeans) {
    this.#means = means;
  }

  /** Of one filter. Throws FilterError. */
  price({ topic, when }: Asked<'price'>): Answer<'priced'> {
    const { matcher, filters } = this.#means;
    return told(matcher.costOf(filters.compile(when === undefined ? { topic } : { topic, when })));
  }

  /** A page of the most expensive ones. Cost: parsing them. */
  rank({ limit = PAGE_DEFAULT, cursor = 0 }: Asked<'rank'>): Answer<'ranked'> {
    const { matcher } = this.#means;
    const { filters, next, listed, sweep } = matcher.costliest({ from: cursor, limit });
    return {
      filters: filters.map(({ filter: { topic, when }, ...cost }) => ({
        topic,
        ...(when !== undefined && { when }),
        ...told(cost),
      })),
      ...(next !== undefined && { next }),
      listed,
      held: matcher.filters,
      sweep,
    };
  }
}

function told({ keys, ...cost }: FilterCost): Answer<'priced'> {
  const dearest = [...keys].sort((a, b) => b.share - a.share).slice(0, KEYS_TOLD);
  return { ...cost, keys: dearest, keysInAll: keys.length };
}
