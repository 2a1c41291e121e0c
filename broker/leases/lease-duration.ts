import type { Chance } from '../kernel/chance.ts';
import type { LeaseTerms } from './lease-kinds.ts';

/** Grants over this are spread, so that leases granted together do not end together. */
const JITTER_OVER_MS = 10_000;
const JITTER = 0.1;
const GRACE = 0.1;
const GRACE_MS_MAX = 2_000;

/** Whether a client may ask for `ttlMs`: a whole number inside the range of the kind. */
export function isInRange(ttlMs: number, { minMs, maxMs }: LeaseTerms): boolean {
  return Number.isInteger(ttlMs) && ttlMs >= minMs && ttlMs <= maxMs;
}

/** The ttl as granted: one over 10 s up to 10 % shorter or longer, inside the range of the kind. */
export function spread(ttlMs: number, { minMs, maxMs }: LeaseTerms, chance: Chance): number {
  if (ttlMs <= JITTER_OVER_MS) return ttlMs;
  // Evenly over what the range leaves, not cut off at its end: grants of the longest ttl have to be spread too.
  const fromMs = Math.max(minMs, Math.ceil(ttlMs * (1 - JITTER)));
  const toMs = Math.min(maxMs, Math.floor(ttlMs * (1 + JITTER)));
  return Math.round(fromMs + chance.fraction() * (toMs - fromMs));
}

/** For how long after its end an expired lease may come back, while nobody else was granted the resource. */
export function graceMs(ttlMs: number): number {
  return Math.min(GRACE * ttlMs, GRACE_MS_MAX);
}
