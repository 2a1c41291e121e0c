import type { LeaseHolder } from '../leases/index.ts';

/** What somebody holds of spaces under a lease: a take, or a transaction. */
export abstract class Holding implements LeaseHolder {
  /** Tuples that it is about. */
  abstract readonly length: number;
  /** It was not committed, aborted, or over. */
  abstract readonly held: boolean;
  /** Its time is over: as if it were aborted. */
  abstract leaseExpired(id: number): void;
  /** Its holder is done: what it did is so from now on. True when that has to be flushed before it is said. */
  abstract commit(): boolean;
  /** Its holder gives back. */
  abstract abort(): void;
  /** Its connection is gone. */
  abstract ownerClosed(): void;
}
