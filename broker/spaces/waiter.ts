import type { Wakeup } from '../delivery/wakeups.ts';
import type { FindWish } from '../protocol/index.ts';
import type { Caller } from './caller.ts';
import type { Space } from './space.ts';
import type { CompiledTemplate } from './template/compiled-template.ts';
import type { Transaction } from './transaction.ts';
import type { WaiterGroup } from './waiters.ts';

/** One find that waits for a tuple. */
export interface Waiter {
  readonly caller: Caller;
  readonly ref: number;
  readonly space: Space;
  readonly template: CompiledTemplate;
  readonly wish: FindWish;
  readonly transaction: Transaction | undefined;
  /** Rises with each that comes. */
  readonly arrival: number;
  readonly sinceMs: number;
  /** Where it waits, while it does. */
  group: WaiterGroup | undefined;
  deadline: Wakeup | undefined;
  before: Waiter | undefined;
  behind: Waiter | undefined;
}

/** Waiters in the order in which they came. Anyone leaves in O(1). */
export class WaiterQueue {
  first: Waiter | undefined;
  #last: Waiter | undefined;
  length = 0;

  push(waiter: Waiter): void {
    waiter.before = this.#last;
    waiter.behind = undefined;
    if (this.#last === undefined) this.first = waiter;
    else this.#last.behind = waiter;
    this.#last = waiter;
    this.length += 1;
  }

  /** It must be inside. */
  remove(waiter: Waiter): void {
    const { before, behind } = waiter;
    if (before === undefined) this.first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    waiter.before = undefined;
    waiter.behind = undefined;
    this.length -= 1;
  }
}
