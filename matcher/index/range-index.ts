/**
 * All records whose access key is a range on one slot. Which of them hold for a value v?
 *
 * One-sided ranges are a prefix of an order: `a >= x` of the thresholds up to v, `a <= y` of the negated thresholds up
 * to -v. Two-sided ones are grouped by width, doubling from group to group. In the group of widths below w, every
 * interval around v starts in v - w … v, and, unless starts crowd just there, at least half of that window is hit.
 * So a look-up costs the answer, a logarithm per group, and the ends of the windows. Runs that end before v are
 * skipped unread, which takes care of many filters with the same few thresholds.
 *
 * Each range is stored once, whatever its width. Prior art: interval hierarchies of the kind in Dyreson et al. and the
 * hierarchical grids of spatial joins; a priority search tree would bound the worst case but needs a node per filter.
 */
import { type Arena, CHUNK_MASK, CHUNK_SHIFT } from './arena.ts';
import type { Candidate } from './probe.ts';
import { NEGATED_SIDE, OPCODE_MASK, OPERAND_SHIFT, RECORD_HEADER, SIDE_MASK, WITHIN } from './program.ts';
import type { Runs } from './runs.ts';
import type { Scanner } from './scanner.ts';
import { keyOf, SortedRuns, topOf } from './sorted-runs.ts';

/** Widths below 2^-40 share a group, and those of 2^88 and more: 128 groups at most. */
const EXPONENT_MIN = -64;
const EXPONENT_MAX = 128;

interface Band {
  readonly exponent: number;
  /** No interval here is wider. */
  readonly widthMax: number;
  readonly runs: SortedRuns;
}

export class RangeIndex {
  readonly #arena: Arena;
  readonly #runs: Runs;
  readonly #above: SortedRuns;
  readonly #below: SortedRuns;
  /** In no order; few. */
  readonly #bands: Band[] = [];

  constructor(arena: Arena, runs: Runs) {
    this.#arena = arena;
    this.#runs = runs;
    this.#above = new SortedRuns(arena, runs);
    this.#below = new SortedRuns(arena, runs);
  }

  get isEmpty(): boolean {
    return this.#above.isEmpty && this.#below.isEmpty && this.#bands.length === 0;
  }

  get bytes(): number {
    let bytes = this.#above.bytes + this.#below.bytes;
    for (const band of this.#bands) bytes += band.runs.bytes;
    return bytes;
  }

  /** Adds a candidate whose record's key is a range on this slot. */
  add(candidate: Candidate): void {
    const key = keyOf(this.#arena, candidate.record);
    const top = topOf(this.#arena, candidate.record);
    const oneSided = this.#oneSided(candidate.record);
    if (oneSided !== undefined) {
      oneSided.add(candidate, key, top);
      return;
    }
    const exponent = exponentOf(top - key);
    let band = this.#bands.find((other) => other.exponent === exponent);
    if (band === undefined) {
      const widthMax = exponent === EXPONENT_MAX ? Number.POSITIVE_INFINITY : 2 ** ((exponent + 1) / 2);
      band = { exponent, widthMax, runs: new SortedRuns(this.#arena, this.#runs) };
      this.#bands.push(band);
    }
    band.runs.add(candidate, key, top);
  }

  /** Removes the candidate at `address`, which is in this index and belongs to `record`. */
  remove(address: number, record: number): void {
    const key = keyOf(this.#arena, record);
    const oneSided = this.#oneSided(record);
    if (oneSided !== undefined) {
      oneSided.remove(address, key);
      return;
    }
    const exponent = exponentOf(topOf(this.#arena, record) - key);
    const i = this.#bands.findIndex((band) => band.exponent === exponent);
    const band = this.#bands[i] as Band;
    band.runs.remove(address, key);
    if (band.runs.isEmpty) this.#bands.splice(i, 1);
  }

  /** Where a record belongs whose key has one bound; `undefined` when it has two. */
  #oneSided(record: number): SortedRuns | undefined {
    const words = this.#arena.ints[record >> CHUNK_SHIFT] as Int32Array;
    const head = words[(record & CHUNK_MASK) + RECORD_HEADER] as number;
    if ((head & OPCODE_MASK) === WITHIN) return undefined;
    return ((head >>> OPERAND_SHIFT) & SIDE_MASK) === NEGATED_SIDE ? this.#below : this.#above;
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

/** The group of a width: two to an octave. */
function exponentOf(width: number): number {
  return Math.min(EXPONENT_MAX, Math.max(EXPONENT_MIN, Math.floor(2 * Math.log2(width))));
}
