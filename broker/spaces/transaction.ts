import { granted, type LeaseTable } from '../leases/index.ts';
import { type LeaseGrant, ProtocolError } from '../protocol/index.ts';
import type { Caller } from './caller.ts';
import { Holding } from './holding.ts';
import type { Space } from './space.ts';
import type { SpaceCounters } from './space-counters.ts';
import type { CompiledTemplate } from './template/compiled-template.ts';
import type { Tuple } from './tuple.ts';
import type { TupleFates } from './tuple-fates.ts';
import type { Waiter } from './waiter.ts';

export interface TransactionMeans {
  readonly leases: LeaseTable;
  readonly fates: TupleFates;
  /** Ends a find that waits in it. */
  readonly unserved: (waiter: Waiter, error: unknown) => void;
  readonly counters: SpaceCounters;
}

/** Tuples that one transaction may have written, read or taken. It holds back others, and commits in one turn. */
const TUPLES_MAX = 10_000;

/**
 * Several operations of one connection that happen together or not at all, after JavaSpaces: what it writes only it sees,
 * what it reads nobody else takes, what it takes nobody else sees, until it commits or aborts.
 */
export class Transaction extends Holding {
  readonly lease: LeaseGrant;
  readonly #means: TransactionMeans;
  readonly #caller: Caller;
  readonly #written = new Set<Tuple>();
  readonly #taken: Tuple[] = [];
  readonly #read = new Set<Tuple>();
  /** It was committed or aborted. */
  over = false;

  /** Throws ProtocolError `lease_limit` or `lease_ttl_range`. `leaseMs` 0: as the broker is configured. */
  constructor(caller: Caller, leaseMs: number, means: TransactionMeans) {
    super();
    this.#means = means;
    this.#caller = caller;
    const { leases } = means;
    const { id } = granted(leases.allocate('transaction', caller.principal, this));
    const lease = leases.grant(id, leaseMs === 0 ? {} : { ttlMs: leaseMs });
    if (!lease.ok) leases.free(id);
    const { token, remainingMs } = granted(lease);
    this.lease = { id, token, remainingMs };
    caller.transactions.set(id, this);
  }

  get length(): number {
    return this.#written.size + this.#taken.length + this.#read.size;
  }

  get held(): boolean {
    return !this.over;
  }

  /** Throws ProtocolError `lease_limit` when so many tuples more are more than it may have. */
  admit(tuples: number): void {
    if (this.length + tuples > TUPLES_MAX) {
      throw new ProtocolError('lease_limit', `a transaction has at most ${TUPLES_MAX} tuples`);
    }
  }

  write(tuple: Tuple): void {
    this.#written.add(tuple);
  }

  /** One of its own that fits. Looks at all of them. */
  find(space: Space, template: CompiledTemplate): Tuple | undefined {
    for (const tuple of this.#written) if (tuple.space === space && template.fits(tuple)) return tuple;
    return undefined;
  }

  read(tuple: Tuple): void {
    if (tuple.state === 'private') return;
    tuple.lock(this);
    this.#read.add(tuple);
  }

  take(tuple: Tuple): void {
    if (this.#written.delete(tuple)) {
      this.#means.fates.drop(tuple);
      return;
    }
    this.#means.fates.take(tuple);
    this.#taken.push(tuple);
  }

  leaseExpired(id: number): void {
    this.#means.leases.free(id);
    this.#undo();
  }

  /** The table has freed the lease. */
  commit(): boolean {
    const { fates, counters } = this.#means;
    this.#end();
    counters.transactions.committed += 1;
    // A space that was removed meanwhile has ended what is private in it, too.
    const written = [...this.#written].filter(({ state }) => state !== 'gone');
    const isTakenStored = fates.consume(this.#taken);
    this.#unlock();
    const isWrittenStored = fates.publish(written);
    return isTakenStored || isWrittenStored;
  }

  abort(): void {
    this.#means.leases.free(this.lease.id);
    this.#undo();
  }

  /** Its connection is gone. */
  ownerClosed(): void {
    this.#means.leases.end(this.lease.id, 'owner-closed');
    this.abort();
  }

  #undo(): void {
    const { fates, counters } = this.#means;
    this.#end();
    counters.transactions.aborted += 1;
    for (const tuple of this.#written) fates.drop(tuple);
    this.#unlock();
    fates.giveBack(this.#taken);
  }

  #unlock(): void {
    for (const tuple of this.#read) this.#means.fates.unlock(tuple, this);
    this.#read.clear();
  }

  #end(): void {
    this.over = true;
    this.#caller.transactions.delete(this.lease.id);
    for (const waiter of [...this.#caller.waiters.values()]) {
      if (waiter.transaction !== this) continue;
      this.#means.unserved(waiter, transactionOver());
    }
  }
}

/** What its finds are told that were not answered before. */
export function transactionOver(): ProtocolError {
  return new ProtocolError('transaction_unknown', 'the transaction has ended');
}
