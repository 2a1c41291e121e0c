import type { Settlement } from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import type { HeldLease } from './lease.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { SettleRequest } from './lease-requests.ts';
import type { Request } from './request.ts';
import type { ClientTime } from './time.ts';

export interface SettlerMeans {
  readonly time: ClientTime;
  readonly keeper: LeaseKeeper;
  readonly send: (request: Request, signal?: AbortSignal) => void;
}

/** The first time the leases in hand are looked through for those whose time is over. */
const SWEEP_SIZE_MIN = 1024;

/**
 * Ends and prolongs leases at their holder's wish, and knows which are in a consumer's hands. A lease that is being
 * settled is not renewed any more, from the very call.
 */
export class Settler {
  readonly keeper: LeaseKeeper;
  readonly #means: SettlerMeans;
  readonly #inHand = new Set<HeldLease>();
  #sweepSize = SWEEP_SIZE_MIN;

  constructor(means: SettlerMeans) {
    this.#means = means;
    this.keeper = means.keeper;
  }

  /** A consumer has taken what this lease guards. */
  handOut(lease: HeldLease): void {
    if (lease.state !== 'held') return;
    this.#inHand.add(lease);
    if (this.#inHand.size < this.#sweepSize) return;
    this.#sweepSize = Math.max(SWEEP_SIZE_MIN, 2 * this.inHand());
  }

  /** Leases that a consumer holds, has not settled, and has time left for. O(n). */
  inHand(): number {
    const nowMs = this.#means.time.nowMs();
    for (const lease of this.#inHand) if (lease.deadlineMs <= nowMs) this.#inHand.delete(lease);
    return this.#inHand.size;
  }

  ack(lease: HeldLease): Promise<void> {
    return this.#settle(lease, 'ack', 0);
  }

  /** @param delayMs how long it rests before it is delivered again */
  release(lease: HeldLease, delayMs: number): Promise<void> {
    return this.#settle(lease, 'release', delayMs);
  }

  /** The lease now ends `ms` from now. Resolves with what remains of it. */
  extend(lease: HeldLease, ms: number): Promise<number> {
    if (lease.state === 'settled') return Promise.reject(settledBefore());
    return this.#ask(lease, 'extend', ms).then(({ remainingMs, sentMs }) => {
      lease.ttlMs = remainingMs;
      lease.prolonged(remainingMs, sentMs);
      this.keeper.changed(lease);
      return remainingMs;
    });
  }

  async #settle(lease: HeldLease, settlement: Settlement, ms: number): Promise<void> {
    if (lease.state === 'settled') throw settledBefore();
    const before = lease.state;
    lease.state = 'settled';
    this.keeper.drop(lease);
    try {
      await this.#ask(lease, settlement, ms);
    } catch (error) {
      // Nobody knows whether it arrived: the holder may try again.
      if (error instanceof TellwhenError && error.retry) lease.state = before;
      throw error;
    } finally {
      this.#inHand.delete(lease);
    }
  }

  #ask(lease: HeldLease, settlement: Settlement, ms: number): Promise<{ remainingMs: number; sentMs: number }> {
    return new Promise((resolve, reject) => {
      const settled = (remainingMs: number, sentMs: number): void => resolve({ remainingMs, sentMs });
      this.#means.send(new SettleRequest({ settlement, ms, lease, settled, failed: reject }));
    });
  }
}

function settledBefore(): TellwhenError {
  return new TellwhenError('lease_settled', 'it is acknowledged or released already');
}
