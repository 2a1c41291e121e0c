import type { ClientTime } from '../../client/time.ts';

interface Timer {
  readonly dueMs: number;
  readonly then: () => void;
}

/** Lets everything run that waits for nothing but its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The client's clock, moved by hand; its chance, fixed. */
export class ManualTime implements ClientTime {
  chance = 0.5;
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, then: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, then };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  endOfTurn(then: () => void): void {
    queueMicrotask(then);
  }

  fraction(): number {
    return this.chance;
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Moves on, each timer at its moment, with a turn after each for what it sets off. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await turn();
    for (;;) {
      const [next] = [...this.#timers].sort((one, other) => one.dueMs - other.dueMs);
      if (next === undefined || next.dueMs > endMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      this.#timers.delete(next);
      next.then();
      await turn();
    }
    this.#nowMs = endMs;
  }
}
