import type { OutOptions, Written } from '../../broker/protocol/index.ts';
import type { TellwhenError } from '../errors.ts';
import type { Outbox } from '../outbox.ts';
import { type Next, SpaceOperation } from './operation.ts';
import type { SpaceBinding } from './space-binding.ts';
import { TupleLease, type TupleLeaseMeans } from './tuple-lease.ts';

export interface OutAsk {
  /** As JSON. */
  readonly text: string;
  readonly deadlineMs: number;
  readonly leaseMs: number | undefined;
  /** The number of the transaction, if it is part of one. */
  readonly transaction: number | undefined;
  readonly leases: TupleLeaseMeans;
}

/**
 * Puts a tuple. Its id is given when it is first written, so that ids rise in the order of the wire, and is the same on
 * every connection. What is put in a transaction has none: that ends with its connection.
 */
export class OutOperation extends SpaceOperation {
  readonly #ask: OutAsk;
  readonly #resolve: (lease: TupleLease) => void;
  readonly #reject: (error: TellwhenError) => void;
  #options: OutOptions | undefined;

  constructor(
    space: SpaceBinding,
    ask: OutAsk,
    resolve: (lease: TupleLease) => void,
    reject: (error: TellwhenError) => void,
  ) {
    super(space, ask.deadlineMs);
    this.#ask = ask;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  override get repeatable(): boolean {
    return this.#ask.transaction === undefined;
  }

  override get hasId(): boolean {
    return this.#ask.transaction === undefined;
  }

  override write(outbox: Outbox, number: number): void {
    const { leaseMs, transaction, text } = this.#ask;
    this.#options ??= { leaseMs, transaction, id: this.hasId ? this.space.freshId() : undefined };
    outbox.out(this.ref, number, this.#options, text);
  }

  override written(first: Written, n: number): Next {
    this.#resolve(new TupleLease(first, n, this.#ask.leases));
    return 'over';
  }

  override fail(error: TellwhenError): void {
    this.#reject(error);
  }
}
