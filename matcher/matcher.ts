import type { MatchableEvent } from './event.ts';
import { type Explanation, explainParsed } from './explain/explain.ts';
import { type CompiledFilter, compiledFrom, type Filter } from './filter.ts';
import { FilterError } from './filter-error.ts';
import { NOWHERE } from './index/arena.ts';
import { asksOf } from './index/asks.ts';
import { roomForInts } from './index/columns.ts';
import type { Cost } from './index/cost.ts';
import { FilterIndex } from './index/filter-index.ts';
import { FilterRegistry } from './index/filter-registry.ts';
import { Subscriptions } from './index/subscriptions.ts';
import type { PredicateLimits } from './language/limits.ts';
import type { MatcherStats } from './matcher-stats.ts';
import { recompile } from './recompile.ts';
import { type CostlyPage, type FilterCost, Sweep } from './sweep.ts';

export interface MatcherOptions {
  /** For filters that are given as text. */
  readonly limits?: Partial<PredicateLimits> | undefined;
  /**
   * Distinct residual filters at most, and distinct `partly` ones under one topic filter, see `Cost`; one more is refused as
   * `residual_limit`. Absent: no limit. Counted, not priced by what events have shown: so filters that were taken once are
   * taken again in any order, by a matcher that has seen no event yet.
   */
  readonly residualMax?: number | undefined;
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

const SUBSCRIPTION_MAX = 0x7fffffff;
const COSTS = ['indexed', 'partly', 'residual'] as const;
/** Bits of a filter's costs that are its cost; what it asks stands above. */
const COST_BITS = 2;
const COST_MASK = (1 << COST_BITS) - 1;

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
 * | reads             | the topic filters that match                                            |
 * | match             | the event's named fields, the matches, and the candidates offered       |
 * | explain, costOf   | parsing, then the predicate                                             |
 * | costliest         | parsing the filters of the page                                         |
 */
export class Matcher {
  readonly #limits: Partial<PredicateLimits> | undefined;
  readonly #residualMax: number;
  readonly #index = new FilterIndex();
  readonly #registry = new FilterRegistry((filter) => recompile(filter).key);
  readonly #subscriptions = new Subscriptions();
  /** By filter: index into COSTS, and what it asks of events. */
  #costs = new Int32Array(0);
  #version = 0;
  readonly #byCost: [number, number, number] = [0, 0, 0];
  readonly #answer = { ids: this.#subscriptions.ids, count: 0 };
  #matches = 0;
  #unmatched = 0;
  readonly #sweep = new Sweep({
    index: this.#index,
    registry: this.#registry,
    subscriptions: this.#subscriptions,
  });

  constructor(options: MatcherOptions = {}) {
    this.#limits = options.limits;
    this.#residualMax = options.residualMax ?? Number.POSITIVE_INFINITY;
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
    this.#subscriptions.add(this.#filterFor(compiled, subscription), subscription);
    this.#version += 1;
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
    const previous = this.#subscriptions.filterOf(subscription);
    if (this.#subscriptions.isOnly(previous, subscription) && this.#registry.find(compiled) === NOWHERE) {
      this.#rewrite(previous, compiled);
      this.#version += 1;
      return { cost: compiled.cost };
    }
    const next = this.#filterFor(compiled, subscription);
    if (next !== previous) {
      this.#subscriptions.remove(subscription);
      this.#subscriptions.add(next, subscription);
      this.#dropIdle(previous);
      this.#version += 1;
    }
    return { cost: compiled.cost };
  }

  /** Removes a subscription; false when there is none. */
  remove(subscription: number): boolean {
    const filter = this.#subscriptions.remove(subscription);
    if (filter === NOWHERE) return false;
    this.#dropIdle(filter);
    this.#version += 1;
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
    this.#index.search(event);
    const { count } = this.#answerHits();
    this.#matches += count;
    if (count === 0) this.#unmatched += 1;
    return this.#answer;
  }

  /**
   * As `match`, for an event that nobody sent: in no statistics, and what is learnt from traffic stays as it is.
   *
   * @returns the object that `match` returns, valid until the next call of either.
   */
  dryRun(event: MatchableEvent): Matches {
    this.#index.dryRun(event);
    return this.#answerHits();
  }

  /**
   * Why a subscription gets an event, or does not: its filter clause by clause.
   *
   * @throws {RangeError} when there is no such subscription.
   */
  explain(event: MatchableEvent, subscription: number): Explanation {
    const filter = this.filterOf(subscription);
    if (filter === undefined) throw new RangeError(`subscription ${subscription} is not there`);
    return explainParsed(event, filter.topic, recompile(filter).parsed);
  }

  /** The filter of a subscription, as the first subscriber with an equal one wrote it. */
  filterOf(subscription: number): Filter | undefined {
    return this.#registry.textOf(this.#subscriptions.filterOf(subscription));
  }

  /**
   * What a filter costs each event where it is, if an equal one is held, or would cost if it were added now.
   *
   * @throws {FilterError} when the filter is refused.
   */
  costOf(filter: Filter | CompiledFilter): FilterCost {
    const compiled = compiledFrom(filter, this.#limits);
    return this.#sweep.priceOf(this.#registry.find(compiled), compiled);
  }

  /**
   * The most expensive filters by `testsPerEvent`, from a rank on; the first is 0. A filter has its rank by what it cost when
   * it was added, or when `retune` looked at it last: after a round of that the list is complete. Prices are of now; in
   * between, ranks change only as filters come and go.
   *
   * @param limit 1 to `COSTLY_PAGE_MAX`. A page of long filters has fewer, but one at least.
   */
  costliest({ from = 0, limit = 20 }: { readonly from?: number; readonly limit?: number } = {}): CostlyPage {
    return this.#sweep.costliest(from, limit);
  }

  /**
   * Looks at the next `filters` filters, in turn, and again at an eighth as many of the most expensive; moves those that
   * are found more cheaply elsewhere by what events have shown since they were added, and notes what they cost. For idle
   * moments, some twenty microseconds a filter. Ends early at long filters, when it has parsed 128 characters for each of
   * `filters`, but looks at one at least. Answers do not change.
   *
   * @returns how many moved.
   */
  retune(filters: number): number {
    return this.#sweep.retune(filters);
  }

  /**
   * Whether what matches an event of this topic may depend on more than the topic. If not, one answer of `match` is that of
   * every such event, as long as the `version` is the same. The topic must have passed `checkTopic`. Cost: finding the
   * topic filters that match it.
   */
  reads(topic: string): boolean {
    return this.#index.reads(topic);
  }

  /** Rises whenever a subscription is added, removed, or given another filter. */
  get version(): number {
    return this.#version;
  }

  /** Distinct filters held. */
  get filters(): number {
    return this.#registry.size;
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
      filtersLookedAt: this.#sweep.lookedAt,
      filtersMoved: this.#sweep.moved,
      bytes: {
        ...bytes,
        texts: this.#registry.bytes + this.#costs.byteLength,
        subscriptions: this.#subscriptions.bytes,
        results: bytes.results + this.#subscriptions.ids.byteLength,
      },
    };
  }

  /** The subscriptions of the filters that the index found. */
  #answerHits(): Matches {
    const subscriptions = this.#subscriptions;
    this.#answer.count = subscriptions.copyAll(this.#index.hits, this.#index.hitCount);
    this.#answer.ids = subscriptions.ids;
    return this.#answer;
  }

  /** The number of an equal filter, or of this one, posted now: that of the subscription if it can be. */
  #filterFor(compiled: CompiledFilter, subscription: number): number {
    if (compiled.cost !== 'indexed') this.#checkKeylessRoom(compiled);
    const { size } = this.#registry;
    const filter = this.#registry.enter(compiled, subscription);
    if (this.#registry.size === size) return filter;
    this.#subscriptions.filterCreated(filter);
    this.#count(filter, compiled);
    const { topic, tests } = compiled;
    // A predicate that is never true is registered but not posted.
    if (tests !== undefined) {
      const testsPerEvent = this.#index.add({ filter, topic, tests, whole: compiled }, this.#asksOf(filter));
      this.#sweep.added(filter, testsPerEvent);
    }
    if (compiled.cost === 'partly') this.#index.keyless.add(topic);
    return filter;
  }

  /** Puts a filter that is not here in the place of one that has one subscriber. */
  #rewrite(filter: number, compiled: CompiledFilter): void {
    if (compiled.cost !== 'indexed') this.#checkKeylessRoom(compiled);
    const asksBefore = this.#asksOf(filter);
    this.#uncount(filter);
    this.#registry.rewrite(filter, compiled);
    this.#count(filter, compiled);
    this.#sweep.forget(filter);
    const { topic, tests } = compiled;
    if (tests === undefined) {
      this.#index.remove(filter, asksBefore);
      return;
    }
    const asks = { before: asksBefore, now: this.#asksOf(filter) };
    this.#sweep.added(filter, this.#index.replace({ filter, topic, tests, whole: compiled }, asks));
    if (compiled.cost === 'partly') this.#index.keyless.add(topic);
  }

  /** Notes the cost of a filter that is registered. */
  #count(filter: number, { cost, tests }: CompiledFilter): void {
    const index = COSTS.indexOf(cost);
    this.#byCost[index] = (this.#byCost[index] as number) + 1;
    this.#costs = roomForInts(this.#costs, filter + 1);
    this.#costs[filter] = index | (asksOf(tests ?? []) << COST_BITS);
  }

  /** The reverse of that, before the filter is forgotten. */
  #uncount(filter: number): void {
    const index = (this.#costs[filter] as number) & COST_MASK;
    this.#byCost[index] = (this.#byCost[index] as number) - 1;
    if (COSTS[index] === 'partly') this.#index.keyless.remove((this.#registry.textOf(filter) as Filter).topic);
  }

  /** What a filter asks of events. */
  #asksOf(filter: number): number {
    return (this.#costs[filter] as number) >> COST_BITS;
  }

  /** Refuses a filter without an access key that is not here when there are as many as may be. */
  #checkKeylessRoom(compiled: CompiledFilter): void {
    const { cost, topic, when } = compiled;
    const [, , residual] = this.#byCost;
    const count = cost === 'residual' ? residual : this.#index.keyless.under(topic);
    if (count < this.#residualMax || this.#registry.find(compiled) !== NOWHERE) return;
    const events = cost === 'residual' ? 'every event' : `every event of ${topic}`;
    const message = `${count} filters are evaluated for ${events}, as many as may be`;
    const way = cost === 'residual' ? 'name a level of the topic, or add' : 'add';
    throw new FilterError('residual_limit', `${message}; ${way} a comparison with = or a range`, when ?? topic, 0);
  }

  #dropIdle(filter: number): void {
    if (this.#subscriptions.isWanted(filter)) return;
    this.#uncount(filter);
    this.#index.remove(filter, this.#asksOf(filter));
    this.#registry.remove(filter);
    this.#sweep.forget(filter);
    if (this.#registry.size > 0) return;
    this.#costs = new Int32Array(0);
    this.#subscriptions.reset();
    this.#answer.ids = this.#subscriptions.ids;
    this.#answer.count = 0;
  }
}

function checkSubscription(subscription: number): void {
  if (!Number.isInteger(subscription) || subscription < 0 || subscription > SUBSCRIPTION_MAX) {
    throw new RangeError(`a subscription is an integer from 0 to ${SUBSCRIPTION_MAX}, not ${subscription}`);
  }
}
