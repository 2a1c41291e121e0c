import type { Pumped } from '../delivery/outbox.ts';
import { Ring } from '../kernel/ring.ts';
import { ProtocolError } from '../protocol/index.ts';
import type { Outbound } from './outbound.ts';

/**
 * Serves fetches as the connection can take the answers. A fetch that is served starts a lease and an attempt, so it must
 * not be served into a connection that does not read: it waits here, in its order.
 */
export class Fetches implements Pumped {
  readonly #outbound: Outbound;
  readonly #waitingMax: number;
  readonly #waiting: Ring<() => void>;

  /** At most `waitingMax` wait. */
  constructor(outbound: Outbound, waitingMax: number) {
    this.#outbound = outbound;
    this.#waitingMax = waitingMax;
    this.#waiting = new Ring(waitingMax);
  }

  /** `serve` is called once, now or later. It must not throw. Throws ProtocolError `rate_limited` when too many wait. */
  add(serve: () => void): void {
    if (this.#waiting.length === 0 && this.#outbound.writable) {
      serve();
      return;
    }
    if (!this.#waiting.push(serve)) {
      throw new ProtocolError('rate_limited', `${this.#waitingMax} fetches wait for this connection to read`);
    }
    this.#outbound.pumpWhenWritable(this);
  }

  pump(): void {
    while (this.#outbound.writable) {
      const serve = this.#waiting.shift();
      if (serve === undefined) return;
      serve();
    }
    this.#outbound.pumpWhenWritable(this);
  }
}
