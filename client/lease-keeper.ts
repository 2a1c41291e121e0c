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

/** What is done for one lease. */
interface Care {
  /** Else it is watched only: told when its time is over. */
  renewing: boolean;
  /** When it is to be renewed; infinite while an answer is awaited, and once it has reached its longest. */
  renewAtMs: number;
  /** Extensions by its holder that are unanswered: until then a renewal could undo them. */
  extensions: number;
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
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Renews leases while somebody works under them: at a third of their time, with jitter, those due together in one
 * frame. A lease that cannot be renewed in time is lost before the broker ends it.
 */
export class LeaseKeeper {
  readonly #time: ClientTime;
  readonly #line: RenewalLine;
  readonly #cares = new Map<HeldLease, Care>();
  #wakeAtMs = NEVER;
  #stopTimer: (() => void) | undefined;

  constructor(time: ClientTime, line: RenewalLine) {
    this.#time = time;
    this.#line = line;
  }

  /** Renews it until it is dropped or let go. */
  keep(lease: HeldLease): void {
    if (lease.state !== 'held') return;
    const care = this.#careFor(lease);
    care.renewing = true;
    this.#plan(lease, care, this.#inAThird(lease, this.#time.nowMs()));
  }

  /** Loses it when its time is over; does not renew it unless it is renewed already. */
  watch(lease: HeldLease): void {
    if (lease.state !== 'held') return;
    this.#careFor(lease);
    this.#wakeBy(lease.deadlineMs);
  }

  /** It is not renewed any more; whoever listens to its signal is still told when it is lost. */
  letGo(lease: HeldLease): void {
    const care = this.#cares.get(lease);
    if (care === undefined) return;
    if (!lease.watched) this.drop(lease);
    care.renewing = false;
  }

  /** Its holder asks for another time. `extended` must follow. */
  extending(lease: HeldLease): void {
    const care = this.#cares.get(lease);
    if (care !== undefined) care.extensions += 1;
  }

  /** That was answered, one way or the other. */
  extended(lease: HeldLease): void {
    const care = this.#cares.get(lease);
    if (care === undefined) return;
    care.extensions = Math.max(0, care.extensions - 1);
    this.#plan(lease, care, this.#inAThird(lease, this.#time.nowMs()));
  }

  /** From now on nothing is sent for it, and an answer under way changes nothing. */
  drop(lease: HeldLease): void {
    this.#cares.delete(lease);
  }

  /** The connection is lost, and with it what was delivered over it. */
  loseDeliveries(error: TellwhenError): void {
    for (const lease of [...this.#cares.keys()]) {
      if (lease.kind !== 'delivery') continue;
      this.#cares.delete(lease);
      lease.lose(error);
    }
  }

  /** For good: everything is lost. */
  stop(error: TellwhenError): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#wakeAtMs = NEVER;
    const leases = [...this.#cares.keys()];
    this.#cares.clear();
    for (const lease of leases) lease.lose(error);
  }

  #careFor(lease: HeldLease): Care {
    const known = this.#cares.get(lease);
    if (known !== undefined) return known;
    const care = { renewing: false, renewAtMs: NEVER, extensions: 0 };
    this.#cares.set(lease, care);
    return care;
  }

  #plan(lease: HeldLease, care: Care, renewAtMs: number): void {
    care.renewAtMs = renewAtMs;
    this.#wakeBy(Math.min(dueMs(care), lease.deadlineMs));
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
    this.#wakeAtMs = NEVER;
    const nowMs = this.#time.nowMs();
    let nextMs = NEVER;
    for (const [lease, care] of this.#cares) {
      if (!lease.check(nowMs)) {
        this.#cares.delete(lease);
        continue;
      }
      if (dueMs(care) <= nowMs) this.#renew(lease, care, nowMs);
      nextMs = Math.min(nextMs, dueMs(care), lease.deadlineMs);
    }
    if (nextMs < NEVER) this.#wakeBy(nextMs);
  };

  #renew(lease: HeldLease, care: Care, nowMs: number): void {
    care.renewAtMs = this.#line.open ? NEVER : this.#soon(lease, nowMs);
    if (!this.#line.open) return;
    this.#line.send(
      new SettleRequest({
        settlement: 'extend',
        ms: lease.ttlMs,
        lease,
        settled: (remainingMs, sentMs) => {
          if (!this.#cares.has(lease)) return;
          lease.prolonged(remainingMs, sentMs);
          this.#plan(lease, care, this.#inAThird(lease, sentMs));
        },
        failed: (error) => this.#refused(lease, care, error),
      }),
    );
  }

  #refused(lease: HeldLease, care: Care, error: TellwhenError): void {
    if (!this.#cares.has(lease)) return;
    if (OVER.has(error.code)) {
      this.#cares.delete(lease);
      lease.lose(error);
    } else if (error.code !== 'lease_max_total') {
      this.#plan(lease, care, this.#soon(lease, this.#time.nowMs()));
    }
  }

  #soon(lease: HeldLease, nowMs: number): number {
    return nowMs + Math.max(RENEW_MS_MIN, lease.ttlMs / 10);
  }
}

/** When something is to be sent for a lease, as far as is known now. */
function dueMs({ renewing, extensions, renewAtMs }: Care): number {
  return renewing && extensions === 0 ? renewAtMs : NEVER;
}
