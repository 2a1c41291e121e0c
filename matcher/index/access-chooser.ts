/**
 * Which test of a filter becomes its access key: the one expected to make the filter a candidate least often.
 *
 * The choice is made by shares of events (see shares.ts), when a filter is added, and again by `FilterIndex.retune`.
 */
import { type Conjunction, joined, type Test } from './conjunction.ts';
import { coverOf } from './cover.ts';
import { branchesOf, isBand, isKey, isList, type Key } from './keys.ts';
import type { PairIndex } from './pair-index.ts';
import { inOrder, pairKey, type WantedSide } from './pair-wishes.ts';
import type { Shares } from './shares.ts';
import type { SlotTable } from './slot-table.ts';
import type { Traffic } from './traffic.ts';

/** One branch of a filter: the test to find it by, or its topic filter, and the tests to verify. */
export interface Branch {
  /** Undefined: found by the topic filter. */
  readonly access: Key | undefined;
  /** A second test to find it by, with `access`. */
  readonly second?: Key | undefined;
  readonly rest: Conjunction;
  /** The share of events expected to offer it. */
  readonly share: number;
}

export interface Plan {
  readonly branches: readonly Branch[];
  /** Expected candidates per event. */
  readonly share: number;
  /** Can one event pass one branch at most? So it is where they stand for different values of one reference. */
  readonly isExclusive: boolean;
}

/** A pair that is not open. */
interface Wish {
  readonly first: WantedSide;
  readonly second: WantedSide;
  readonly saving: number;
}

/** A test that can be half of a pair. */
interface Sided extends WantedSide {
  readonly test: Key;
}

/** A band's window has two ends that are read in vain, in runs of all widths; a threshold has one. */
const BAND_PRICE = 3;

/**
 * Where the topic filter is the key, each offer looks into a long list, which as the key would have been looked up once
 * for all of its filters. And while nothing is known of its values, each may be one that all events have.
 */
const LIST_PRICE = 1 / 8;

/**
 * A pair of tests must be so much rarer than the rarest single one: it is looked up in places of its own. What two ranges
 * offer in vain is seen by its signature, and so costs less.
 */
const CONSTANT_GAIN = 8;
const RANGES_GAIN = 4;

/** With fewer events, shares are guesses, and no reason to open a pairing. */
const WISHING_EVENTS = 64;

/** Conditions in brackets are not looked through for better keys where fewer events offer the filter. */
const COVERED_SHARE_MIN = 1 / 64;

/** What one more posting must save, in candidates per event, to be worth its memory. */
const POSTING_PRICE = 1e-6;

export class AccessChooser {
  readonly #slots: SlotTable;
  readonly #traffic: Traffic;
  readonly #pairs: PairIndex;
  readonly #shares: Shares;
  /** Pairs of tests that the last filter would rather have been found by, and what that would have saved, by pair. */
  readonly #wishes = new Map<number, Wish>();

  constructor(tables: { slots: SlotTable; traffic: Traffic; pairs: PairIndex; shares: Shares }) {
    this.#slots = tables.slots;
    this.#traffic = tables.traffic;
    this.#pairs = tables.pairs;
    this.#shares = tables.shares;
  }

  /** As `plan`, for a filter that is posted: what it wishes to be found by counts, once for each pair. */
  planPosting(tests: Conjunction, topic: number): Plan {
    this.#wishes.clear();
    const plan = this.plan(tests, topic);
    if (this.#traffic.events < WISHING_EVENTS) return plan;
    for (const { first, second, saving } of this.#wishes.values()) this.#pairs.wish(first, second, saving);
    return plan;
  }

  /**
   * The best plan: the tests as they are, or split under every branch of one OR or IN.
   *
   * @param topic The filter's topic filter, which is held.
   */
  plan(tests: Conjunction, topic: number): Plan {
    this.#shares.begin();
    const topicShare = this.#shares.ofTopic(topic);
    let best = this.#unsplit([tests], topicShare);
    for (const test of tests) {
      const branches = branchesOf(test);
      if (branches === undefined || !this.#isWorthSplitting(test, best.share)) continue;
      const others = tests.filter((other) => other !== test);
      const split = branches.map((branch) => joined(branch, others)).filter((branch) => branch !== undefined);
      const plan = this.#unsplit(split, topicShare);
      if (plan.share + split.length * POSTING_PRICE >= best.share) continue;
      best = { ...plan, isExclusive: test.kind === 'oneOf' };
    }
    return best.share > COVERED_SHARE_MIN && tests.some(isCoverable) ? this.#coveredIfBetter(tests, best) : best;
  }

  /** The tests that an offer is expected to cost: the key's own, and of the rest each one that those before it let be. */
  testsPerOffer({ branches, share }: Plan): number {
    let tests = 1;
    for (const branch of branches) {
      let reached = share === 0 ? 1 / branches.length : branch.share / share;
      for (let i = 0; i < branch.rest.length; i += 1) {
        if (i > 0) reached *= this.#shares.ofTest(branch.rest[i - 1] as Test);
        tests += reached;
      }
    }
    return tests;
  }

  /** The tests as they are, under each key of their cover, if `best` is offered twice as often or is not found by content. */
  #coveredIfBetter(tests: Conjunction, best: Plan): Plan {
    const shareOf = (key: Key): number => this.#shares.ofTest(key);
    // The rarest keys may be too many where fewer would do.
    const cover = coverOf(tests, shareOf) ?? coverOf(tests, () => 1);
    if (cover === undefined) return best;
    const branches = cover.keys.map((access) => ({
      access,
      rest: this.#mostSelectiveFirst(tests, { access }),
      share: shareOf(access),
    }));
    const share = branches.reduce((sum, branch) => sum + branch.share, 0);
    const isByContent = best.branches.every(({ access }) => access !== undefined);
    return share * (isByContent ? 2 : 1) <= best.share ? { branches, share, isExclusive: branches.length === 1 } : best;
  }

  /** Can a split into the values of a set be better than `share`? Each branch is found by its value, or as well as all are now. */
  #isWorthSplitting(test: Test, share: number): boolean {
    if (test.kind !== 'oneOf') return true;
    let split = test.values.length * POSTING_PRICE;
    for (const value of test.values) split += Math.min(share, this.#shares.ofValue(test.reference, value));
    return split < share;
  }

  #unsplit(conjunctions: readonly Conjunction[], topicShare: number): Plan {
    let share = 0;
    const branches: Branch[] = [];
    for (const tests of conjunctions) {
      const key = this.#bestKey(tests);
      // A tie goes to content: the topic is tested in passing anyway.
      const isByContent = key !== undefined && key.share * (isList(key.test) ? LIST_PRICE : 1) <= topicShare;
      const access = isByContent ? key.test : undefined;
      const least = isByContent ? key.share : topicShare;
      const pair = this.#pairOf(tests, least);
      if (pair !== undefined && this.#pairs.isOpen(pair.first, pair.second)) {
        const keys = { access: pair.first.test, second: pair.second.test };
        share += pair.share;
        branches.push({ ...keys, rest: this.#mostSelectiveFirst(tests, keys), share: pair.share });
        continue;
      }
      share += least;
      if (pair !== undefined)
        this.#wishes.set(pairKey(pair.first, pair.second), { ...pair, saving: least - pair.share });
      branches.push({ access, rest: this.#mostSelectiveFirst(tests, { access }), share: least });
    }
    return { branches, share, isExclusive: branches.length === 1 };
  }

  /** The one test to find a branch by, with the share of events expected to pass it. */
  #bestKey(tests: Conjunction): { test: Key; share: number } | undefined {
    let best: { test: Key; share: number } | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const test of tests) {
      if (!isKey(test)) continue;
      const share = this.#shares.ofTest(test);
      const price = share * (isBand(test) ? BAND_PRICE : 1);
      if (price >= least) continue;
      least = price;
      best = { test, share };
    }
    return best;
  }

  /**
   * The two rarest tests of different references, with the share of events expected to pass both; undefined when that is not
   * worth it for this filter, to which `least` is the alternative.
   */
  #pairOf(tests: Conjunction, least: number): { first: Sided; second: Sided; share: number } | undefined {
    let rarest: Sided | undefined;
    let next: Sided | undefined;
    for (const test of tests) {
      if (!isKey(test) || isList(test)) continue;
      const slot = this.#slots.find(test.reference);
      if (slot === undefined) continue;
      const sided = { test, slot, isRange: test.kind === 'range', share: this.#shares.ofTest(test) };
      if (rarest === undefined || sided.share < rarest.share) [rarest, next] = [sided, rarest];
      else if (next === undefined || sided.share < next.share) next = sided;
    }
    if (rarest === undefined || next === undefined || rarest.slot === next.slot) return undefined;
    const share = rarest.share * next.share;
    const gain = rarest.isRange && next.isRange ? RANGES_GAIN : CONSTANT_GAIN;
    if (share * gain >= least) return undefined;
    const [first, second] = inOrder(rarest, next) ? [rarest, next] : [next, rarest];
    return { first, second, share };
  }

  /** The other tests, those that fail most often first, opaque ones last whatever they yield: they cost most. */
  #mostSelectiveFirst(tests: Conjunction, { access, second }: Pick<Branch, 'access' | 'second'>): Conjunction {
    const rest = tests.filter((test) => test !== access && test !== second);
    if (rest.length < 2) return rest;
    const order = rest.map((test) => ({ test, share: test.kind === 'opaque' ? 2 : this.#shares.ofTest(test) }));
    return order.sort((a, b) => a.share - b.share).map(({ test }) => test);
  }
}

/** May it be covered by keys that are no branches of it? */
function isCoverable(test: Test): boolean {
  if (test.kind === 'opaque') return true;
  return (
    test.kind === 'any' &&
    test.branches.some((branch) => branch.some((part) => part.kind === 'opaque' || branchesOf(part) !== undefined))
  );
}
