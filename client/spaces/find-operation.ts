import type { Code, FindWish, FoundTuple, LeaseGrant, NothingReason } from '../../broker/protocol/index.ts';
import { TellwhenError } from '../errors.ts';
import type { Outbox } from '../outbox.ts';
import { type Next, SpaceOperation } from './operation.ts';
import type { SpaceBinding } from './space-binding.ts';
import type { Tuple } from './tuple.ts';

/** One answer to a find. */
export interface Found {
  /** At least one. */
  readonly tuples: readonly Tuple[];
  readonly numbers: readonly number[];
  /** Of a find of many: where to go on; 0: there is no more. */
  readonly next: number;
}

export interface FindMeans {
  /** The wish but for its time. */
  readonly wish: Omit<FindWish, 'waitMs'>;
  /** It waits for a tuple, until its deadline. */
  readonly waits: boolean;
  /** As JSON. */
  readonly template: string;
  /** The broker's answer to a commit may take so long. */
  readonly answerMs: number;
  /** Takes what is found under a lease, to be committed by whoever it is given to. Absent: that is done here. */
  readonly hold?: ((found: Found, lease: LeaseGrant, nowMs: number) => void) | undefined;
  /** `undefined`: there was nothing. */
  readonly done: (found: Found | undefined) => void;
  readonly failed: (error: TellwhenError) => void;
}

/** The take came to nothing: the tuple is where it was. */
const TAKE_OVER: ReadonlySet<Code> = new Set<Code>([
  'lease_expired',
  'lease_superseded',
  'lease_unknown',
  'lease_not_owner',
]);

/**
 * Finds tuples: reads or takes them. A take is committed as soon as it is here, and done when the broker has said so:
 * what is handed to the caller is his, and nobody else's.
 *
 *     finding ── found, by reading, in a transaction, or for good ──▶ done
 *        ▲  └─── found, under a lease ──▶ committing ── settled ────▶ done
 *        └────────── the lease was over ──────┘
 */
export class FindOperation extends SpaceOperation {
  readonly #means: FindMeans;
  #wish: FindWish;
  /** Taken, and not committed yet. */
  #lease: LeaseGrant | undefined;
  #found: Found | undefined;
  /** Why nobody wants the answer any more, while it is waited for all the same. */
  #givenUp: TellwhenError | undefined;
  readonly #waitUntilMs: number;

  constructor(space: SpaceBinding, deadlineMs: number, means: FindMeans) {
    super(space, deadlineMs);
    this.#means = means;
    this.#waitUntilMs = deadlineMs;
    this.#wish = { ...means.wish, waitMs: means.waits ? 0 : undefined };
  }

  override get repeatable(): boolean {
    return this.#lease === undefined && this.#givenUp === undefined && !this.#irrevocable;
  }

  override get blocked(): boolean {
    return this.#means.waits && this.#lease === undefined;
  }

  override write(outbox: Outbox, number: number, nowMs: number): void {
    if (this.#lease !== undefined) {
      this.deadlineMs = nowMs + this.#means.answerMs;
      outbox.settle(this.ref, 'ack', 0, this.#lease);
      return;
    }
    if (this.#means.waits && this.#waitUntilMs < Number.POSITIVE_INFINITY) {
      this.#wish = { ...this.#wish, waitMs: Math.max(1, Math.ceil(this.#waitUntilMs - nowMs)) };
    }
    outbox.find(this.ref, number, this.#wish, this.#means.template);
  }

  override found(
    found: readonly FoundTuple[],
    next: number,
    lease: LeaseGrant | undefined,
    nowMs: number,
  ): Next | undefined {
    if (this.#lease !== undefined || found.length === 0) return undefined;
    const { wish, hold, done } = this.#means;
    this.#found = {
      tuples: found.map(({ text }) => parsed(text)),
      numbers: found.map(({ tuple }) => tuple),
      next,
    };
    if (lease === undefined) {
      if (wish.take && !this.#irrevocable) return undefined;
      done(this.#found);
      return 'over';
    }
    if (hold !== undefined) {
      hold(this.#found, lease, nowMs);
      return 'over';
    }
    this.#lease = lease;
    return 'write';
  }

  override nothing(reason: NothingReason): Next {
    if (this.#givenUp !== undefined) this.fail(this.#givenUp);
    else if (reason === 'none') this.#means.done(undefined);
    else this.fail(this.timedOut());
    return 'over';
  }

  override settled(): Next | undefined {
    if (this.#lease === undefined) return undefined;
    this.#means.done(this.#found);
    return 'over';
  }

  override refused(code: Code, message: string): Next {
    if (this.#lease === undefined || !TAKE_OVER.has(code) || this.#givenUp !== undefined) {
      this.fail(this.#givenUp ?? new TellwhenError(code, message));
      return 'over';
    }
    this.#lease = undefined;
    this.deadlineMs = this.#waitUntilMs;
    return 'again';
  }

  override giveUp(error: TellwhenError): boolean {
    if (this.#lease === undefined && !this.#irrevocable) return super.giveUp(error);
    this.#givenUp = error;
    return false;
  }

  override timedOut(): TellwhenError {
    return this.#means.waits && this.#lease === undefined
      ? new TellwhenError('timeout', 'no tuple that fits came in time')
      : super.timedOut();
  }

  override fail(error: TellwhenError): void {
    this.#means.failed(error);
  }

  /** Once the broker has sent it, it is ours, whether it arrives or not. */
  get #irrevocable(): boolean {
    const { take, final, transaction } = this.#means.wish;
    return take && (final || transaction !== undefined);
  }
}

function parsed(text: string): Tuple {
  try {
    return JSON.parse(text) as Tuple;
  } catch (cause) {
    throw new TellwhenError('broker_unreadable', 'the broker sent a tuple that is not JSON', { cause });
  }
}
