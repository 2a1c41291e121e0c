import type { EndCause, LeaseRefusalCode } from './lease-answers.ts';
import type { LeaseKind } from './lease-kinds.ts';

/**
 * What a lease table did since it was made, as plain integers. Always: granted + revived = all of `ended` + all of
 * `live`.
 */
export interface LeaseCounts {
  granted: number;
  renewed: number;
  /** Came back within the grace, to be extended or settled, after they had been counted as expired. */
  revived: number;
  readonly ended: Record<EndCause, number>;
  readonly refused: Record<LeaseRefusalCode, number>;
  /** Running now, the paused ones included. */
  readonly live: Record<LeaseKind, number>;
  /** Ids that a resource holds now, whether a grant runs or not. The bound of the broker is on these. */
  allocated: number;
  /** How often the broker stood still for so long that the clock of all leases was put back. */
  stalls: number;
  /** By how much in all. */
  shiftedMs: number;
}

export function zeroLeaseCounts(): LeaseCounts {
  return {
    granted: 0,
    renewed: 0,
    revived: 0,
    ended: { acked: 0, released: 0, expired: 0, revoked: 0, 'owner-closed': 0, boot: 0 },
    refused: {
      lease_superseded: 0,
      lease_expired: 0,
      lease_settled: 0,
      lease_unknown: 0,
      lease_not_owner: 0,
      lease_ttl_range: 0,
      lease_max_total: 0,
      lease_limit: 0,
    },
    live: { retention: 0, delivery: 0, subscription: 0, take: 0, transaction: 0 },
    allocated: 0,
    stalls: 0,
    shiftedMs: 0,
  };
}

export function copyLeaseCounts(counts: LeaseCounts): LeaseCounts {
  return { ...counts, ended: { ...counts.ended }, refused: { ...counts.refused }, live: { ...counts.live } };
}
