import type { LeaseGrant } from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';

/** The client counts every lease as over by so much, or by a tenth of it, before the broker does. */
const MARGIN_MS_MIN = 250;
const MARGIN_FRACTION = 0.1;

/**
 * - `held`: ours, as far as the clock tells.
 * - `settled`: acknowledged or released; the answer may be under way.
 * - `lost`: it ended, or may have ended, without us.
 */
export type LeaseState = 'held' | 'settled' | 'lost';

/**
 * A lease as its holder sees it. Durations are counted from the *sending* of what was answered with them, less a
 * margin, so that the holder stops before the broker gives the event to another.
 */
export class HeldLease {
  readonly id: number;
  readonly token: number;
  /** The time it was given, by its grant or by its holder's own extension: what a renewal asks for again. */
  ttlMs: number;
  /** On the client's clock; past it the lease counts as over. */
  deadlineMs: number;
  state: LeaseState = 'held';
  #over: AbortController | undefined;
  #loss: TellwhenError | undefined;

  /** @param fromMs when the request was sent that this grant answers, or when it arrived unasked */
  constructor({ id, token, remainingMs }: LeaseGrant, fromMs: number) {
    this.id = id;
    this.token = token;
    this.ttlMs = remainingMs;
    this.deadlineMs = safeDeadline(remainingMs, fromMs);
  }

  prolonged(remainingMs: number, fromMs: number): void {
    this.deadlineMs = safeDeadline(remainingMs, fromMs);
  }

  /** Fires, with a TellwhenError as its reason, when the lease is lost. Not when it is settled. */
  get signal(): AbortSignal {
    if (this.#over === undefined) {
      this.#over = new AbortController();
      if (this.#loss !== undefined) this.#over.abort(this.#loss);
    }
    return this.#over.signal;
  }

  lose(error: TellwhenError): void {
    if (this.state !== 'held') return;
    this.state = 'lost';
    this.#loss = error;
    this.#over?.abort(error);
  }

  /** Loses it if its time is over. */
  check(nowMs: number): boolean {
    if (nowMs < this.deadlineMs) return true;
    this.lose(new TellwhenError('lease_expired', 'the lease may have ended: it was not renewed in time'));
    return false;
  }
}

function safeDeadline(remainingMs: number, fromMs: number): number {
  return fromMs + remainingMs - Math.max(MARGIN_MS_MIN, remainingMs * MARGIN_FRACTION);
}
