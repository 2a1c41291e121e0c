/**
 * Goes through the filters that are held, a few at a time: moves those that are found more cheaply elsewhere by now, and
 * keeps the list of the most expensive. Never all of them in one go, for they may be a million.
 */
import type { CompiledFilter, Filter } from './filter.ts';
import { NOWHERE } from './index/arena.ts';
import type { Cost } from './index/cost.ts';
import { CostlyFilters } from './index/costly-filters.ts';
import type { FilterIndex } from './index/filter-index.ts';
import type { FilterRegistry } from './index/filter-registry.ts';
import { FREE, type Price } from './index/price.ts';
import type { Subscriptions } from './index/subscriptions.ts';
import { recompile } from './recompile.ts';

/** What a filter costs, or would cost, each event. */
export interface FilterCost extends Price {
  readonly cost: Cost;
  /** Subscriptions that have it, or an equal one, now; they share its price. */
  readonly subscriptions: number;
}

export interface CostlyFilter extends FilterCost {
  /** As its first subscriber wrote it. */
  readonly filter: Filter;
}

/** A part of the list of the most expensive filters. */
export interface CostlyPage {
  /** The most expensive first. */
  readonly filters: readonly CostlyFilter[];
  /** The rank that the next page begins with; `undefined` after the last one. */
  readonly next: number | undefined;
  /** Filters in the list, `COSTLY_FILTERS_MAX` at most. */
  readonly listed: number;
  /** How far `retune` has come, which makes the list: at `at` of `of` filters, after `rounds` times through all of them. */
  readonly sweep: { readonly at: number; readonly of: number; readonly rounds: number };
}

/** The length of the list of the most expensive filters. */
export const COSTLY_FILTERS_MAX = 1_000;
/** Filters on a page of it. */
export const COSTLY_PAGE_MAX = 100;
/** Characters of filters after which a page ends: its cost is that of parsing them. */
const PAGE_CHARACTERS = 8_192;
/** A turn ends when it has parsed so many characters for each filter it was to look at: long filters take more turns. */
const CHARACTERS_PER_FILTER = 128;
/** For so many filters that `retune` looks at in turn, it looks at one of the most expensive again. */
const TURNS_PER_COSTLY = 8;

export class Sweep {
  readonly #index: FilterIndex;
  readonly #registry: FilterRegistry;
  readonly #subscriptions: Subscriptions;
  readonly #costly = new CostlyFilters(COSTLY_FILTERS_MAX);
  /** The filter that is looked at next. */
  #cursor = 0;
  /** Times through all filters. */
  #rounds = 0;
  #lookedAt = 0;
  #moved = 0;

  constructor(parts: {
    readonly index: FilterIndex;
    readonly registry: FilterRegistry;
    readonly subscriptions: Subscriptions;
  }) {
    this.#index = parts.index;
    this.#registry = parts.registry;
    this.#subscriptions = parts.subscriptions;
  }

  /** Filters looked at so far. */
  get lookedAt(): number {
    return this.#lookedAt;
  }

  /** Of these, such as were moved. */
  get moved(): number {
    return this.#moved;
  }

  /** See `Matcher.retune`. */
  retune(filters: number): number {
    const movedBefore = this.#moved;
    let characters = filters * CHARACTERS_PER_FILTER;
    for (let i = Math.min(filters, this.#registry.end); i > 0 && characters > 0; i -= 1) {
      characters -= this.#look(this.#cursor);
      this.#cursor += 1;
      if (this.#cursor < this.#registry.end) continue;
      this.#cursor = 0;
      this.#rounds += 1;
      this.#index.beginRound();
    }
    // Where one turn goes through all of them, nothing needs to be looked at more often.
    const again = filters < this.#registry.end ? Math.floor(filters / TURNS_PER_COSTLY) : 0;
    characters = again * CHARACTERS_PER_FILTER;
    for (let i = Math.min(again, this.#costly.size); i > 0 && characters > 0; i -= 1) {
      characters -= this.#look(this.#costly.next() as number);
    }
    return this.#moved - movedBefore;
  }

  /** A filter was posted, and an event is expected to pay so many tests for it. */
  added(filter: number, testsPerEvent: number): void {
    this.#costly.note(filter, testsPerEvent);
  }

  /** A filter is held no longer. */
  forget(filter: number): void {
    this.#costly.forget(filter);
    if (this.#registry.size === 0) this.#cursor = 0;
  }

  /** @param filter Its number, NOWHERE for one that is not held. */
  priceOf(filter: number, compiled: CompiledFilter): FilterCost {
    const { cost, topic, tests } = compiled;
    const price = tests === undefined ? FREE : this.#index.priceOf({ filter, topic, tests, whole: compiled });
    return { cost, subscriptions: filter === NOWHERE ? 0 : this.#subscriptions.countOf(filter), ...price };
  }

  /** See `Matcher.costliest`. */
  costliest(from: number, limit: number): CostlyPage {
    if (!Number.isInteger(from) || from < 0) throw new RangeError(`a rank is an integer from 0, not ${from}`);
    if (!Number.isInteger(limit) || limit < 1 || limit > COSTLY_PAGE_MAX) {
      throw new RangeError(`a page has 1 to ${COSTLY_PAGE_MAX} filters, not ${limit}`);
    }
    const ranked = this.#costly.ranked();
    const filters: CostlyFilter[] = [];
    let characters = 0;
    for (const number of ranked.slice(from, from + limit)) {
      // What is in the list is in the registry.
      const filter = this.#registry.textOf(number) as Filter;
      characters += filter.topic.length + (filter.when?.length ?? 0);
      if (filters.length > 0 && characters > PAGE_CHARACTERS) break;
      filters.push({ filter, ...this.priceOf(number, recompile(filter)) });
    }
    const next = from + filters.length;
    return {
      filters: filters.sort((a, b) => b.testsPerEvent - a.testsPerEvent),
      next: next < ranked.length ? next : undefined,
      listed: ranked.length,
      sweep: { at: this.#cursor, of: this.#registry.end, rounds: this.#rounds },
    };
  }

  /** Moves a filter if that is worth it, and notes what it costs then. Returns the characters it has. */
  #look(filter: number): number {
    const text = this.#registry.textOf(filter);
    if (text === undefined) return 0;
    this.#lookedAt += 1;
    const compiled = recompile(text);
    const { topic, tests } = compiled;
    const characters = topic.length + (text.when?.length ?? 0);
    if (tests === undefined) return characters;
    const { moved, testsPerEvent } = this.#index.retune({ filter, topic, tests, whole: compiled });
    this.#costly.note(filter, testsPerEvent);
    if (moved) this.#moved += 1;
    return characters;
  }
}
