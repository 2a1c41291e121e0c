import type { LeaseTerms } from '../leases/index.ts';

/** What spaces grant, as the broker is configured. */
export interface SpaceTerms {
  readonly spacesMax: number;
  /** In memory, of the tuples of all spaces. */
  readonly roomBytesMax: number;
  /** Of one space. */
  readonly tuplesMax: number;
  readonly bytesMax: number;
  readonly tupleBytesMax: number;
  readonly jsonDepthMax: number;
  readonly tupleLease: LeaseTerms;
  /** Of takes and transactions. */
  readonly takeLease: LeaseTerms;
  readonly waitersMax: number;
  readonly waitersPerCallerMax: number;
}
