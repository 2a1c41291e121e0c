import type { Lane } from '../kernel/turns.ts';
import type { FoundTuple, LeaseGrant, NothingReason, Written } from '../protocol/index.ts';
import type { Space } from './space.ts';
import type { Take } from './take.ts';
import type { Transaction } from './transaction.ts';
import type { Waiter } from './waiter.ts';

/** Where answers go. */
export interface SpaceAnswers {
  written(firstRef: number, count: number, first: Written): void;
  found(ref: number, lease: LeaseGrant | undefined, next: number, tuples: readonly FoundTuple[]): void;
  nothing(ref: number, reason: NothingReason): void;
  begun(ref: number, lease: LeaseGrant): void;
  /** Later than the request: whoever asks at once is told by a throw. */
  refused(ref: number, error: unknown): void;
}

/**
 * One connection, as spaces know it: what it has opened, what it waits for, and what it holds, which goes back when it
 * ends.
 */
export class Caller {
  /** Whose leases they are. */
  readonly principal: string;
  readonly answers: SpaceAnswers;
  /** For searches that take longer than a turn. */
  readonly lane: Lane;
  /** By the number that the client knows, which is the space's own. */
  readonly opened = new Map<number, OpenedSpace>();
  /** By the ref of their request. */
  readonly waiters = new Map<number, Waiter>();
  readonly takes = new Set<Take>();
  /** By the id of their lease. */
  readonly transactions = new Map<number, Transaction>();
  /** Its connection has ended. */
  over = false;

  constructor(principal: string, answers: SpaceAnswers, lane: Lane) {
    this.principal = principal;
    this.answers = answers;
    this.lane = lane;
  }
}

export interface OpenedSpace {
  readonly space: Space;
  /** Under which name ids of `out` are known; absent: they are not. */
  readonly source: string | undefined;
}
