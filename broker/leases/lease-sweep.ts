import { Ring } from '../kernel/ring.ts';
import type { Time } from '../kernel/time.ts';
import { TimerWheel } from '../kernel/timer-wheel.ts';
import type { LeaseClock } from './lease-clock.ts';

/** With the wheel's exact deadlines, this is how late an expiry may be on a healthy machine. */
const SWEEP_MS = 100;

/**
 * Finds the leases whose time is over, in two phases. A timer finds what is due; it is confirmed only after what the
 * sockets hold has been read, because on waking from a stall the timers run first and a renewal may be in a buffer:
 *
 *     timer: due ─▶ sockets: a renewal schedules again, a settlement ends ─▶ confirm: what is still due expires
 */
export class LeaseSweep {
  readonly #time: Time;
  readonly #clock: LeaseClock;
  readonly #budget: number;
  readonly #expire: (slot: number) => void;
  readonly #wheel: TimerWheel;
  readonly #due: Ring<number>;
  #stop: (() => void) | undefined;

  /**
   * `expire` is called for a slot whose deadline is past; not for one that was scheduled again meanwhile, but also for
   * one that was cancelled meanwhile. At most `budget` a sweep.
   */
  constructor(options: {
    readonly time: Time;
    readonly clock: LeaseClock;
    readonly budget: number;
    readonly expire: (slot: number) => void;
  }) {
    this.#time = options.time;
    this.#clock = options.clock;
    this.#budget = options.budget;
    this.#expire = options.expire;
    this.#wheel = new TimerWheel(options.clock.nowMs());
    this.#due = new Ring(options.budget);
  }

  get bytes(): number {
    return this.#wheel.bytes;
  }

  schedule(slot: number, deadlineMs: number): void {
    this.#wheel.schedule(slot, deadlineMs);
  }

  cancel(slot: number): void {
    this.#wheel.cancel(slot);
  }

  /** The deadline last scheduled. */
  deadlineMs(slot: number): number {
    return this.#wheel.deadlineMs(slot);
  }

  start(): void {
    if (this.#stop !== undefined) return;
    this.#clock.expectSweepIn(SWEEP_MS);
    this.#stop = this.#time.every(SWEEP_MS, () => this.#sweep());
  }

  /** Nothing expires from here on, not even what is due. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#clock.expectNoSweep();
  }

  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    this.#clock.expectSweepIn(SWEEP_MS);
    this.#wheel.advance(nowMs, this.#budget - this.#due.length, (slot) => void this.#due.push(slot));
    if (this.#due.length > 0) this.#time.afterReads(() => this.#confirm());
  }

  #confirm(): void {
    // One at a time: if a holder throws, the others are still queued, and the next sweep goes on with them.
    while (this.#stop !== undefined && this.#due.length > 0) {
      const slot = this.#due.shift() as number;
      if (!this.#wheel.has(slot)) this.#expire(slot);
    }
  }
}
