import { granted, type LeaseTable } from '../leases/index.ts';
import type { LeaseGrant } from '../protocol/index.ts';
import type { Caller } from './caller.ts';
import { Holding } from './holding.ts';
import type { Tuple } from './tuple.ts';
import type { TupleFates } from './tuple-fates.ts';

export interface TakeMeans {
  readonly leases: LeaseTable;
  readonly fates: TupleFates;
}

/** Tuples that somebody has taken outside of a transaction, and keeps for a time to commit or give back: one lease for all. */
export class Take extends Holding {
  readonly #means: TakeMeans;
  readonly #caller: Caller;
  readonly #tuples: Tuple[] = [];
  readonly #lease: LeaseGrant;

  /** Throws ProtocolError `lease_limit` or `lease_ttl_range`, and then nothing is taken. */
  constructor(caller: Caller, leaseMs: number | undefined, means: TakeMeans) {
    super();
    this.#means = means;
    this.#caller = caller;
    const { leases } = means;
    const { id } = granted(leases.allocate('take', caller.principal, this));
    const lease = leases.grant(id, leaseMs === undefined ? {} : { ttlMs: leaseMs });
    if (!lease.ok) leases.free(id);
    const { token, remainingMs } = granted(lease);
    this.#lease = { id, token, remainingMs };
    caller.takes.add(this);
  }

  get length(): number {
    return this.#tuples.length;
  }

  get held(): boolean {
    return this.#caller.takes.has(this);
  }

  get lease(): LeaseGrant {
    return this.#lease;
  }

  add(tuple: Tuple): void {
    this.#means.fates.take(tuple);
    this.#tuples.push(tuple);
  }

  leaseExpired(id: number): void {
    this.#means.leases.free(id);
    this.#giveBack();
  }

  /** The table has freed the lease. */
  commit(): boolean {
    this.#caller.takes.delete(this);
    return this.#means.fates.consume(this.#tuples);
  }

  abort(): void {
    this.#means.leases.free(this.#lease.id);
    this.#giveBack();
  }

  /** Its connection is gone. */
  ownerClosed(): void {
    this.#means.leases.end(this.#lease.id, 'owner-closed');
    this.abort();
  }

  #giveBack(): void {
    this.#caller.takes.delete(this);
    this.#means.fates.giveBack(this.#tuples);
  }
}
