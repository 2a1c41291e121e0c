import type { LeaseGrant } from '../../broker/protocol/index.ts';
import { TellwhenError } from '../errors.ts';
import type { HeldLease } from '../lease.ts';
import type { Outbox } from '../outbox.ts';
import type { Settler } from '../settler.ts';
import { type Next, SpaceOperation } from './operation.ts';
import type { SpaceBinding } from './space-binding.ts';

/**
 * Several operations that happen together or not at all, in any spaces of one broker. What it puts, nobody else sees
 * before it commits; what it takes, nobody else sees while it lasts; what it has read, nobody else can take. It lives
 * under a lease, which is renewed until it ends, and no longer than its connection.
 *
 *     await using transaction = await client.transaction();
 *     const [, amount] = await from.in(['balance', Number], { transaction });
 *     await to.out(['balance', amount], { transaction });
 *     await transaction.commit();           // left without: aborted
 */
export class Transaction implements AsyncDisposable {
  readonly #lease: HeldLease;
  readonly #settler: Settler;
  /** Operations that are part of it and not answered. */
  readonly #underWay = new Set<Promise<unknown>>();

  /** Made by the library only. */
  constructor(lease: HeldLease, settler: Settler) {
    this.#lease = lease;
    this.#settler = settler;
  }

  /** What the broker calls it. */
  get id(): number {
    return this.#lease.id;
  }

  /** Fires, with a TellwhenError as its reason, when it is lost: all that it did is undone. */
  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  /**
   * All of it has happened. Waits for its operations under way first. Rejects with TellwhenError: `lease_expired` where
   * it was too late; `connection_lost` when the answer was lost with the connection: then all of it has happened, or
   * nothing.
   */
  async commit(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay]);
    await this.#settler.ack(this.#lease);
  }

  /** Nothing of it has happened. Its operations that wait are refused. */
  async abort(): Promise<void> {
    await this.#settler.release(this.#lease, 0);
  }

  /** It may last for `ms` more, counted from now, and that each time it is renewed. Resolves with what remains. */
  async extend(ms: number): Promise<number> {
    return await this.#settler.extend(this.#lease, ms);
  }

  /** Aborts, unless it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#lease.state === 'held') await this.abort();
  }

  /** For the library: throws TellwhenError unless operations may still be part of it. */
  check(): void {
    const { state, loss } = this.#lease;
    if (state === 'lost') throw loss ?? new TellwhenError('transaction_unknown', 'the transaction is lost');
    if (state === 'settled') throw new TellwhenError('transaction_unknown', 'the transaction has ended');
  }

  /** For the library: an operation is part of it. */
  track(operation: Promise<unknown>): void {
    this.#underWay.add(operation);
    const over = (): void => void this.#underWay.delete(operation);
    operation.then(over, over);
  }
}

export interface BeginWish {
  /** 0: as the broker is configured. */
  readonly leaseMs: number;
  readonly begun: (lease: LeaseGrant, nowMs: number) => void;
  readonly failed: (error: TellwhenError) => void;
}

/** Begins a transaction. One that was begun and not told of ends with its connection: asking again does no harm. */
export class BeginOperation extends SpaceOperation {
  readonly #wish: BeginWish;

  constructor(space: SpaceBinding, deadlineMs: number, wish: BeginWish) {
    super(space, deadlineMs);
    this.#wish = wish;
  }

  override get repeatable(): boolean {
    return true;
  }

  override write(outbox: Outbox): void {
    outbox.begin(this.ref, this.#wish.leaseMs);
  }

  override begun(lease: LeaseGrant, nowMs: number): Next {
    this.#wish.begun(lease, nowMs);
    return 'over';
  }

  override fail(error: TellwhenError): void {
    this.#wish.failed(error);
  }
}
