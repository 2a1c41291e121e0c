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
import { roomForNumbers } from './columns.ts';
import { keyAt, WITHIN_WORDS } from './program.ts';
import { intervalOf } from './range-index.ts';
import type { Moving, Runs } from './runs.ts';
import type { Scanner } from './scanner.ts';
import { type Interval, SortedRuns } from './sorted-runs.ts';

/** The longest run, in words: some twenty entries. */
const PAIR_WORDS_MAX = 320;
/** A strip is not cut while it has so few runs. */
const STRIP_RUNS_MIN = 4;

export class BandPairs {
  readonly #runs: Runs;
  /** In order of their keys, which are the least lower bounds of `a`. */
  readonly #strips: SortedRuns[] = [];
  #keys = new Float64Array(4);
  #tops = new Float64Array(4);

  constructor(runs: Runs) {
    this.#runs = runs;
  }

  get isEmpty(): boolean {
    return this.#strips.length === 0;
  }

  get bytes(): number {
    let bytes = this.#keys.byteLength + this.#tops.byteLength;
    for (const strip of this.#strips) bytes += strip.bytes;
    return bytes;
  }

  add(moving: Moving): void {
    const { key, top } = firstBand(moving.entry);
    if (this.#strips.length === 0) this.#insert(0, { key, top }, this.#createStrip());
    const i = Math.max(0, this.#after(key) - 1);
    const strip = this.#strips[i] as SortedRuns;
    strip.add(moving);
    if (key < (this.#keys[i] as number)) this.#keys[i] = key;
    if (top > (this.#tops[i] as number)) this.#tops[i] = top;
    if (strip.runCount > Math.max(STRIP_RUNS_MIN, this.#strips.length)) this.#cut(i, strip);
  }

  /** Removes the entry at `address`, of which `entry` is a copy. */
  remove(address: number, entry: Int32Array): void {
    // Strips with one key may be many; the entry is in one of those before the first greater key.
    let i = this.#after(firstBand(entry).key) - 1;
    while (i > 0 && !(this.#strips[i] as SortedRuns).has(address, entry)) i -= 1;
    const strip = this.#strips[i] as SortedRuns;
    strip.remove(address, entry);
    if (!strip.isEmpty) return;
    this.#strips.splice(i, 1);
    this.#keys.copyWithin(i, i + 1);
    this.#tops.copyWithin(i, i + 1);
  }

  /** Scans the runs that may hold a pair of bands around the numbers `a` and `b`. */
  scan(a: number, b: number, scanner: Scanner): void {
    const strips = this.#strips;
    const keys = this.#keys;
    const tops = this.#tops;
    for (let i = 0; i < strips.length && (keys[i] as number) <= a; i += 1) {
      if ((tops[i] as number) >= a) (strips[i] as SortedRuns).scan(Number.NEGATIVE_INFINITY, b, b, scanner);
    }
  }

  /** Halves strip `i` along `a`. */
  #cut(i: number, strip: SortedRuns): void {
    const sorted = strip
      .entries()
      .map((moving) => ({ moving, ...firstBand(moving.entry) }))
      .sort((x, y) => x.key - y.key);
    const half = sorted.length >> 1;
    const [low, high] = [sorted.slice(0, half), sorted.slice(half)].map((part) => {
      const cut = this.#createStrip();
      for (const { moving } of part) cut.add(moving);
      return { cut, key: part[0]?.key as number, top: Math.max(...part.map(({ top }) => top)) };
    }) as [Interval & { cut: SortedRuns }, Interval & { cut: SortedRuns }];
    strip.free();
    this.#strips[i] = low.cut;
    this.#keys[i] = low.key;
    this.#tops[i] = low.top;
    this.#insert(i + 1, high, high.cut);
  }

  #insert(i: number, { key, top }: Interval, strip: SortedRuns): void {
    this.#strips.splice(i, 0, strip);
    this.#keys = roomForNumbers(this.#keys, this.#strips.length);
    this.#tops = roomForNumbers(this.#tops, this.#strips.length);
    this.#keys.copyWithin(i + 1, i, this.#strips.length - 1);
    this.#tops.copyWithin(i + 1, i, this.#strips.length - 1);
    this.#keys[i] = key;
    this.#tops[i] = top;
  }

  #createStrip(): SortedRuns {
    return new SortedRuns(this.#runs, { intervalOf: secondBand, wordsMax: PAIR_WORDS_MAX });
  }

  /** The first strip whose key is greater than `key`. */
  #after(key: number): number {
    let i = 0;
    while (i < this.#strips.length && (this.#keys[i] as number) <= key) i += 1;
    return i;
  }
}

function firstBand(entry: Int32Array): Interval {
  return intervalOf(entry, keyAt(entry, 0));
}

function secondBand(entry: Int32Array): Interval {
  return intervalOf(entry, keyAt(entry, 0) + WITHIN_WORDS);
}
