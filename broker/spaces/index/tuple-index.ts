import type { Chore } from '../../kernel/chores.ts';
import type { Between, CompiledTemplate, Equal } from '../template/compiled-template.ts';
import type { Tuple } from '../tuple.ts';
import { EqualityIndex, type FieldIndex } from './field-index.ts';
import { MergedLists } from './merged-lists.ts';
import { OrderIndex, PairIndex } from './order-index.ts';
import { TupleList } from './tuple-list.ts';

/** In so small a space nothing is worth an index. */
const INDEXED_MIN = 64;

/** Fields that are indexed, by equality, by order or as pairs. Each costs every `out` and every take some hundred nanoseconds. */
const FIELDS_MAX = 16;

/** One that nobody asked for in so many searches gives way to another. */
const IDLE_SEARCHES = 10_000;

/** Tuples that go into a new index at a time. */
const STEP_TUPLES = 1_000;

/** After a search that had to look at more, the two fields by which it was led are indexed together. */
const PAIR_LOOKED = 32;

export interface TupleIndexMeans {
  /** Runs a chore, in steps. */
  readonly run: (chore: Chore<void>) => void;
}

/** What a search came to. */
export interface SearchResult {
  readonly tuple: Tuple | undefined;
  /** Where there is no tuple: the number to go on after. 0: there is none. */
  readonly next: number;
}

/** Tuples that have one value, or one of some, or all. */
interface Listed {
  readonly list: TupleList | MergedLists;
  /** Which one value. */
  readonly equal: Equal | undefined;
}

/** Tuples of one interval. */
interface Candidates {
  readonly interval: Between;
  readonly scan: (look: (tuple: Tuple) => boolean) => void;
}

const NOTHING: SearchResult = { tuple: undefined, next: 0 };

/**
 * The tuples of a space that can be found. A field is indexed when the first template asks for it, in steps, and until that is
 * done it does without.
 *
 * A search looks where the fewest candidates are: at those that have one of the values that the template wants, those in one
 * of its intervals, or at all; and asks of each whether it fits. So it finds the one put first, unless an interval led to it:
 * a range, or how a text begins.
 * A template with both, of which neither leaves few, has the two fields indexed together when it was found to be dear.
 */
export class TupleIndex {
  readonly #means: TupleIndexMeans;
  #all = new TupleList();
  readonly #equal = new Map<string, EqualityIndex>();
  readonly #ordered = new Map<string, OrderIndex>();
  readonly #pairs = new Map<string, PairIndex>();
  #searches = 0;

  constructor(means: TupleIndexMeans) {
    this.#means = means;
  }

  get length(): number {
    return this.#all.length;
  }

  /** Indexes of fields. */
  get fields(): number {
    return this.#equal.size + this.#ordered.size + this.#pairs.size;
  }

  add(tuple: Tuple): void {
    this.#all.add(tuple);
    for (const index of this.#equal.values()) if (tuple.number <= index.upTo) index.add(tuple);
    for (const index of this.#ordered.values()) if (tuple.number <= index.upTo) index.add(tuple);
    for (const index of this.#pairs.values()) if (tuple.number <= index.upTo) index.add(tuple);
  }

  /** False when it is not here. */
  remove(tuple: Tuple): boolean {
    if (!this.#all.remove(tuple)) return false;
    for (const index of this.#equal.values()) if (tuple.number <= index.upTo) index.remove(tuple);
    for (const index of this.#ordered.values()) if (tuple.number <= index.upTo) index.remove(tuple);
    for (const index of this.#pairs.values()) if (tuple.number <= index.upTo) index.remove(tuple);
    return true;
  }

  /** Nothing is here any more. */
  clear(): void {
    this.#all = new TupleList();
    this.#equal.clear();
    this.#ordered.clear();
    this.#pairs.clear();
  }

  /**
   * Looks for a tuple that `fits`, among those with numbers over `after`, at `budget` candidates at most; or some more, where
   * an interval led to them.
   */
  search(template: CompiledTemplate, after: number, budget: number, fits: (tuple: Tuple) => boolean): SearchResult {
    this.#searches += 1;
    let found: Tuple | undefined;
    let looked = 0;
    const look = (tuple: Tuple): boolean => {
      looked += 1;
      if (!fits(tuple)) return false;
      found = tuple;
      return true;
    };
    const { list, equal } = this.#shortestList(template);
    if (list.length === 0) return NOTHING;
    const isFirst = after === 0 && list.length > INDEXED_MIN;
    const interval = isFirst ? this.#fewest(template, { list, equal }) : undefined;
    if (interval !== undefined) interval.scan(look);
    const next = interval === undefined ? list.scan(after, budget, look) : 0;
    if (looked > PAIR_LOOKED && equal !== undefined) this.#openPair(equal, interval?.interval ?? template.intervals[0]);
    return { tuple: found, next };
  }

  /** As `search`, for all that fit, in order: `look` says when it has enough. Returns the number to go on after, or 0. */
  list(template: CompiledTemplate, after: number, budget: number, look: (tuple: Tuple) => boolean): number {
    this.#searches += 1;
    return this.#shortestList(template).list.scan(after, budget, look);
  }

  /** Of those that have a value that the template wants. */
  #shortestList({ equals, choices }: CompiledTemplate): Listed {
    let shortest: Listed = { list: this.#all, equal: undefined };
    for (const equal of equals) {
      if (shortest.list.length < INDEXED_MIN) break;
      const { key, path, value } = equal;
      const list = this.#ready(this.#equal, key, () => new EqualityIndex(path))?.listOf(value);
      if (list !== undefined && list.length < shortest.list.length) shortest = { list, equal };
    }
    for (const { key, path, values } of choices) {
      if (shortest.list.length < INDEXED_MIN) break;
      const index = this.#ready(this.#equal, key, () => new EqualityIndex(path));
      const list = index && new MergedLists(values.map((value) => index.listOf(value)));
      if (list !== undefined && list.length < shortest.list.length) shortest = { list, equal: undefined };
    }
    return shortest;
  }

  /** Of the template's intervals, by themselves and among those of the list, the one with the fewest, if they are fewer. */
  #fewest({ intervals, turnTuples }: CompiledTemplate, { list, equal }: Listed): Candidates | undefined {
    // One of more is not gone through: its tuples are in no order that one could go on in.
    let fewest = Math.min(list.length, turnTuples);
    let best: Candidates | undefined;
    for (const interval of intervals) {
      const pair = equal && this.#pairs.get(pairKey(equal, interval));
      if (equal !== undefined && pair !== undefined && this.#isReady(pair)) {
        const count = pair.count(equal.value, interval, fewest);
        if (count < fewest) {
          fewest = count;
          best = { interval, scan: (look) => pair.scan(equal.value, interval, look) };
        }
        continue;
      }
      const index = this.#ready(this.#ordered, interval.key, () => new OrderIndex(interval.path));
      const count = index?.count(interval, fewest) ?? Number.POSITIVE_INFINITY;
      if (count < fewest) {
        fewest = count;
        best = { interval, scan: (look) => index?.scan(interval, look) };
      }
    }
    return best;
  }

  #openPair(equal: Equal, interval: Between | undefined): void {
    if (interval === undefined) return;
    const key = pairKey(equal, interval);
    this.#ready(this.#pairs, key, () => new PairIndex(equal.path, interval.path));
  }

  /** The index of that key, opened if need be; `undefined` while it is not filled, or where there is no room for it. */
  #ready<I extends FieldIndex>(indexes: Map<string, I>, key: string, make: () => I): I | undefined {
    const index = indexes.get(key) ?? this.#open(indexes, key, make);
    return index !== undefined && this.#isReady(index) ? index : undefined;
  }

  /** Whether it is filled. It was asked for. */
  #isReady(index: FieldIndex): boolean {
    index.usedAt = this.#searches;
    return index.upTo === COMPLETE;
  }

  #open<I extends FieldIndex>(indexes: Map<string, I>, key: string, make: () => I): I | undefined {
    if (this.fields >= FIELDS_MAX && !this.#closeIdle()) return undefined;
    const index = make();
    indexes.set(key, index);
    this.#means.run(this.#fill(index, () => indexes.get(key) === index));
    return index;
  }

  *#fill(index: FieldIndex, isWanted: () => boolean): Chore<void> {
    while (isWanted()) {
      const next = this.#all.scan(index.upTo, STEP_TUPLES, (tuple) => {
        index.add(tuple);
        return false;
      });
      index.upTo = next === 0 ? COMPLETE : next;
      if (next === 0) return;
      yield;
    }
  }

  /** The index that was idle for longest, if one was for long. */
  #closeIdle(): boolean {
    const before = this.#searches - IDLE_SEARCHES;
    for (const indexes of [this.#equal, this.#ordered, this.#pairs] as readonly Map<string, FieldIndex>[]) {
      for (const [key, { usedAt }] of indexes) {
        if (usedAt < before) return indexes.delete(key);
      }
    }
    return false;
  }
}

function pairKey(equal: Equal, interval: Between): string {
  return `${equal.key} ${interval.key}`;
}

/** All numbers are smaller: nothing is left to be put into an index. */
const COMPLETE = Number.POSITIVE_INFINITY;
