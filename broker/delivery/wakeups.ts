import { Heap, type HeapItem, NOT_IN_HEAP } from '../kernel/heap.ts';
import type { Time } from '../kernel/time.ts';

export interface Woken {
  wake(): void;
}

/** A call to come. Made by `Wakeups.after` only. */
export interface Wakeup extends HeapItem {
  readonly dueMs: number;
  /** Of those that are due at one time, the first to be made is the first to be called. */
  readonly nth: number;
  readonly woken: Woken;
}

const TICK_MS = 100;

/**
 * Calls back after a pause: events that rest before they are delivered again, deliveries that found no lease to be had.
 * Late by up to a tick, never early. One call at most for each event kept and each subscription, so it needs no bound
 * of its own.
 */
export class Wakeups {
  readonly #time: Time;
  readonly #waiting = new Heap<Wakeup>(
    (one, other) => one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.nth < other.nth),
  );
  #made = 0;
  #stop: (() => void) | undefined;

  constructor(time: Time) {
    this.#time = time;
  }

  start(): void {
    this.#stop ??= this.#time.every(TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length;
  }

  after(ms: number, woken: Woken): Wakeup {
    const wakeup = { dueMs: this.#time.monotonicMs() + ms, nth: this.#made++, woken, heapAt: NOT_IN_HEAP };
    this.#waiting.push(wakeup);
    return wakeup;
  }

  /** Without effect once it was called. */
  cancel(wakeup: Wakeup): void {
    this.#waiting.remove(wakeup);
  }

  #tick(): void {
    const nowMs = this.#time.monotonicMs();
    for (let next = this.#waiting.peek(); next !== undefined && next.dueMs <= nowMs; next = this.#waiting.peek()) {
      this.#waiting.pop();
      next.woken.wake();
    }
  }
}
