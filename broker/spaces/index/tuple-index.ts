import type { Chore } from '../../kernel/chores.ts';
import type { CompiledTemplate } from '../template/compiled-template.ts';
import type { Tuple } from '../tuple.ts';
import { EqualityIndex, type FieldIndex, OrderIndex } from './field-index.ts';
import { TupleList } from './tuple-list.ts';

/** In so small a space nothing is worth an index. */
const INDEXED_MIN = 64;

/** Fields that are indexed, by equality or by order. Each costs every `out` and every take some hundred nanoseconds. */
const FIELDS_MAX = 16;

/** One that nobody asked for in so many searches gives way to another. */
const IDLE_SEARCHES = 10_000;

/** Tuples that go into a new index at a time. */
const STEP_TUPLES = 1_000;

/** An interval of more is not gone through: its tuples are in no order that one could go on in. */
const INTERVAL_MAX = 2_048;

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

const NOTHING: SearchResult = { tuple: undefined, next: 0 };

/**
 * The tuples of a space that can be found. A field is indexed when the first template asks for it, in steps, and until that is
 * done it does without.
 *
 * A search looks where the fewest candidates are: at those that have one of the values that the template wants, those in one
 * of its intervals, or at all; and asks of each whether it fits. So it finds the one put first, unless an interval led to it.
 */
export class TupleIndex {
  readonly #means: TupleIndexMeans;
  readonly #all = new TupleList();
  readonly #equal = new Map<string, EqualityIndex>();
  readonly #ordered = new Map<string, OrderIndex>();
  #searches = 0;

  constructor(means: TupleIndexMeans) {
    this.#means = means;
  }

  get length(): number {
    return this.#all.length;
  }

  /** Indexes of fields. */
  get fields(): number {
    return this.#equal.size + this.#ordered.size;
  }

  add(tuple: Tuple): void {
    this.#all.add(tuple);
    for (const index of this.#equal.values()) if (tuple.number <= index.upTo) index.add(tuple);
    for (const index of this.#ordered.values()) if (tuple.number <= index.upTo) index.add(tuple);
  }

  /** False when it is not here. */
  remove(tuple: Tuple): boolean {
    if (!this.#all.remove(tuple)) return false;
    for (const index of this.#equal.values()) if (tuple.number <= index.upTo) index.remove(tuple);
    for (const index of this.#ordered.values()) if (tuple.number <= index.upTo) index.remove(tuple);
    return true;
  }

  /**
   * Looks for a tuple that `fits`, among those with numbers over `after`, at `budget` candidates at most; or some more, where
   * an interval led to them.
   */
  search(template: CompiledTemplate, after: number, budget: number, fits: (tuple: Tuple) => boolean): SearchResult {
    this.#searches += 1;
    let found: Tuple | undefined;
    const look = (tuple: Tuple): boolean => {
      if (!fits(tuple)) return false;
      found = tuple;
      return true;
    };
    const list = this.#shortestList(template);
    if (list.length === 0) return NOTHING;
    if (after === 0 && list.length > INDEXED_MIN && this.#scanInterval(template, list.length, look)) {
      return { tuple: found, next: 0 };
    }
    const next = list.scan(after, budget, look);
    return { tuple: found, next };
  }

  /** As `search`, for all that fit, in order: `look` says when it has enough. Returns the number to go on after, or 0. */
  list(template: CompiledTemplate, after: number, budget: number, look: (tuple: Tuple) => boolean): number {
    this.#searches += 1;
    return this.#shortestList(template).scan(after, budget, look);
  }

  /** Of those that have one of the values that the template wants. */
  #shortestList({ equals }: CompiledTemplate): TupleList {
    let shortest = this.#all;
    for (const { key, path, value } of equals) {
      if (shortest.length < INDEXED_MIN) break;
      const index = this.#equal.get(key) ?? this.#open(this.#equal, key, () => new EqualityIndex(path));
      if (index === undefined) continue;
      index.usedAt = this.#searches;
      if (index.upTo !== COMPLETE) continue;
      const list = index.listOf(value);
      if (list.length < shortest.length) shortest = list;
    }
    return shortest;
  }

  /** True, and the candidates of an interval were looked at, where one has fewer than `than`. */
  #scanInterval({ intervals }: CompiledTemplate, than: number, look: (tuple: Tuple) => boolean): boolean {
    let [fewest, best] = [Math.min(than, INTERVAL_MAX), -1];
    const indexes = intervals.map(({ key, path }) => {
      const index = this.#ordered.get(key) ?? this.#open(this.#ordered, key, () => new OrderIndex(path));
      if (index !== undefined) index.usedAt = this.#searches;
      return index?.upTo === COMPLETE ? index : undefined;
    });
    for (const [i, interval] of intervals.entries()) {
      const count = indexes[i]?.estimate(interval) ?? Number.POSITIVE_INFINITY;
      if (count < fewest) [fewest, best] = [count, i];
    }
    const interval = intervals[best];
    if (interval === undefined) return false;
    indexes[best]?.scan(interval, look);
    return true;
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
    for (const indexes of [this.#equal, this.#ordered] as readonly Map<string, FieldIndex>[]) {
      for (const [key, { usedAt }] of indexes) {
        if (usedAt < before) return indexes.delete(key);
      }
    }
    return false;
  }
}

/** All numbers are smaller: nothing is left to be put into an index. */
const COMPLETE = Number.POSITIVE_INFINITY;
