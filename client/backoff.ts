/** How the client comes back after it lost its connection. */
export interface ReconnectPolicy {
  /** Bound of the first wait. */
  readonly minMs: number;
  /** Bound of every wait. A connection that lasts so long counts as good: the waits start from the first again. */
  readonly maxMs: number;
  /** Attempts in a row before the client gives up and closes. */
  readonly attemptsMax: number;
}

export const DEFAULT_RECONNECT: ReconnectPolicy = { minMs: 100, maxMs: 10_000, attemptsMax: Number.POSITIVE_INFINITY };

/**
 * How long to wait before an attempt, the first being 0: uniform between nothing and a bound that doubles. Full jitter
 * spreads a crowd that lost the same broker best (M. Brooker, "Exponential Backoff and Jitter", 2015).
 */
export function backoffMs(attempt: number, { minMs, maxMs }: ReconnectPolicy, fraction: number): number {
  return fraction * Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
}
