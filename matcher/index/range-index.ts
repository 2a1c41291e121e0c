/**
 * All entries whose access key is a range on one slot. Which of them hold for a value v?
 *
 * One-sided ranges are a prefix of an order: `a >= x` of the thresholds up to v, `a <= y` of the negated thresholds up
 * to -v. Two-sided ones are grouped by width, fourfold from group to group. In the group of widths below w, every
 * interval around v starts in v - w … v, and, unless starts crowd just there, at least a quarter of that window is hit.
 * So a look-up costs the answer, a logarithm per group, and the ends of the windows. Runs that end before v are
 * skipped unread, which takes care of many filters with the same few thresholds.
 *
 * Each range is stored once, whatever its width. Prior art: interval hierarchies of the kind in Dyreson et al. and the
 * hierarchical grids of spatial joins; a priority search tree would bound the worst case but needs a node per filter.
 */
import type { Interval } from './intervals.ts';
import { readOrdered } from './ordered-bits.ts';
import * as programConstants from './program.ts';
import { isNegated, keyAt } from './program.ts';
import type { Moving, Runs } from './runs.ts';
import type { Scanner } from './scanner.ts';
import { SortedRuns } from './sorted-runs.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { OPCODE_MASK, OPERAND_SHIFT, WITHIN } = programConstants;

/** Widths below 4^-32 share a group, and those of 4^64 and more: 97 groups at most. */
const EXPONENT_MIN = -32;
const EXPONENT_MAX = 64;

/**
 * The longest runs. One-sided ranges are read from the first threshold to the value: only one run is read in vain, and
 * longer ones have longer groups. Each band has two ends.
 */
const ONE_SIDED_WORDS_MAX = 2048;
const BAND_WORDS_MAX = 640;

interface Band {
  readonly exponent: number;
  /** No interval here is wider. */
  readonly widthMax: number;
  readonly runs: SortedRuns;
}

export class RangeIndex {
  readonly #runs: Runs;
  readonly #above: SortedRuns;
  readonly #below: SortedRuns;
  /** In no order; few. */
  readonly #bands: Band[] = [];

  constructor(runs: Runs) {
    this.#runs = runs;
    this.#above = new SortedRuns(runs, { intervalOf: intervalOfKey, wordsMax: ONE_SIDED_WORDS_MAX });
    this.#below = new SortedRuns(runs, { intervalOf: intervalOfKey, wordsMax: ONE_SIDED_WORDS_MAX });
  }

  get isEmpty(): boolean {
    return this.#above.isEmpty && this.#below.isEmpty && this.#bands.length === 0;
  }

  get bytes(): number {
    let bytes = this.#above.bytes + this.#below.bytes;
    for (const band of this.#bands) bytes += band.runs.bytes;
    return bytes;
  }

  /** Adds an entry whose key is a range on this slot. */
  add(moving: Moving): void {
    const oneSided = this.#oneSided(moving.entry);
    if (oneSided !== undefined) {
      oneSided.add(moving);
      return;
    }
    const exponent = exponentOf(moving.entry);
    let band = this.#bands.find((other) => other.exponent === exponent);
    if (band === undefined) {
      const widthMax = exponent === EXPONENT_MAX ? Number.POSITIVE_INFINITY : 4 ** (exponent + 1);
      band = {
        exponent,
        widthMax,
        runs: new SortedRuns(this.#runs, { intervalOf: intervalOfKey, wordsMax: BAND_WORDS_MAX }),
      };
      this.#bands.push(band);
    }
    band.runs.add(moving);
  }

  /** Removes an entry from the run that it is in; `entry` is a copy. */
  remove(run: number, entry: Int32Array): void {
    const oneSided = this.#oneSided(entry);
    if (oneSided !== undefined) {
      oneSided.remove(run, entry);
      return;
    }
    const exponent = exponentOf(entry);
    const i = this.#bands.findIndex((band) => band.exponent === exponent);
    const band = this.#bands[i] as Band;
    band.runs.remove(run, entry);
    if (band.runs.isEmpty) this.#bands.splice(i, 1);
  }

  /** Where an entry belongs whose key has one bound; `undefined` when it has two. */
  #oneSided(entry: Int32Array): SortedRuns | undefined {
    const head = entry[keyAt(entry, 0)] as number;
    if ((head & OPCODE_MASK) === WITHIN) return undefined;
    return isNegated(head >>> OPERAND_SHIFT) ? this.#below : this.#above;
  }

  /** Scans the runs that may hold a range around `value`, which is a number. */
  scan(value: number, scanner: Scanner): void {
    const lowest = Number.NEGATIVE_INFINITY;
    if (!this.#above.isEmpty) this.#above.scan(lowest, value, lowest, scanner);
    if (!this.#below.isEmpty) this.#below.scan(lowest, -value, lowest, scanner);
    for (const band of this.#bands) {
      // The subtraction and the stored width are rounded: the window gets a margin, the record's own test is exact.
      const margin = Math.abs(value) * 2 ** -50 + band.widthMax * 2 ** -50;
      const from = Number.isFinite(value) ? value - band.widthMax - margin : lowest;
      band.runs.scan(from, value, value, scanner);
    }
  }
}

/** The group that an entry's width is in. */
function exponentOf(entry: Int32Array): number {
  const { key, top } = intervalOfKey(entry);
  return Math.min(EXPONENT_MAX, Math.max(EXPONENT_MIN, Math.floor(Math.log2(top - key) / 2)));
}

/** The bounds of an entry's key, which is a range; `top` is Infinity where it has one bound only. */
export function intervalOfKey(entry: Int32Array): Interval {
  return intervalOf(entry, keyAt(entry, 0));
}

/** The bounds of the range at `at`. */
export function intervalOf(words: Int32Array, at: number): Interval {
  const isBand = ((words[at] as number) & OPCODE_MASK) === WITHIN;
  return {
    key: readOrdered(words, at + 1),
    top: isBand ? -readOrdered(words, at + 3) : Number.POSITIVE_INFINITY,
  };
}
