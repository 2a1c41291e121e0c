import type { Time } from '../../broker/kernel/time.ts';

/** A clock that only work moves, and an event loop whose turns a test takes one by one. */
export class TurningTime implements Time {
  nowMs = 0;
  #later: (() => void)[] = [];

  monotonicMs(): number {
    return this.nowMs;
  }

  wallMs(): number {
    return this.nowMs;
  }

  every(): () => void {
    return () => {};
  }

  afterReads(then: () => void): void {
    this.#later.push(then);
  }

  /** The sockets were read; what waited for that is done. */
  turn(): void {
    const later = this.#later;
    this.#later = [];
    for (const then of later) then();
  }
}
