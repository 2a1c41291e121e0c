/** Leases: who may do what with a resource until when. Read lease-table.ts first. */

export { granted } from './granted.ts';
export type {
  EndCause,
  LeaseAllocated,
  LeaseClaim,
  LeaseDescription,
  LeaseExtended,
  LeaseGrant,
  LeaseHolder,
  LeaseRefusal,
  LeaseRefusalCode,
  LeaseSettled,
  LeaseState,
} from './lease-answers.ts';
export { LeaseClock } from './lease-clock.ts';
export type { LeaseCounts } from './lease-counts.ts';
export {
  DEFAULT_LEASE_TERMS,
  LEASE_KINDS,
  type LeaseKind,
  type LeaseTerms,
  type LeaseTermsByKind,
} from './lease-kinds.ts';
export { LeaseSweep } from './lease-sweep.ts';
export { LeaseTable, type LeaseTableOptions } from './lease-table.ts';
