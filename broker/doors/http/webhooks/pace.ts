const MINUTE = 60_000;
/** Of this time what may be sent may be sent at once. */
const AT_ONCE_MS = 1_000;

/** So many a minute, evenly. The clock is the caller's, in milliseconds; O(1), no timer. */
export class Pace {
  readonly #intervalMs: number;
  /** When the next one would have its turn, were none sent early. */
  #nextMs = Number.NEGATIVE_INFINITY;

  /** `perMinute`: Infinity for no limit; 0 for none at all. */
  constructor(perMinute: number) {
    this.#intervalMs = MINUTE / perMinute;
  }

  /** How long until one more may go; 0: now. */
  waitMs(nowMs: number): number {
    const earlyMs = Math.max(0, AT_ONCE_MS - this.#intervalMs);
    if (this.#intervalMs === Number.POSITIVE_INFINITY) return this.#intervalMs;
    return Math.max(0, this.#nextMs - earlyMs - nowMs);
  }

  sent(nowMs: number): void {
    this.#nextMs = Math.max(this.#nextMs, nowMs) + this.#intervalMs;
  }
}
