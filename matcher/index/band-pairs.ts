/**
 * Entries whose access key is a pair of bands: `a` in one interval and `b` in another, `a` and `b` being the same two slots
 * for all of them. Where neither band is rare, both together are.
 *
 * The plane of the lower bounds is cut into strips along `a`, and each strip into runs along `b`, both by the entries
 * that are there, so that crowds are cut finer. As many strips as runs in a strip is best.
 *
 *     b ▲  ┌────┬─┬──┬──────┐        A strip and a run know the least lower and the greatest upper bound of what
 *       │  ├────┤ │  │      │        they hold; an event looks into those that its two values lie in. With n entries
 *       │  │    ├─┤  ├──────┤        in runs of r, that is some √(n / r) comparisons, and, unless bands are much wider
 *       │  ├────┤ ├──┤      │        than a run, the few runs around the point.
 *       └──┴────┴─┴──┴──────┴─▶ a
 */
import { type Interval, Intervals } from './intervals.ts';
import { keyAt, WITHIN_WORDS } from './program.ts';
import { intervalOf } from './range-index.ts';
import type { Moving, Runs } from './runs.ts';
import type { Scanner } from './scanner.ts';
import { SortedRuns } from './sorted-runs.ts';

/** The longest run, in words: some fifty entries. */
const PAIR_WORDS_MAX = 640;
/** A strip is not cut while it has so few runs. */
const STRIP_RUNS_MIN = 4;

export class BandPairs {
  readonly #runs: Runs;
  readonly #strips: SortedRuns[] = [];
  /** The strips by what `a` they hold: their numbers. */
  readonly #rows = new Intervals();

  constructor(runs: Runs) {
    this.#runs = runs;
  }

  get isEmpty(): boolean {
    return this.#strips.length === 0;
  }

  get bytes(): number {
    let bytes = this.#rows.bytes;
    for (const strip of this.#strips) bytes += strip.bytes;
    return bytes;
  }

  add(moving: Moving): void {
    const interval = firstBand(moving.entry);
    const rows = this.#rows;
    if (rows.count === 0) rows.insert(0, interval, this.#createStrip());
    const i = Math.max(0, rows.after(interval.key) - 1);
    const strip = this.#strips[rows.at(i)] as SortedRuns;
    strip.add(moving);
    rows.widen(i, interval);
    if (strip.runCount > Math.max(STRIP_RUNS_MIN, rows.count)) this.#cut(i);
  }

  /** Removes an entry from the run that it is in; `entry` is a copy. */
  remove(run: number, entry: Int32Array): void {
    // Strips with one key may be many; the entry is in one of those before the first greater key.
    const rows = this.#rows;
    let i = rows.after(firstBand(entry).key) - 1;
    while (i > 0 && !this.#strips[rows.at(i)]?.has(run, entry)) i -= 1;
    const strip = this.#strips[rows.at(i)] as SortedRuns;
    strip.remove(run, entry);
    if (!strip.isEmpty) return;
    // The last strip takes the number that is free now.
    const gap = rows.at(i);
    rows.delete(i);
    const last = this.#strips.pop() as SortedRuns;
    if (gap === this.#strips.length) return;
    this.#strips[gap] = last;
    for (let row = 0; row < rows.count; row += 1) if (rows.at(row) === this.#strips.length) rows.put(row, gap);
  }

  /** Scans the runs that may hold a pair of bands around the numbers `a` and `b`. */
  scan(a: number, b: number, scanner: Scanner): void {
    const rows = this.#rows;
    for (let i = 0; i < rows.count && rows.keyOf(i) <= a; i += 1) {
      if (rows.topOf(i) >= a) (this.#strips[rows.at(i)] as SortedRuns).scan(Number.NEGATIVE_INFINITY, b, b, scanner);
    }
  }

  /** Halves the strip of row `i` along `a`. */
  #cut(i: number): void {
    const whole = this.#strips[this.#rows.at(i)] as SortedRuns;
    const sorted = whole
      .entries()
      .map((moving) => ({ moving, ...firstBand(moving.entry) }))
      .sort((x, y) => x.key - y.key);
    const half = sorted.length >> 1;
    const [low, high] = [sorted.slice(0, half), sorted.slice(half)].map((part) => {
      const strip = this.#createStrip();
      for (const { moving } of part) this.#strips[strip]?.add(moving);
      return { strip, key: part[0]?.key as number, top: Math.max(...part.map(({ top }) => top)) };
    }) as [Interval & { strip: number }, Interval & { strip: number }];
    whole.free();
    this.#strips[this.#rows.at(i)] = this.#strips[low.strip] as SortedRuns;
    this.#rows.set(i, low, this.#rows.at(i));
    // The upper half was created last.
    this.#strips[low.strip] = this.#strips.pop() as SortedRuns;
    this.#rows.insert(i + 1, high, low.strip);
  }

  /** The number of a new strip. */
  #createStrip(): number {
    return this.#strips.push(new SortedRuns(this.#runs, { intervalOf: secondBand, wordsMax: PAIR_WORDS_MAX })) - 1;
  }
}

function firstBand(entry: Int32Array): Interval {
  return intervalOf(entry, keyAt(entry, 0));
}

function secondBand(entry: Int32Array): Interval {
  return intervalOf(entry, keyAt(entry, 0) + WITHIN_WORDS);
}
