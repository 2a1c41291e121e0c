import type { Code, FoundTuple, LeaseGrant, NothingReason, Written } from '../../broker/protocol/index.ts';
import { TellwhenError } from '../errors.ts';
import type { Outbox } from '../outbox.ts';
import type { SpaceBinding } from './space-binding.ts';

/** What follows an answer: nothing more; it is written again, at once; or it takes its place in the line once more. */
export type Next = 'over' | 'write' | 'again';

/**
 * Something asked of a space, from the call to its end, across connections. It is written under a ref of its own each
 * time, and told what came of it by one of the methods below, which say what follows; `undefined`: that was not asked for.
 */
export abstract class SpaceOperation {
  readonly space: SpaceBinding;
  /** Of its last writing. */
  ref = 0;
  /** It is written, and its answer awaited. */
  sent = false;
  /** On the client's clock: then it has taken too long. */
  deadlineMs: number;
  /** Takes the listener off the caller's AbortSignal. */
  detach: (() => void) | undefined;

  constructor(space: SpaceBinding, deadlineMs: number) {
    this.space = space;
    this.deadlineMs = deadlineMs;
  }

  /** May be asked again on the next connection, when the answer was lost with this one. */
  abstract get repeatable(): boolean;

  /** The broker would know it again, as long as not too many came after it. */
  get hasId(): boolean {
    return false;
  }

  /** Waits for what somebody else does: perhaps for ever. */
  get blocked(): boolean {
    return false;
  }

  /** Throws TellwhenError when it cannot be sent. */
  abstract write(outbox: Outbox, number: number, nowMs: number): void;

  abstract fail(error: TellwhenError): void;

  /**
   * Its answer is wanted no more, for this reason. True: it has failed with that, and whatever was done is undone. False:
   * what is done cannot be undone, and the answer is to be waited for.
   */
  giveUp(error: TellwhenError): boolean {
    this.fail(error);
    return true;
  }

  /** What is said when it has taken too long. */
  timedOut(): TellwhenError {
    return new TellwhenError('timeout', this.sent ? 'no answer in time' : 'not sent in time');
  }

  refused(code: Code, message: string): Next {
    this.fail(new TellwhenError(code, message));
    return 'over';
  }

  /** It is the `n`-th after the one that `first` tells of. */
  written(_first: Written, _n: number): Next | undefined {
    return undefined;
  }

  found(
    _tuples: readonly FoundTuple[],
    _next: number,
    _lease: LeaseGrant | undefined,
    _nowMs: number,
  ): Next | undefined {
    return undefined;
  }

  nothing(_reason: NothingReason): Next | undefined {
    return undefined;
  }

  begun(_lease: LeaseGrant, _nowMs: number): Next | undefined {
    return undefined;
  }

  settled(_remainingMs: number): Next | undefined {
    return undefined;
  }
}
