import { ProtocolError } from '../protocol/index.ts';

export interface CreditBounds {
  readonly events: number;
  readonly bytes: number;
}

/**
 * How much a subscriber is ready to take, in events and bytes. Spent with each event sent; the subscriber adds as it
 * consumes. Bytes may go below zero by one event, or an event larger than the rest would be stuck for ever.
 */
export class Credit {
  readonly #initial: CreditBounds;
  readonly #max: CreditBounds;
  #events: number;
  #bytes: number;

  constructor(initial: CreditBounds, max: CreditBounds) {
    this.#initial = initial;
    this.#max = max;
    this.#events = initial.events;
    this.#bytes = initial.bytes;
  }

  get some(): boolean {
    return this.#events > 0 && this.#bytes > 0;
  }

  spend(bytes: number): void {
    this.#events -= 1;
    this.#bytes -= bytes;
  }

  /**
   * Spends it on as many of `count` bodies as it is enough for, from the `from`-th on, and answers how many that are. No
   * more of them begin within `bytesMax`, from 1. Cost: the logarithm of `count`, however little a subscriber adds at a time.
   *
   * @param starts where each body begins, and where the last one ends
   */
  spendRun(starts: Uint32Array, from: number, count: number, bytesMax = Number.POSITIVE_INFINITY): number {
    if (!this.some) return 0;
    const start = starts[from] as number;
    // The last one may begin while there is a byte of credit, and end beyond it.
    const enough = beginningBefore(
      starts,
      from,
      Math.min(count, this.#events),
      start + Math.min(this.#bytes, bytesMax),
    );
    this.#events -= enough;
    this.#bytes -= (starts[from + enough] as number) - start;
    return enough;
  }

  /** Throws ProtocolError `credit_limit`, and adds nothing, when it would be more than a subscription may have. */
  add(events: number, bytes: number): void {
    if (this.#events + events > this.#max.events || this.#bytes + bytes > this.#max.bytes) {
      const { events: eventsMax, bytes: bytesMax } = this.#max;
      throw new ProtocolError('credit_limit', `at most ${eventsMax} events and ${bytesMax} bytes of credit`);
    }
    this.#events += events;
    this.#bytes += bytes;
  }

  /** A new connection starts as the first did: what the last one was sent and did not answer for is void. */
  reset(): void {
    this.#events = this.#initial.events;
    this.#bytes = this.#initial.bytes;
  }
}

/** How many of `count` bodies, from the `from`-th on, begin before `end`: at least the first. */
function beginningBefore(starts: Uint32Array, from: number, count: number, end: number): number {
  if ((starts[from + count - 1] as number) < end) return count;
  let low = 1;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[from + middle - 1] as number) < end) low = middle;
    else high = middle - 1;
  }
  return low;
}
