/**
 * Time, as the broker is given it. Everything that waits, expires or measures takes a `Time`, so that tests own the
 * clock and a year passes in a millisecond. `realTime` is what a process uses; `SimulatedTime` what tests use.
 */
export interface Time {
  /** Milliseconds on a clock that never jumps and never runs backwards. Its origin means nothing. */
  monotonicMs(): number;
  /** Milliseconds since 1970. For stamps and display only: it can jump. */
  wallMs(): number;
  /**
   * Calls `tick` about every `periodMs`, until the returned function is called. Never catches up: after a stall
   * there is one call, late. Does not keep the process alive by itself.
   */
  every(periodMs: number, tick: () => void): () => void;
  /**
   * Calls `then` once, after what the sockets already hold has been read. Timers run before I/O when a process wakes
   * from a stall, so whoever wants to know "did it really not arrive?" asks here.
   */
  afterReads(then: () => void): void;
}

export const realTime: Time = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  every(periodMs, tick) {
    const timer = setInterval(tick, periodMs);
    timer.unref();
    return () => clearInterval(timer);
  },
  // Node's loop runs timers, then polls the sockets, then runs what setImmediate left.
  afterReads: (then) => void setImmediate(then),
};
