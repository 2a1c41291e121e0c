/**
 * A ruler turns numbers into small integers, in order: the greater number never has the lesser code. It is cut where the
 * numbers are, so that codes are about equally frequent, and never changes; what was filed by its codes is found by them.
 */

/** Codes are 0…2^15 - 1. */
export const CODE_BITS = 15;
const CODES = 1 << CODE_BITS;

/** Fewer numbers tell too little. */
export const RULER_SAMPLE_MIN = 16;

/** With numbers spread less evenly than that each quarter of them covers a twelfth of the whole, one scale does not do. */
const EVEN = 12;
const UNEVEN_PARTS = 8;
/**
 * Numbers to come reach beyond those of a sample, and thresholds are where few numbers are. Codes go on past both ends, by this
 * share of the first part and of the last; else whatever is beyond would have one code, and not be told apart.
 */
const EVEN_MARGIN = 1 / 32;
const UNEVEN_MARGIN = 1 / 2;

export class Ruler {
  /** Where each part begins; its first code; codes for each unit of the value. */
  readonly #cuts: number[] = [];
  readonly #bases: number[] = [];
  readonly #slopes: number[] = [];

  /** @param sample Some of the numbers to be expected, at least one, in any order. */
  constructor(sample: Float64Array) {
    const sorted = Float64Array.from(sample).sort();
    const quantile = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] as number;
    const width = quantile(1) - quantile(0);
    const quarters = [0.25, 0.5, 0.75, 1].map((share) => quantile(share) - quantile(share - 0.25));
    const parts = quarters.every((quarter) => quarter * EVEN >= width) ? 1 : UNEVEN_PARTS;
    const span = CODES / parts;
    const margin = parts === 1 ? EVEN_MARGIN : UNEVEN_MARGIN;
    for (let part = 0; part < parts; part += 1) {
      const from = quantile(part / parts);
      const to = quantile((part + 1) / parts);
      if (part > 0 && to === from) continue;
      const before = part === 0 ? (to - from) * margin : 0;
      const after = part === parts - 1 ? (to - from) * margin : 0;
      this.#cuts.push(from - before);
      this.#bases.push(part * span);
      this.#slopes.push(to === from ? 0 : span / (to - from + before + after));
    }
    this.#bases.push(CODES);
  }

  /** Does it tell these numbers apart? Not when more than half of them are in one eighth of the codes: off an end, or equal. */
  suits(sample: Float64Array): boolean {
    const counts = new Int32Array(8);
    for (const value of sample) {
      const eighth = this.codeOf(value) >> (CODE_BITS - 3);
      counts[eighth] = (counts[eighth] as number) + 1;
    }
    return Math.max(...counts) * 2 <= sample.length;
  }

  /** The code of a number, which is not NaN. */
  codeOf(value: number): number {
    let part = this.#cuts.length - 1;
    while (part > 0 && value < (this.#cuts[part] as number)) part -= 1;
    const base = this.#bases[part] as number;
    const code = base + (value - (this.#cuts[part] as number)) * (this.#slopes[part] as number);
    const end = this.#bases[part + 1] as number;
    if (code >= end) return end - 1;
    return code > base ? Math.floor(code) : base;
  }
}
