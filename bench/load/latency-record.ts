import { build, type Histogram } from 'hdr-histogram-js';
import { nowUs } from './shared-clock.ts';

/** A minute: nobody waits longer. */
const US_MAX = 60_000_000;

/** Of a latency distribution, in microseconds. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Percentile and microseconds, from the 0th on, ever denser towards 100. */
  readonly curve: readonly (readonly [percentile: number, us: number])[];
}

const CURVE = [
  0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.98, 99.99, 99.999,
];

/**
 * Time from when an event was *due* to be published until it was handed over. A publisher, a broker or a client that stops
 * for a while delays all events that were due meanwhile, and each of them is counted with its whole delay: so there is no
 * coordinated omission.
 */
export class LatencyRecord {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: US_MAX,
    numberOfSignificantValueDigits: 3,
  });
  #fromUs = Number.POSITIVE_INFINITY;
  #untilUs = Number.POSITIVE_INFINITY;

  /** Counts what is due from now on. */
  start(): void {
    this.#fromUs = nowUs();
  }

  /** Counts nothing that is due later than now. What was due before and has not come yet will be counted. */
  stop(): void {
    this.#untilUs = nowUs();
  }

  record(dueUs: number): void {
    if (dueUs < this.#fromUs || dueUs >= this.#untilUs) return;
    this.#histogram.recordValue(Math.min(US_MAX, Math.max(1, Math.round(nowUs() - dueUs))));
  }

  latency(): Latency {
    const histogram = this.#histogram;
    const at = (percentile: number): number => histogram.getValueAtPercentile(percentile);
    return {
      count: histogram.totalCount,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      max: histogram.maxValue,
      curve: CURVE.map((percentile) => [percentile, at(percentile)] as const),
    };
  }
}
