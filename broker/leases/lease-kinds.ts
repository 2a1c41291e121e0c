/** What a lease is for. Each kind has its own range of durations. */
export type LeaseKind = 'retention' | 'delivery' | 'subscription' | 'take' | 'transaction';

/** Durations in whole milliseconds: 0 < min <= default <= max <= maxTotal. Only `maxTotalMs` may be infinite. */
export interface LeaseTerms {
  /** For a grant that does not say how long. */
  readonly defaultMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** The longest one grant may last with all its extensions. */
  readonly maxTotalMs: number;
}

export type LeaseTermsByKind = { readonly [kind in LeaseKind]: LeaseTerms };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const DEFAULT_LEASE_TERMS: LeaseTermsByKind = {
  /** Pull: the body stays fetchable for a subscriber that was notified. */
  retention: { defaultMs: 5 * MINUTE, minMs: SECOND, maxMs: 7 * DAY, maxTotalMs: 30 * DAY },
  /** Nobody else gets this event. */
  delivery: { defaultMs: 30 * SECOND, minMs: SECOND, maxMs: 10 * MINUTE, maxTotalMs: 12 * HOUR },
  /** The registration and its mailbox exist. Stopped while the owner is connected. */
  subscription: { defaultMs: DAY, minMs: 10 * SECOND, maxMs: 30 * DAY, maxTotalMs: Number.POSITIVE_INFINITY },
  /** Nobody else gets the tuples that were taken. */
  take: { defaultMs: 30 * SECOND, minMs: SECOND, maxMs: 10 * MINUTE, maxTotalMs: HOUR },
  /** What was done in it waits to be committed. */
  transaction: { defaultMs: 30 * SECOND, minMs: SECOND, maxMs: 10 * MINUTE, maxTotalMs: HOUR },
};

/** The order is the number a table keeps for a kind. */
export const LEASE_KINDS: readonly LeaseKind[] = ['retention', 'delivery', 'subscription', 'take', 'transaction'];

/** A table stores a duration in 32 bits: 49.7 days. */
const STORED_MS_MAX = 2 ** 32 - 1;

/** Throws RangeError when terms contradict themselves, which is a fault of the configuration. */
export function checkLeaseTerms(termsByKind: LeaseTermsByKind): void {
  for (const kind of LEASE_KINDS) {
    const { defaultMs, minMs, maxMs, maxTotalMs } = termsByKind[kind];
    if (![defaultMs, minMs, maxMs].every(Number.isInteger)) {
      throw new RangeError(`${kind} leases: durations must be whole milliseconds`);
    }
    const ordered = 0 < minMs && minMs <= defaultMs && defaultMs <= maxMs && maxMs <= maxTotalMs;
    if (!ordered) throw new RangeError(`${kind} leases: 0 < min <= default <= max <= max total does not hold`);
    if (maxMs > STORED_MS_MAX) throw new RangeError(`${kind} leases: max is over ${STORED_MS_MAX} ms`);
  }
}
