import type { MatchableEvent } from './event.ts';
import { type Explanation, explainParsed } from './explain/explain.ts';
import { type CompiledFilter, compiledFrom, compileFilter, type Filter } from './filter.ts';
import { NOWHERE } from './index/arena.ts';
import type { Cost } from './index/cost.ts';
import { FilterIndex } from './index/filter-index.ts';
import { FilterRegistry } from './index/filter-registry.ts';
import { Subscriptions } from './index/subscriptions.ts';
import { charactersCeiling, depthCeiling, type PredicateLimits } from './language/limits.ts';

export interface MatcherOptions {
  /** For filters that are given as text. */
  readonly limits?: Partial<PredicateLimits> | undefined;
}

/** What a filter will cost; the caller may think again. */
export interface Admission {
  readonly cost: Cost;
}

/** The answer to `match`. The matcher writes the next answer over it. */
export interface Matches {
  /** The subscriptions, each once, in no order: the first `count`. */
  readonly ids: Int32Array;
  readonly count: number;
}

/** Plain integers, to be copied at a scrape. Counters start at 0 and only rise; the others are sizes now. */
export interface MatcherStats {
  /** Events matched against. */
  readonly events: number;
  /** Of those, events that matched no filter. */
  readonly eventsUnmatched: number;
  /** Matches reported: subscriptions over all events. */
  readonly matches: number;
  /** Filters that an access key offered for verification. */
  readonly candidates: number;
  /** Tests evaluated while verifying, the access key's own included. */
  readonly testsEvaluated: number;
  /** Filters that matched, by the kind of access key that found them. */
  readonly hitsByEquality: number;
  readonly hitsByRange: number;
  readonly hitsByTopic: number;
  readonly subscriptions: number;
  /** Distinct filters; equal ones share. */
  readonly filters: number;
  /** Filters by cost. */
  readonly indexed: number;
  readonly partly: number;
  readonly residual: number;
  /** Records in the index: one a filter, more where an OR or IN was split. */
  readonly postings: number;
  readonly topicFilters: number;
  /** Distinct references that filters read. */
  readonly slots: number;
  /** Distinct constants that filters compare for equality. */
  readonly symbols: number;
  /** Distinct conditions that no index understands (LIKE, arithmetic, string order, …). */
  readonly opaqueAtoms: number;
  /** Bytes by structure: exact for typed arrays, estimated for what V8 lays out. */
  readonly bytes: {
    readonly records: number;
    readonly postings: number;
    readonly symbols: number;
    readonly ranges: number;
    readonly topics: number;
    readonly slots: number;
    readonly atoms: number;
    readonly texts: number;
    readonly subscriptions: number;
    readonly results: number;
  };
}

const SUBSCRIPTION_MAX = 0x7fffffff;
const COSTS = ['indexed', 'partly', 'residual'] as const;

/** What was accepted once is parsed again for explain, whatever the limits are now. */
const NO_LIMITS: PredicateLimits = {
  charactersMax: charactersCeiling,
  depthMax: depthCeiling,
  atomsMax: Number.MAX_SAFE_INTEGER,
  literalsMax: Number.MAX_SAFE_INTEGER,
};

/**
 * Holds filters and finds those that match an event. Not for concurrent use; calls are synchronous and keep no timer.
 *
 * Subscriptions are the caller's numbers, 0 to 2^31 - 1, and best dense from 0: the directory costs 8 KB for each
 * thousand that holds any. Every change takes effect at the next `match`.
 *
 * | call              | cost                                                                    |
 * |-------------------|-------------------------------------------------------------------------|
 * | add, replace      | parsing (none for a compiled filter), then microseconds                 |
 * | remove            | microseconds                                                            |
 * | match             | the event's named fields, the matches, and the candidates offered       |
 * | explain           | parsing, then the predicate                                             |
 */
export class Matcher {
  readonly #limits: Partial<PredicateLimits> | undefined;
  readonly #index = new FilterIndex();
  readonly #registry = new FilterRegistry((filter) => compileFilter(filter, NO_LIMITS).key);
  readonly #subscriptions = new Subscriptions();
  /** Index into COSTS, by filter. */
  #costs: number[] = [];
  readonly #byCost: [number, number, number] = [0, 0, 0];
  #ids = new Int32Array(0);
  readonly #answer = { ids: this.#ids, count: 0 };
  #matches = 0;
  #unmatched = 0;
  /** The filter that `retune` looks at next. */
  #cursor = 0;

  constructor(options: MatcherOptions = {}) {
    this.#limits = options.limits;
  }

  /**
   * Adds a subscription.
   *
   * @throws {FilterError} when the filter is refused; nothing has changed then.
   * @throws {RangeError} when the number is taken, or is none that a subscription can have.
   */
  add(subscription: number, filter: Filter | CompiledFilter): Admission {
    checkSubscription(subscription);
    if (this.has(subscription)) throw new RangeError(`subscription ${subscription} is there already`);
    const compiled = compiledFrom(filter, this.#limits);
    this.#subscriptions.add(this.#filterFor(compiled), subscription);
    return { cost: compiled.cost };
  }

  /**
   * Gives a subscription another filter, with no moment at which it has none.
   *
   * @throws {FilterError} when the filter is refused; the old one stays then.
   * @throws {RangeError} when there is no such subscription.
   */
  replace(subscription: number, filter: Filter | CompiledFilter): Admission {
    checkSubscription(subscription);
    if (!this.has(subscription)) throw new RangeError(`subscription ${subscription} is not there`);
    const compiled = compiledFrom(filter, this.#limits);
    const next = this.#filterFor(compiled);
    const previous = this.#subscriptions.filterOf(subscription);
    if (next !== previous) {
      this.#subscriptions.remove(subscription);
      this.#subscriptions.add(next, subscription);
      this.#dropIdle(previous);
    }
    return { cost: compiled.cost };
  }

  /** Removes a subscription; false when there is none. */
  remove(subscription: number): boolean {
    const filter = this.#subscriptions.remove(subscription);
    if (filter === NOWHERE) return false;
    this.#dropIdle(filter);
    return true;
  }

  has(subscription: number): boolean {
    return this.#subscriptions.filterOf(subscription) !== NOWHERE;
  }

  /**
   * The subscriptions whose filter matches. The event must have passed `checkTopic`; it is not kept.
   *
   * @returns the same object every time, valid until the next call.
   */
  match(event: MatchableEvent): Matches {
    const index = this.#index;
    const subscriptions = this.#subscriptions;
    index.search(event);
    const { hits, hitCount } = index;
    if (this.#ids.length < subscriptions.size)
      this.#ids = new Int32Array(subscriptions.size + (subscriptions.size >> 2));
    const ids = this.#ids;
    const count = subscriptions.copyAll(hits, hitCount, ids);
    this.#matches += count;
    if (count === 0) this.#unmatched += 1;
    this.#answer.ids = ids;
    this.#answer.count = count;
    return this.#answer;
  }

  /**
   * Why a subscription gets an event, or does not: its filter clause by clause.
   *
   * @throws {RangeError} when there is no such subscription.
   */
  explain(event: MatchableEvent, subscription: number): Explanation {
    const filter = this.filterOf(subscription);
    if (filter === undefined) throw new RangeError(`subscription ${subscription} is not there`);
    return explainParsed(event, filter.topic, compileFilter(filter, NO_LIMITS).parsed);
  }

  /** The filter of a subscription, as the first subscriber with an equal one wrote it. */
  filterOf(subscription: number): Filter | undefined {
    return this.#registry.textOf(this.#subscriptions.filterOf(subscription));
  }

  /**
   * Looks at the next `filters` filters, in turn, and moves those that are found more cheaply elsewhere by what events
   * have shown since they were added. For idle moments, some twenty microseconds a filter. Answers do not change.
   *
   * @returns how many moved.
   */
  retune(filters: number): number {
    let moved = 0;
    for (let i = Math.min(filters, this.#registry.end); i > 0; i -= 1) {
      this.#cursor = this.#cursor + 1 < this.#registry.end ? this.#cursor + 1 : 0;
      const text = this.#registry.textOf(this.#cursor);
      if (text === undefined) continue;
      const compiled = compileFilter(text, NO_LIMITS);
      const { topic, tests } = compiled;
      if (tests === undefined || tests.length === 0) continue;
      if (this.#index.retune({ filter: this.#cursor, topic, tests, whole: compiled })) moved += 1;
    }
    return moved;
  }

  get stats(): MatcherStats {
    const { bytes, ...counts } = this.#index.stats;
    const [indexed, partly, residual] = this.#byCost;
    return {
      ...counts,
      eventsUnmatched: this.#unmatched,
      matches: this.#matches,
      subscriptions: this.#subscriptions.size,
      filters: this.#registry.size,
      indexed,
      partly,
      residual,
      bytes: {
        ...bytes,
        texts: this.#registry.bytes,
        subscriptions: this.#subscriptions.bytes,
        results: bytes.results + this.#ids.byteLength,
      },
    };
  }

  /** The number of an equal filter, or of this one, posted now. */
  #filterFor(compiled: CompiledFilter): number {
    const known = this.#registry.find(compiled);
    if (known !== undefined) return known;
    const filter = this.#registry.add(compiled);
    this.#subscriptions.filterCreated(filter);
    const cost = COSTS.indexOf(compiled.cost);
    this.#costs[filter] = cost;
    this.#byCost[cost] = (this.#byCost[cost] as number) + 1;
    const { topic, tests } = compiled;
    // A predicate that is never true is registered but not posted.
    if (tests !== undefined) this.#index.add({ filter, topic, tests, whole: compiled });
    return filter;
  }

  #dropIdle(filter: number): void {
    if (this.#subscriptions.isWanted(filter)) return;
    this.#index.remove(filter);
    this.#registry.remove(filter);
    const cost = this.#costs[filter] as number;
    this.#byCost[cost] = (this.#byCost[cost] as number) - 1;
    if (this.#registry.size > 0) return;
    this.#costs = [];
    this.#subscriptions.reset();
    this.#ids = new Int32Array(0);
    this.#answer.ids = this.#ids;
    this.#answer.count = 0;
  }
}

function checkSubscription(subscription: number): void {
  if (!Number.isInteger(subscription) || subscription < 0 || subscription > SUBSCRIPTION_MAX) {
    throw new RangeError(`a subscription is an integer from 0 to ${SUBSCRIPTION_MAX}, not ${subscription}`);
  }
}
