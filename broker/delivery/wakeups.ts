import { Heap } from '../kernel/heap.ts';
import type { Time } from '../kernel/time.ts';

export interface Woken {
  wake(): void;
}

const TICK_MS = 100;

/**
 * Calls back after a pause: events that rest before they are delivered again, deliveries that found no lease to be had.
 * Late by up to a tick, never early. There is no cancelling: who was woken looks whether it still matters. Whoever asks
 * has a bound of its own on how much it has waiting.
 */
export class Wakeups {
  readonly #time: Time;
  readonly #waiting = new Heap<{ readonly dueMs: number; readonly woken: Woken }>(({ dueMs }) => dueMs);
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

  after(ms: number, woken: Woken): void {
    this.#waiting.push({ dueMs: this.#time.monotonicMs() + ms, woken });
  }

  #tick(): void {
    const nowMs = this.#time.monotonicMs();
    for (;;) {
      const next = this.#waiting.peek();
      if (next === undefined || next.dueMs > nowMs) return;
      this.#waiting.pop();
      next.woken.wake();
    }
  }
}
