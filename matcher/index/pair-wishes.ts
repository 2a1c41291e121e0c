/**
 * Which pairs of tests filters would like to be found by: a pairing costs every event that has both values, so it is opened
 * only when those who ask for it would save more.
 */
import { BITS_MAX } from './grid.ts';
import type { Bits } from './pairing.ts';

/** One of the two tests that a filter could be found by. */
export interface PairSide {
  readonly slot: number;
  readonly isRange: boolean;
}

/** One that a filter would like to be found by, with the share of events expected to pass it. */
export interface WantedSide extends PairSide {
  readonly share: number;
}

interface Wish {
  /** Candidates per event that all of them would save. */
  saved: number;
  count: number;
  /** Sums of the bits that the shares suggest. */
  firstBits: number;
  secondBits: number;
}

/** Looking into a cell costs as much as so many candidates. */
const PROBE_PRICE = 2;
/** With so many pairs that are wished for, the one that was wished for first is forgotten. */
export const WISHES_MAX = 1 << 14;
/** A wish with its place in the table; an estimate for the statistics. */
const WISH_BYTES = 100;
/** Most ranges of a pairing are no wider than so many powers of two above the mean. */
const USUAL_SPREAD = 0.5;
/** Cells of the first grid of a pairing, as a power of two: it opens when some dozens or hundreds of filters have asked for it. */
const USUAL_BITS_MAX = 11;

export class PairWishes {
  readonly #wishes = new Map<number, Wish>();

  /** @param saving Candidates per event that the filter would save. */
  add(first: WantedSide, second: WantedSide, saving: number): void {
    const key = pairKey(first, second);
    let wish = this.#wishes.get(key);
    if (wish === undefined) {
      if (this.#wishes.size >= WISHES_MAX) this.#wishes.delete(this.#wishes.keys().next().value as number);
      wish = { saved: 0, count: 0, firstBits: 0, secondBits: 0 };
      this.#wishes.set(key, wish);
    }
    wish.saved += saving;
    wish.count += 1;
    wish.firstBits -= Math.log2(first.share);
    wish.secondBits -= Math.log2(second.share);
  }

  /** Would those who asked save more than looking there costs? */
  areWorthIt(first: PairSide, second: PairSide): boolean {
    return (this.#wishes.get(pairKey(first, second))?.saved ?? 0) >= lookPrice(first.isRange, second.isRange);
  }

  /** Forgets who asked for a pair that is opened. Returns the cells that most of their ranges fit, and what each would save. */
  fulfil(first: PairSide, second: PairSide): { usual: Bits; saving: number } {
    const key = pairKey(first, second);
    const wish = this.#wishes.get(key) ?? { saved: 0, count: 1, firstBits: 0, secondBits: 0 };
    const { saved, count, firstBits, secondBits } = wish;
    this.#wishes.delete(key);
    const bits = {
      first: first.isRange ? usualBits(firstBits / count) : 0,
      second: second.isRange ? usualBits(secondBits / count) : 0,
    };
    while (bits.first + bits.second > USUAL_BITS_MAX) {
      if (bits.first > bits.second) bits.first -= 1;
      else bits.second -= 1;
    }
    return { usual: bits, saving: saved / count };
  }

  get bytes(): number {
    return this.#wishes.size * WISH_BYTES;
  }

  clear(): void {
    this.#wishes.clear();
  }
}

/** What looking into a pairing's cells costs an event, in candidates. */
export function lookPrice(isFirstRange: boolean, isSecondRange: boolean): number {
  return (isFirstRange ? 2 : 1) * (isSecondRange ? 2 : 1) * PROBE_PRICE;
}

/** Cells that most ranges fit, whose bits are `mean` on average. */
function usualBits(mean: number): number {
  return Math.min(BITS_MAX, Math.max(0, Math.floor(mean - USUAL_SPREAD)));
}

/** Do these stand in the order in which pairings name their slots? Constants come first, then lower slots. */
export function inOrder(first: PairSide, second: PairSide): boolean {
  return first.isRange === second.isRange ? first.slot < second.slot : second.isRange;
}

/** Different for different pairs. */
export function pairKey(first: PairSide, second: PairSide): number {
  return (first.slot * 2 + Number(first.isRange)) * 2 ** 26 + second.slot * 2 + Number(second.isRange);
}
