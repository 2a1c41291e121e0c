import type { ErrorCode, TellwhenError } from './errors.ts';
import type { HeldLease } from './lease.ts';
import { SettleRequest } from './lease-requests.ts';
import type { Request } from './request.ts';
import type { ClientTime } from './time.ts';

/** Where renewals go. */
export interface RenewalLine {
  readonly open: boolean;
  send(request: Request): void;
}

/** After these, asking again cannot help: the lease is over. */
const OVER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'lease_expired',
  'lease_superseded',
  'lease_settled',
  'lease_unknown',
  'lease_not_owner',
]);

/** Leases due within so long are looked after together: fewer wake-ups, fuller frames. */
const TICK_MS = 25;
/** A lease shorter than its margin is over at once; renewing it sooner than this would only be noise. */
const RENEW_MS_MIN = 50;

/**
 * Renews leases while somebody works under them: at a third of their time, with jitter, those due together in one
 * frame. A lease that cannot be renewed in time is lost before the broker ends it.
 */
export class LeaseKeeper {
  readonly #time: ClientTime;
  readonly #line: RenewalLine;
  /** When each is to be renewed; infinite while the answer is awaited, and once it has reached its longest. */
  readonly #renewAtMs = new Map<HeldLease, number>();
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #stopTimer: (() => void) | undefined;

  constructor(time: ClientTime, line: RenewalLine) {
    this.#time = time;
    this.#line = line;
  }

  keep(lease: HeldLease): void {
    if (lease.state !== 'held') return;
    this.#plan(lease, this.#inAThird(lease, this.#time.nowMs()));
  }

  /** Its holder gave it another time. */
  changed(lease: HeldLease): void {
    if (this.#renewAtMs.has(lease)) this.keep(lease);
  }

  /** From now on nothing is sent for it, and an answer under way changes nothing. */
  drop(lease: HeldLease): void {
    this.#renewAtMs.delete(lease);
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    this.#renewAtMs.clear();
  }

  #plan(lease: HeldLease, renewAtMs: number): void {
    this.#renewAtMs.set(lease, renewAtMs);
    this.#wakeBy(Math.min(renewAtMs, lease.deadlineMs));
  }

  #inAThird(lease: HeldLease, fromMs: number): number {
    const jitter = 0.9 + 0.2 * this.#time.fraction();
    return fromMs + Math.max(RENEW_MS_MIN, (lease.ttlMs / 3) * jitter);
  }

  #wakeBy(atMs: number): void {
    if (atMs >= this.#wakeAtMs) return;
    this.#stopTimer?.();
    this.#wakeAtMs = atMs;
    this.#stopTimer = this.#time.after(Math.max(TICK_MS, atMs - this.#time.nowMs()), this.#wake);
  }

  readonly #wake = (): void => {
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#time.nowMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [lease, renewAtMs] of this.#renewAtMs) {
      if (!lease.check(nowMs)) {
        this.#renewAtMs.delete(lease);
        continue;
      }
      const atMs = renewAtMs <= nowMs ? this.#renew(lease, nowMs) : renewAtMs;
      nextMs = Math.min(nextMs, atMs, lease.deadlineMs);
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#wakeBy(nextMs);
  };

  /** Returns when to look at it again. */
  #renew(lease: HeldLease, nowMs: number): number {
    const againMs = this.#line.open ? Number.POSITIVE_INFINITY : this.#soon(lease, nowMs);
    this.#renewAtMs.set(lease, againMs);
    if (!this.#line.open) return againMs;
    this.#line.send(
      new SettleRequest({
        settlement: 'extend',
        ms: lease.ttlMs,
        lease,
        settled: (remainingMs, sentMs) => {
          if (!this.#renewAtMs.has(lease)) return;
          lease.prolonged(remainingMs, sentMs);
          this.#plan(lease, this.#inAThird(lease, sentMs));
        },
        failed: (error) => this.#refused(lease, error),
      }),
    );
    return againMs;
  }

  #refused(lease: HeldLease, error: TellwhenError): void {
    if (!this.#renewAtMs.has(lease)) return;
    if (OVER.has(error.code)) {
      this.#renewAtMs.delete(lease);
      lease.lose(error);
    } else if (error.code !== 'lease_max_total') {
      this.#plan(lease, this.#soon(lease, this.#time.nowMs()));
    }
  }

  #soon(lease: HeldLease, nowMs: number): number {
    return nowMs + Math.max(RENEW_MS_MIN, lease.ttlMs / 10);
  }
}
