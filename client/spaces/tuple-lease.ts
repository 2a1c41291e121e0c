import type { Written } from '../../broker/protocol/index.ts';
import { invalid } from '../arguments.ts';
import type { TellwhenError } from '../errors.ts';
import type { Outbox } from '../outbox.ts';
import { type Next, SpaceOperation } from './operation.ts';
import type { SpaceBinding } from './space-binding.ts';

export interface TupleLeaseMeans {
  readonly space: SpaceBinding;
  readonly renew: (tuple: number, leaseMs: number) => Promise<number>;
}

/** What `out` answers: where the tuple is, and for how long. */
export class TupleLease {
  /** Of the tuple in its space: they rise in order of `out`, by one source and by all. */
  readonly tuple: number;
  /** So long it stays, if nobody takes it before. 0 in a transaction, at whose commit its time begins. */
  readonly remainingMs: number;
  /** It is on disk. */
  readonly durable: boolean;
  /** The answer to the first try was lost; it was there already, and may have been taken since. */
  readonly repeated: boolean;
  readonly #means: TupleLeaseMeans;

  /** Made by the library only: of the `n`-th tuple after the one that was told of. */
  constructor({ tuple, remainingMs, durable, repeated }: Written, n: number, means: TupleLeaseMeans) {
    this.tuple = tuple + n;
    this.remainingMs = remainingMs;
    this.durable = durable;
    this.repeated = repeated;
    this.#means = means;
  }

  /** It stays for `leaseMs` from now. Resolves with what remains. Rejects with `tuple_gone`, `lease_ttl_range`. */
  async renew(leaseMs: number): Promise<number> {
    if (!(leaseMs > 0)) throw invalid(`a lease of ${leaseMs} ms; to end it, cancel it`);
    return await this.#means.renew(this.tuple, leaseMs);
  }

  /** Takes the tuple back out. Rejects with `tuple_gone` where somebody was faster. */
  async cancel(): Promise<void> {
    await this.#means.renew(this.tuple, 0);
  }
}

export interface RenewWish {
  readonly tuple: number;
  /** 0: it is removed. */
  readonly leaseMs: number;
  readonly renewed: (remainingMs: number) => void;
  readonly failed: (error: TellwhenError) => void;
}

/** Sets the lease of a tuple. Setting it twice does no harm; removing it twice is refused, so that is asked once. */
export class RenewOperation extends SpaceOperation {
  readonly #wish: RenewWish;

  constructor(space: SpaceBinding, deadlineMs: number, wish: RenewWish) {
    super(space, deadlineMs);
    this.#wish = wish;
  }

  override get repeatable(): boolean {
    return this.#wish.leaseMs > 0;
  }

  override write(outbox: Outbox, number: number): void {
    outbox.renewTuple(this.ref, number, this.#wish.tuple, this.#wish.leaseMs);
  }

  override settled(remainingMs: number): Next {
    this.#wish.renewed(remainingMs);
    return 'over';
  }

  override fail(error: TellwhenError): void {
    this.#wish.failed(error);
  }
}
