import type { Code, FindWish, FoundTuple, LeaseGrant, NothingReason } from '../../broker/protocol/index.ts';
import { TellwhenError } from '../errors.ts';
import type { Outbox } from '../outbox.ts';
import { type Next, SpaceOperation } from './operation.ts';
import type { SpaceBinding } from './space-binding.ts';
import type { Tuple } from './tuple.ts';

export interface FindAsk {
  /** Its `waitMs` is there if it waits for a tuple; how long, the deadline says. */
  readonly wish: FindWish;
  /** As JSON. */
  readonly template: string;
  /** When it is over. */
  readonly deadlineMs: number;
  /** The broker's answer to a commit may take so long. */
  readonly answerMs: number;
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
export abstract class FindOperation extends SpaceOperation {
  readonly #ask: FindAsk;
  /** Taken, and not committed yet. */
  #lease: LeaseGrant | undefined;
  #found: readonly FoundTuple[] = [];
  #next = 0;
  /** Why nobody wants the answer any more, while it is waited for all the same. */
  #givenUp: TellwhenError | undefined;

  constructor(space: SpaceBinding, ask: FindAsk) {
    super(space, ask.deadlineMs);
    this.#ask = ask;
  }

  /**
   * Whoever asked has them, for good; there may be none.
   *
   * @param next where a find of many goes on; 0: there are no more
   */
  protected abstract done(found: readonly FoundTuple[], next: number): void;

  /** True when whoever asked has taken them together with their lease, to settle it himself. */
  protected hold(_found: readonly FoundTuple[], _next: number, _lease: LeaseGrant, _nowMs: number): boolean {
    return false;
  }

  override get repeatable(): boolean {
    return this.#lease === undefined && this.#givenUp === undefined && !this.#irrevocable;
  }

  override get blocked(): boolean {
    return this.#ask.wish.waitMs !== undefined && this.#lease === undefined;
  }

  override write(outbox: Outbox, number: number, nowMs: number): void {
    const { wish, template, deadlineMs, answerMs } = this.#ask;
    if (this.#lease !== undefined) {
      this.deadlineMs = nowMs + answerMs;
      outbox.settle(this.ref, 'ack', 0, this.#lease);
    } else if (wish.waitMs !== undefined && deadlineMs < Number.POSITIVE_INFINITY) {
      const waitMs = Math.max(1, Math.ceil(deadlineMs - nowMs));
      outbox.find(this.ref, number, { ...wish, waitMs }, template);
    } else {
      outbox.find(this.ref, number, wish, template);
    }
  }

  override found(
    found: readonly FoundTuple[],
    next: number,
    lease: LeaseGrant | undefined,
    nowMs: number,
  ): Next | undefined {
    const { take, many } = this.#ask.wish;
    // Of many there may be none, where an answer only says where to go on.
    if (this.#lease !== undefined || (found.length === 0 && many === undefined)) return undefined;
    if (lease === undefined) {
      if (take && found.length > 0 && !this.#irrevocable) return undefined;
      this.done(found, next);
      return 'over';
    }
    if (this.hold(found, next, lease, nowMs)) return 'over';
    this.#lease = lease;
    this.#found = found;
    this.#next = next;
    return 'write';
  }

  override nothing(reason: NothingReason): Next {
    if (this.#givenUp !== undefined) this.fail(this.#givenUp);
    else if (reason === 'none') this.done([], 0);
    else this.fail(this.timedOut());
    return 'over';
  }

  override settled(): Next | undefined {
    if (this.#lease === undefined) return undefined;
    this.done(this.#found, this.#next);
    return 'over';
  }

  override refused(code: Code, message: string): Next {
    if (this.#lease === undefined || !TAKE_OVER.has(code) || this.#givenUp !== undefined) {
      this.fail(this.#givenUp ?? new TellwhenError(code, message));
      return 'over';
    }
    this.#lease = undefined;
    this.deadlineMs = this.#ask.deadlineMs;
    return 'again';
  }

  override giveUp(error: TellwhenError): boolean {
    if (this.#lease === undefined && !this.#irrevocable) return super.giveUp(error);
    this.#givenUp = error;
    return false;
  }

  override timedOut(): TellwhenError {
    return this.blocked ? new TellwhenError('timeout', 'no tuple that fits came in time') : super.timedOut();
  }

  /** Once the broker has sent it, it is ours, whether it arrives or not. */
  get #irrevocable(): boolean {
    const { take, final, transaction } = this.#ask.wish;
    return take && (final || transaction !== undefined);
  }
}

/** Finds one, and resolves with it, or with `undefined`. */
export class FindOne extends FindOperation {
  readonly #resolve: (tuple: unknown) => void;
  readonly #reject: (error: TellwhenError) => void;
  readonly #handOver: ((tuple: Tuple, lease: LeaseGrant, nowMs: number) => unknown) | undefined;

  /** @param handOver makes what it resolves with of a take that whoever asked is to settle; absent: it is committed */
  constructor(
    space: SpaceBinding,
    ask: FindAsk,
    resolve: (tuple: unknown) => void,
    reject: (error: TellwhenError) => void,
    handOver: ((tuple: Tuple, lease: LeaseGrant, nowMs: number) => unknown) | undefined,
  ) {
    super(space, ask);
    this.#resolve = resolve;
    this.#reject = reject;
    this.#handOver = handOver;
  }

  override fail(error: TellwhenError): void {
    this.#reject(error);
  }

  protected override done([first]: readonly FoundTuple[]): void {
    this.#resolve(first === undefined ? undefined : parsed(first));
  }

  protected override hold([first]: readonly FoundTuple[], _next: number, lease: LeaseGrant, nowMs: number): boolean {
    if (this.#handOver === undefined || first === undefined) return false;
    this.#resolve(this.#handOver(parsed(first), lease, nowMs));
    return true;
  }
}

/** One answer to a find of many. */
export interface FoundPage {
  readonly tuples: readonly Tuple[];
  /** Where to go on; 0: there are no more. */
  readonly next: number;
}

/** Finds many, and resolves with a part of them. Of a take, the lease goes to whoever asked. */
export class FindMany extends FindOperation {
  readonly #resolve: (page: FoundPage) => void;
  readonly #reject: (error: TellwhenError) => void;
  readonly #leased: (lease: LeaseGrant, nowMs: number) => void;

  constructor(
    space: SpaceBinding,
    ask: FindAsk,
    resolve: (page: FoundPage) => void,
    reject: (error: TellwhenError) => void,
    leased: (lease: LeaseGrant, nowMs: number) => void,
  ) {
    super(space, ask);
    this.#resolve = resolve;
    this.#reject = reject;
    this.#leased = leased;
  }

  override fail(error: TellwhenError): void {
    this.#reject(error);
  }

  protected override done(found: readonly FoundTuple[], next: number): void {
    this.#resolve({ tuples: found.map(parsed), next });
  }

  protected override hold(found: readonly FoundTuple[], next: number, lease: LeaseGrant, nowMs: number): boolean {
    this.#leased(lease, nowMs);
    this.done(found, next);
    return true;
  }
}

function parsed({ text }: FoundTuple): Tuple {
  try {
    return JSON.parse(text) as Tuple;
  } catch (cause) {
    throw new TellwhenError('broker_unreadable', 'the broker sent a tuple that is not JSON', { cause });
  }
}
