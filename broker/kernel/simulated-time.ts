import type { Time } from './time.ts';

interface Periodic {
  readonly periodMs: number;
  readonly tick: () => void;
  dueMs: number;
}

/**
 * A clock that moves only when told to. One step runs in the order of a real event loop: timers that are due, then
 * what was waiting for the reads.
 */
export class SimulatedTime implements Time {
  #nowMs = 0;
  #waiting: (() => void)[] = [];
  readonly #periodics = new Set<Periodic>();
  readonly #wallOriginMs: number;

  constructor(wallOriginMs = Date.UTC(2026, 0, 1)) {
    this.#wallOriginMs = wallOriginMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallOriginMs + this.#nowMs;
  }

  every(periodMs: number, tick: () => void): () => void {
    if (!(periodMs > 0)) throw new RangeError(`a period of ${periodMs} ms`);
    const periodic: Periodic = { periodMs, tick, dueMs: this.#nowMs + periodMs };
    this.#periodics.add(periodic);
    return () => void this.#periodics.delete(periodic);
  }

  afterReads(then: () => void): void {
    this.#waiting.push(then);
  }

  /** Runs what waits for the reads, and what that leaves waiting in turn, without moving the clock. */
  settle(): void {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      for (const then of batch) then();
    }
  }

  /**
   * Moves the clock forward, running every timer at its moment, as on a machine that is never late. Timers of one moment
   * run in the order in which they were set, all of them before what waits for the reads.
   */
  advance(ms: number): void {
    const endMs = this.#after(ms);
    this.settle();
    for (let dueMs = this.#earliestDue(); dueMs <= endMs; dueMs = this.#earliestDue()) {
      this.#nowMs = Math.max(this.#nowMs, dueMs);
      this.#runDue();
      this.settle();
    }
    this.#nowMs = endMs;
  }

  /**
   * Moves the clock with nothing running, as when the process is stopped or collects garbage. On waking, each due timer
   * runs once, late; then `reads` stands for what the sockets held; then what waited for the reads.
   */
  stall(ms: number, reads: () => void = () => {}): void {
    this.#nowMs = this.#after(ms);
    this.#runDue();
    reads();
    this.settle();
  }

  #after(ms: number): number {
    // Anything else would let `advance` run for ever, or the clock go back.
    if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`time cannot move by ${ms} ms`);
    return this.#nowMs + ms;
  }

  #runDue(): void {
    const due = [...this.#periodics].filter(({ dueMs }) => dueMs <= this.#nowMs).sort((a, b) => a.dueMs - b.dueMs);
    for (const periodic of due) {
      // An earlier one of the same moment may have stopped it.
      if (!this.#periodics.has(periodic)) continue;
      periodic.dueMs = this.#nowMs + periodic.periodMs;
      periodic.tick();
    }
  }

  #earliestDue(): number {
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const { dueMs } of this.#periodics) earliestMs = Math.min(earliestMs, dueMs);
    return earliestMs;
  }
}
