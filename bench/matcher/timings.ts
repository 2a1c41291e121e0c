/** Microseconds. */
export interface Timings {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** A pause of the whole process, in milliseconds of `performance.now()`. */
export interface Pause {
  readonly startMs: number;
  readonly endMs: number;
}

/** Notices when the system gave the processor to another process, which is no time of what is measured. */
export class ProcessorSwitches {
  #count = 0;

  /** Whether that happened since this was asked before. Costs some microseconds, and garbage. */
  happened(): boolean {
    const count = process.resourceUsage().involuntaryContextSwitches;
    const isNew = count !== this.#count;
    this.#count = count;
    return isNew;
  }
}

/**
 * Durations, kept one by one in memory that is there beforehand, so that measuring makes no garbage to collect. The
 * clock is `performance.now()`, which costs some 50 ns a reading; that is left in.
 */
export class Samples {
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  readonly #disturbed: Uint8Array;
  #count = 0;

  /** @param max More are not recorded. */
  constructor(max: number) {
    this.#starts = new Float64Array(max);
    this.#ends = new Float64Array(max);
    this.#disturbed = new Uint8Array(max);
  }

  /** Of what began at `startMs` and ends now. `switches` may tell whether the process had to wait for a processor. */
  record(startMs: number, switches?: ProcessorSwitches): void {
    this.#ends[this.#count] = performance.now();
    this.#starts[this.#count] = startMs;
    this.#disturbed[this.#count] = switches?.happened() === true ? 1 : 0;
    if (this.#count < this.#starts.length) this.#count += 1;
  }

  /** All zero if nothing was recorded. `share` divides each duration, for what was timed several at a time. */
  timings(share = 1): Timings {
    const sorted = new Float64Array(this.#count);
    for (let i = 0; i < this.#count; i += 1) sorted[i] = this.#duration(i) / share;
    sorted.sort();
    const at = (quantile: number): number => sorted[Math.min(this.#count - 1, Math.floor(quantile * this.#count))] ?? 0;
    const mean = this.#count === 0 ? 0 : sorted.reduce((sum, duration) => sum + duration, 0) / this.#count;
    return { mean, p50: at(0.5), p99: at(0.99), max: at(1) };
  }

  /** The longest, in microseconds, into which no pause fell and for which `isDisturbed` was not said. */
  maxUndisturbed(pauses: readonly Pause[]): number {
    let max = 0;
    for (let i = 0; i < this.#count; i += 1) {
      const duration = this.#duration(i);
      if (duration <= max || this.#disturbed[i] === 1) continue;
      const start = this.#starts[i] as number;
      const end = this.#ends[i] as number;
      if (!pauses.some(({ startMs, endMs }) => startMs < end && endMs > start)) max = duration;
    }
    return max;
  }

  #duration(i: number): number {
    return ((this.#ends[i] as number) - (this.#starts[i] as number)) * 1e3;
  }
}

/** How long `work` takes, in seconds. */
export function secondsOf(work: () => void): number {
  const startMs = performance.now();
  work();
  return (performance.now() - startMs) / 1e3;
}
