import type { Settlement } from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import type { HeldLease, LeaseState } from './lease.ts';
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

  /** What this lease guards is in a consumer's hands. */
  handOut(lease: HeldLease): void {
    if (lease.state !== 'held') return;
    this.#inHand.add(lease);
    if (this.#inHand.size < this.#sweepSize) return;
    this.#sweepSize = Math.max(SWEEP_SIZE_MIN, 2 * this.inHand());
  }

  /** Leases that a consumer holds, has not settled, and has time left for. O(n). */
  inHand(): number {
    const nowMs = this.#means.time.nowMs();
    for (const lease of this.#inHand) {
      if (lease.state === 'lost' || lease.deadlineMs <= nowMs) this.#inHand.delete(lease);
    }
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
  async extend(lease: HeldLease, ms: number): Promise<number> {
    refuseOver(lease);
    this.keeper.extending(lease);
    try {
      const { remainingMs, sentMs } = await this.#ask(lease, 'extend', ms);
      lease.ttlMs = ms;
      lease.prolonged(remainingMs, sentMs);
      return remainingMs;
    } finally {
      this.keeper.extended(lease);
    }
  }

  /** The signal of a lease that may be in nobody's care: it is from now on, until its end. */
  signalOf(lease: HeldLease): AbortSignal {
    this.keeper.watch(lease);
    return lease.signal;
  }

  /** The broker ends every delivery with the connection it was made on. What waits for a consumer is not in hand yet. */
  connectionLost(error: TellwhenError): void {
    this.#loseInHand(error);
    this.keeper.loseDeliveries(error);
  }

  /** For good. */
  stop(error: TellwhenError): void {
    this.#loseInHand(error);
    this.keeper.stop(error);
  }

  #loseInHand(error: TellwhenError): void {
    const leases = [...this.#inHand];
    this.#inHand.clear();
    for (const lease of leases) lease.lose(error);
  }

  async #settle(lease: HeldLease, settlement: Settlement, ms: number): Promise<void> {
    refuseOver(lease);
    const before = lease.state;
    lease.state = 'settled';
    this.keeper.drop(lease);
    try {
      await this.#ask(lease, settlement, ms);
      this.#inHand.delete(lease);
    } catch (error) {
      if (error instanceof TellwhenError && error.retry) this.#unsettle(lease, before, error);
      else this.#inHand.delete(lease);
      throw error;
    }
  }

  /** Nobody knows whether it arrived: the holder may try again, unless the lease went with the connection. */
  #unsettle(lease: HeldLease, before: LeaseState, error: TellwhenError): void {
    lease.state = before;
    if (error.code === 'connection_lost' && lease.kind === 'delivery') lease.lose(error);
  }

  #ask(lease: HeldLease, settlement: Settlement, ms: number): Promise<{ remainingMs: number; sentMs: number }> {
    return new Promise((resolve, reject) => {
      const settled = (remainingMs: number, sentMs: number): void => resolve({ remainingMs, sentMs });
      this.#means.send(new SettleRequest({ settlement, ms, lease, settled, failed: reject }));
    });
  }
}

/** One that only may have expired is asked for all the same: the broker has a grace. */
function refuseOver({ state, loss }: HeldLease): void {
  if (state === 'settled') throw new TellwhenError('lease_settled', 'it is acknowledged or released already');
  if (loss?.code !== 'connection_lost') return;
  throw new TellwhenError('connection_lost', 'its lease ended with the connection: it will come again', {
    cause: loss,
  });
}
