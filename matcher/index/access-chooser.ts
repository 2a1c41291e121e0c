/**
 * Which test of a filter becomes its access key: the one expected to make the filter a candidate least often.
 *
 * Every share below is a guess until events have been seen, and then an observation (see traffic.ts). The choice is
 * made when a filter is added, and again by `FilterIndex.retune`.
 */
import type { Scalar } from '../language/ast.ts';
import type { TopicTrie } from '../topic/topic-trie.ts';
import { type Conjunction, joined, type RangeTest, type Test } from './conjunction.ts';
import type { PairIndex } from './pair-index.ts';
import { inOrder, pairKey, type WantedSide } from './pair-wishes.ts';
import type { SlotReference } from './prefix.ts';
import {
  EQUAL,
  entryWords,
  hasPairKey,
  isNegated,
  keyAt,
  OPCODE_MASK,
  OPERAND_SHIFT,
  slotOfSide,
  testWords,
  topicOf,
} from './program.ts';
import { intervalOf } from './range-index.ts';
import type { SlotTable } from './slot-table.ts';
import { NO_SYMBOL, type SymbolTable } from './symbol-table.ts';
import { blend, type Traffic } from './traffic.ts';

/** One branch of a filter: the test to find it by, or its topic filter, and the tests to verify. */
export interface Branch {
  /** Undefined: found by the topic filter. */
  readonly access: Test | undefined;
  /** A second band to find it by, with `access`, which is one too. */
  readonly second?: Test | undefined;
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
  readonly test: Test;
}

/** A filter is posted under so many branches at most. */
export const BRANCHES_MAX = 64;

/** A band's window has two ends that are read in vain, in runs of all widths; a threshold has one. */
const BAND_PRICE = 3;

/**
 * A pair of tests must be so much rarer than the rarest single one: it is looked up in places of its own. What two ranges
 * offer in vain is seen by its signature, and so costs less.
 */
const CONSTANT_GAIN = 8;
const RANGES_GAIN = 4;

/** With fewer events, shares are guesses, and no reason to open a pairing. */
const WISHING_EVENTS = 64;

/** What one more posting must save, in candidates per event, to be worth its memory. */
const POSTING_PRICE = 1e-6;

export class AccessChooser {
  readonly #slots: SlotTable;
  readonly #symbols: SymbolTable;
  readonly #topics: TopicTrie;
  readonly #traffic: Traffic;
  readonly #pairs: PairIndex;
  /** Pairs of tests that the last filter would rather have been found by, and what that would have saved, by pair. */
  readonly #wishes = new Map<number, Wish>();

  constructor(tables: {
    slots: SlotTable;
    symbols: SymbolTable;
    topics: TopicTrie;
    traffic: Traffic;
    pairs: PairIndex;
  }) {
    this.#slots = tables.slots;
    this.#symbols = tables.symbols;
    this.#topics = tables.topics;
    this.#traffic = tables.traffic;
    this.#pairs = tables.pairs;
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
    const topicShare = this.#topicShare(topic);
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
    return best;
  }

  /** The tests that an offer is expected to cost: the key's own, and of the rest each one that those before it let be. */
  testsPerOffer({ branches, share }: Plan): number {
    let tests = 1;
    for (const branch of branches) {
      let reached = share === 0 ? 1 / branches.length : branch.share / share;
      for (let i = 0; i < branch.rest.length; i += 1) {
        if (i > 0) reached *= this.#shareOf(branch.rest[i - 1] as Test);
        tests += reached;
      }
    }
    return tests;
  }

  /** Can a split into the values of a set be better than `share`? Each branch is found by its value, or as well as all are now. */
  #isWorthSplitting(test: Test, share: number): boolean {
    if (test.kind !== 'oneOf') return true;
    let split = test.values.length * POSTING_PRICE;
    for (const value of test.values) split += Math.min(share, this.#valueShare(test.reference, value));
    return split < share;
  }

  #unsplit(conjunctions: readonly Conjunction[], topicShare: number): Plan {
    let share = 0;
    const branches: Branch[] = [];
    for (const tests of conjunctions) {
      const key = this.#bestKey(tests);
      // A tie goes to content: the topic is tested in passing anyway.
      const access = key !== undefined && key.share <= topicShare ? key.test : undefined;
      const least = Math.min(topicShare, key?.share ?? 1);
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
  #bestKey(tests: Conjunction): { test: Test; share: number } | undefined {
    let best: { test: Test; share: number } | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const test of tests) {
      if (!isKey(test)) continue;
      const share = this.#shareOf(test);
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
      if (!isKey(test)) continue;
      const slot = this.#slots.find(test.reference);
      if (slot === undefined) continue;
      const sided = { test, slot, isRange: test.kind === 'range', share: this.#shareOf(test) };
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
    const order = rest.map((test) => ({ test, share: test.kind === 'opaque' ? 2 : this.#shareOf(test) }));
    return order.sort((a, b) => a.share - b.share).map(({ test }) => test);
  }

  /** The share of events for which the test is expected to be true. */
  #shareOf(test: Test): number {
    switch (test.kind) {
      case 'equal':
        return this.#valueShare(test.reference, test.value);
      case 'notEqual':
        return 1 - this.#valueShare(test.reference, test.value);
      case 'oneOf':
        return this.#setShare(test.reference, test.values);
      case 'noneOf':
        return 1 - this.#setShare(test.reference, test.values);
      case 'range': {
        const slot = this.#slots.find(test.reference);
        return slot === undefined ? 0.3 : this.#traffic.rangeShare(slot, test.low, test.high);
      }
      default:
        return 1;
    }
  }

  #setShare(reference: SlotReference, values: readonly Scalar[]): number {
    // A long set is not worth the sum.
    if (values.length > BRANCHES_MAX) return 1;
    const slot = this.#slots.find(reference);
    if (slot === undefined) return Math.min(1, 0.1 * values.length);
    let share = 0;
    for (const value of values) share += this.#equalShare(slot, value);
    return Math.min(1, share);
  }

  #valueShare(reference: SlotReference, value: Scalar): number {
    const slot = this.#slots.find(reference);
    return slot === undefined ? 0.1 : this.#equalShare(slot, value);
  }

  /** The share of events expected to offer an entry, by its access key. */
  shareOfEntry(entry: Int32Array): number {
    const at = keyAt(entry, 0);
    if (at === entryWords(entry, 0)) return this.#topicShare(topicOf(entry, 0));
    const share = this.#keyShare(entry, at);
    return hasPairKey(entry, 0) ? share * this.#keyShare(entry, at + testWords(entry, at)) : share;
  }

  /** The tests that an entry is found by; none where that is the topic filter. */
  keyOfEntry(entry: Int32Array): Conjunction {
    const at = keyAt(entry, 0);
    if (at === entryWords(entry, 0)) return [];
    const first = this.#testAt(entry, at);
    return hasPairKey(entry, 0) ? [first, this.#testAt(entry, at + testWords(entry, at))] : [first];
  }

  /** The test at `at`, which is a constant or a range. */
  #testAt(entry: Int32Array, at: number): Test {
    const head = entry[at] as number;
    const operand = head >>> OPERAND_SHIFT;
    if ((head & OPCODE_MASK) === EQUAL) {
      const reference = this.#slots.referenceOf(operand);
      return { kind: 'equal', reference, value: this.#symbols.valueOf(entry[at + 1] as number) };
    }
    const { key, top } = intervalOf(entry, at);
    const [low, high] = isNegated(operand) ? [-top, -key] : [key, top];
    // Ranges are of references, prefixes are strings.
    const reference = this.#slots.referenceOf(slotOfSide(operand)) as RangeTest['reference'];
    return { kind: 'range', reference, low, high };
  }

  /** The share of events expected to pass the test at `at`, which is a constant or a range. */
  #keyShare(entry: Int32Array, at: number): number {
    const head = entry[at] as number;
    const operand = head >>> OPERAND_SHIFT;
    if ((head & OPCODE_MASK) === EQUAL) {
      return this.#equalShare(operand, this.#symbols.valueOf(entry[at + 1] as number));
    }
    const { key, top } = intervalOf(entry, at);
    return isNegated(operand)
      ? this.#traffic.rangeShare(slotOfSide(operand), -top, -key)
      : this.#traffic.rangeShare(slotOfSide(operand), key, top);
  }

  /** The share of events expected to have this value in the slot. */
  #equalShare(slot: number, value: Scalar): number {
    const guess = typeof value === 'boolean' ? 0.5 : 1 / (10 + this.#symbols.sizeOf(slot));
    const symbol = this.#symbols.find(slot, value);
    if (symbol === NO_SYMBOL) return guess;
    return this.#traffic.symbolShare(this.#symbols, symbol, guess);
  }

  /**
   * The share of events expected to match a topic filter. Until events tell: each literal level halves it; but where
   * many filters gather, many events are expected.
   */
  #topicShare(topic: number): number {
    const guess = 2 ** -this.#topics.literalLevelsOf(topic);
    const { held, of } = this.#topics.holdShare(topic);
    return this.#traffic.topicShare(topic, guess === 1 ? guess : blend(held, of, guess));
  }
}

/** Is the test a range with two bounds? */
function isBand(test: Test): test is RangeTest {
  return test.kind === 'range' && Number.isFinite(test.low) && Number.isFinite(test.high);
}

/** Can the test be an access key by itself? */
export function isKey(test: Test): test is Test & { readonly kind: 'equal' | 'range' } {
  return test.kind === 'equal' || test.kind === 'range';
}

/** The branches that a test can be split into. */
export function branchesOf(test: Test): readonly Conjunction[] | undefined {
  if (test.kind === 'any') return test.branches.length <= BRANCHES_MAX ? test.branches : undefined;
  if (test.kind !== 'oneOf' || test.values.length > BRANCHES_MAX) return undefined;
  const { reference, values } = test;
  return values.map((value) => [{ kind: 'equal', reference, value }]);
}
