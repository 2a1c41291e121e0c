import type { LeaseKind } from './lease-kinds.ts';

/** How a lease ended. Every end has exactly one. The order is the number a table keeps for a cause. */
export const END_CAUSES = ['acked', 'released', 'expired', 'revoked', 'owner-closed', 'boot'] as const;
export type EndCause = (typeof END_CAUSES)[number];

/** What a client shows to act on a lease. */
export interface LeaseClaim {
  readonly id: number;
  /** The fencing number it was given with its grant. */
  readonly token: number;
  /** Who asks. */
  readonly principal: string;
}

/** A lease as its owner sees it. Durations travel, never instants. */
export interface LeaseGrant {
  readonly ok: true;
  readonly id: number;
  readonly token: number;
  /** Whole milliseconds, rounded down, until the lease ends. */
  readonly remainingMs: number;
}

/** The lease has a new end, by this call. */
export interface LeaseExtended extends LeaseGrant {
  readonly holder: LeaseHolder;
  /** The lease had expired and came back within its grace: its holder was told `leaseExpired`, and takes that back. */
  readonly revived: boolean;
}

/** The lease is ended, by this call. */
export interface LeaseSettled {
  readonly ok: true;
  readonly holder: LeaseHolder;
  /** As in LeaseExtended. */
  readonly revived: boolean;
}

export interface LeaseAllocated {
  readonly ok: true;
  readonly id: number;
}

/**
 * Why nothing was done.
 *
 * - `lease_superseded`: the resource was granted again since; the token is stale.
 * - `lease_expired`: ended by time, the grace is over, nobody else has it yet.
 * - `lease_settled`: ended otherwise; `cause` says how.
 * - `lease_unknown`: never granted by this broker since it started, or ended too long ago to remember how.
 * - `lease_not_owner`: the token is right, the principal is not.
 * - `lease_ttl_range`: not a whole number of milliseconds inside the range of the kind.
 * - `lease_max_total`: would last longer in total than the kind may; `leftMs` is the longest that would pass now, which
 *   may be less than the kind's least.
 * - `lease_limit`: `bound` says who holds as many as they may.
 */
export type LeaseRefusal = { readonly ok: false; readonly message: string } & (
  | { readonly code: 'lease_superseded' | 'lease_expired' | 'lease_unknown' | 'lease_not_owner' | 'lease_ttl_range' }
  | { readonly code: 'lease_settled'; readonly cause: EndCause }
  | { readonly code: 'lease_max_total'; readonly leftMs: number }
  | { readonly code: 'lease_limit'; readonly bound: 'principal' | 'broker' }
);

export type LeaseRefusalCode = LeaseRefusal['code'];

/**
 * The resource behind a lease. Told once when a grant expires; may then call the table: `grant` again, or `free`.
 * An extension or a settlement within the grace takes the expiry back, unless it did either.
 */
export interface LeaseHolder {
  leaseExpired(id: number): void;
}

export type LeaseState = 'idle' | 'live' | 'paused' | 'ended';

/** One lease, for status and explain. */
export interface LeaseDescription {
  readonly id: number;
  readonly kind: LeaseKind;
  readonly owner: string;
  readonly state: LeaseState;
  /** Of the last grant; absent before the first. */
  readonly token?: number | undefined;
  /** Of the last grant or extension, jitter included. */
  readonly ttlMs?: number | undefined;
  /** As `LeaseTable.remainingMs`. */
  readonly remainingMs: number;
  /** Since the grant of this token, stalls of the broker not counted. */
  readonly heldMs?: number | undefined;
  /** How the last grant ended. */
  readonly cause?: EndCause | undefined;
}
