import { LatencyRecord } from '../load/latency-record.ts';
import { nowUs } from '../load/shared-clock.ts';
import type { PairFigures } from './messages.ts';

/** More than may be on their way at once: a minute's events. */
const REMEMBERED = 2 ** 18;
const TICK_MS = 1;
const LATE_MS = 2_000;

/**
 * Somebody who publishes evenly and somebody who is given all of it, through one door. Times run from when an event was due.
 * Events come in the order in which they were published.
 */
export class Pair {
  readonly #door: string;
  readonly #dueUs = new Float64Array(REMEMBERED);
  #record = new LatencyRecord();
  #sent = 0;
  #received = 0;

  constructor(door: string) {
    this.#door = door;
  }

  /** Publishes from now on, whatever comes of it. */
  start(perSecond: number, publish: () => void): void {
    const startUs = nowUs();
    const first = this.#sent;
    const intervalUs = 1e6 / perSecond;
    setInterval(() => {
      const nowDue = first + Math.floor((nowUs() - startUs) / intervalUs);
      while (this.#sent < nowDue) {
        this.#dueUs[this.#sent % REMEMBERED] = startUs + (this.#sent - first) * intervalUs;
        this.#sent += 1;
        publish();
      }
    }, TICK_MS);
  }

  /** So many more have come. */
  came(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#record.record(this.#dueUs[this.#received % REMEMBERED] ?? 0);
      this.#received += 1;
    }
  }

  begin(): void {
    this.#record = new LatencyRecord();
    this.#record.start();
  }

  /** What came of the phase, once all that was due in it has come, or two seconds later. */
  async end(): Promise<PairFigures> {
    this.#record.stop();
    const sent = this.#sent;
    const endMs = performance.now() + LATE_MS;
    while (this.#received < sent && performance.now() < endMs) await new Promise((then) => setTimeout(then, TICK_MS));
    const { count: events, p50, p99, max } = this.#record.latency();
    return { door: this.#door, events, p50, p99, max, missing: Math.max(0, sent - this.#received) };
  }
}
