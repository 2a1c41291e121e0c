import { NO_OUT_OPTIONS, type OutOptions, type Written } from '../../broker/protocol/index.ts';
import type { TellwhenError } from '../errors.ts';
import type { Outbox } from '../outbox.ts';
import { type Next, SpaceOperation } from './operation.ts';
import type { SpaceBinding } from './space-binding.ts';
import { TupleLease, type TupleLeaseMeans } from './tuple-lease.ts';

export interface OutWish {
  /** As JSON. */
  readonly text: string;
  readonly leaseMs: number | undefined;
  /** The number of the transaction, if it is part of one. */
  readonly transaction: number | undefined;
  readonly means: TupleLeaseMeans;
  readonly put: (lease: TupleLease) => void;
  readonly failed: (error: TellwhenError) => void;
}

/**
 * Puts a tuple. Its id is given when it is first written, so that ids rise in the order of the wire, and is the same on
 * every connection. What is put in a transaction has none: that ends with its connection.
 */
export class OutOperation extends SpaceOperation {
  readonly #wish: OutWish;
  #options: OutOptions | undefined;

  constructor(space: SpaceBinding, deadlineMs: number, wish: OutWish) {
    super(space, deadlineMs);
    this.#wish = wish;
  }

  override get repeatable(): boolean {
    return this.#wish.transaction === undefined;
  }

  override get hasId(): boolean {
    return this.#wish.transaction === undefined;
  }

  override write(outbox: Outbox, number: number): void {
    this.#options ??= this.#firstOptions();
    outbox.out(this.ref, number, this.#options, this.#wish.text);
  }

  override written(first: Written, n: number): Next {
    this.#wish.put(new TupleLease(first, n, this.#wish.means));
    return 'over';
  }

  override fail(error: TellwhenError): void {
    this.#wish.failed(error);
  }

  #firstOptions(): OutOptions {
    const { leaseMs, transaction } = this.#wish;
    return { ...NO_OUT_OPTIONS, leaseMs, transaction, id: this.hasId ? this.space.freshId() : undefined };
  }
}
