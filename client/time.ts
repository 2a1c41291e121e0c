/** Time and chance, as the client is given them, so that tests own both. */
export interface ClientTime {
  /** Milliseconds on a clock that never runs backwards. Its origin means nothing. */
  nowMs(): number;
  /** Calls `then` once after so many milliseconds, unless the returned function is called before. */
  after(delayMs: number, then: () => void): () => void;
  /** Calls `then` when the caller's present turn is over: what one turn sends goes out together. */
  endOfTurn(then: () => void): void;
  /** Uniform in [0, 1), for jitter. */
  fraction(): number;
}

/** A longer delay would wrap around and fire at once. */
const TIMER_MS_MAX = 0x7fff_ffff;

/** Node has it, browsers do not. */
const { setImmediate: immediate } = globalThis as { readonly setImmediate?: (then: () => void) => unknown };

export const realTime: ClientTime = {
  nowMs: () => performance.now(),
  after(delayMs, then) {
    const timer = setTimeout(then, Math.min(delayMs, TIMER_MS_MAX));
    return () => clearTimeout(timer);
  },
  // A loop that awaits each event has turns within one of Node's; what it sends in all of them is to go out together.
  endOfTurn: immediate === undefined ? queueMicrotask : (then) => void immediate(then),
  fraction: Math.random,
};
