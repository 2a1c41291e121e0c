import type { LeaseGrant } from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';

/** The client counts every lease as over by so much, or by a tenth of it, before the broker does. */
const MARGIN_MS_MIN = 250;
const MARGIN_FRACTION = 0.1;

/** The signal of what is under no lease. */
export const NEVER_FIRES: AbortSignal = new AbortController().signal;

/**
 * - `held`: ours, as far as the clock tells.
 * - `settled`: acknowledged or released; the answer may be under way.
 * - `lost`: it ended, or may have ended, without us.
 */
export type LeaseState = 'held' | 'settled' | 'lost';

/** Of one delivery, which ends with the connection it came over; or of the body that a notice tells of. */
export type LeaseKind = 'delivery' | 'retention';

export interface LeaseOrigin {
  readonly kind: LeaseKind;
  /** When the request was sent that the grant answers, or when it arrived unasked. */
  readonly fromMs: number;
  /**
   * The time it was given. Absent: what remained when it was read, which is somewhat less, and for the shortest of
   * leases too short to ask for again.
   */
  readonly ttlMs?: number | undefined;
}

/**
 * A lease as its holder sees it. Durations are counted from the *sending* of what was answered with them, less a
 * margin, so that the holder stops before the broker gives the event to another.
 */
export class HeldLease {
  readonly id: number;
  readonly token: number;
  readonly kind: LeaseKind;
  /** The time it was given, by its grant or by its holder's own extension: what a renewal asks for again. */
  ttlMs: number;
  /** On the client's clock; past it the lease counts as over. */
  deadlineMs: number;
  state: LeaseState = 'held';
  /** Called once when it is lost, before the signal fires. */
  whenLost: (() => void) | undefined;
  #over: AbortController | undefined;
  #loss: TellwhenError | undefined;

  constructor({ id, token, remainingMs }: LeaseGrant, { kind, fromMs, ttlMs = remainingMs }: LeaseOrigin) {
    this.id = id;
    this.token = token;
    this.kind = kind;
    this.ttlMs = ttlMs;
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

  /** Somebody may be listening to its signal. */
  get watched(): boolean {
    return this.#over !== undefined;
  }

  /** Why it was lost. */
  get loss(): TellwhenError | undefined {
    return this.#loss;
  }

  lose(error: TellwhenError): void {
    if (this.state !== 'held') return;
    this.state = 'lost';
    this.#loss = error;
    this.whenLost?.();
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
