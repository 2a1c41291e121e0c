import type { ReceivedRecord } from './raw-peer.ts';

/**
 * Watches what one subscription is told, and holds the promises against it. Knows nothing of how the broker keeps
 * them: only what was published, what should match, and what came.
 */
export class DeliveryChecker {
  readonly faults: string[] = [];
  readonly #acknowledging: boolean;
  /** Every seq that matched. */
  readonly #matched = new Set<number>();
  readonly #told = new Set<number>();
  readonly #acknowledged = new Set<number>();
  readonly #perhaps = new Set<number>();
  /** By seq: the lease that is out cannot have ended by time before this. */
  readonly #heldUntilMs = new Map<number, number>();
  #lastFirst = 0;
  #lastToken = 0;
  /** Totals told, by reason. */
  readonly #gaps = new Map<string, number>();

  constructor(options: { readonly acknowledging: boolean }) {
    this.#acknowledging = options.acknowledging;
  }

  matched(seq: number): void {
    this.#matched.add(seq);
  }

  /** An event with its body, pushed or fetched. `nowMs`: when it was sent; `undefined` where nobody knows. */
  delivered(record: ReceivedRecord, nowMs: number | undefined): void {
    const { seq, attempt, lease } = record as unknown as {
      seq: number;
      attempt: number;
      lease?: { id: number; token: number; remainingMs: number };
    };
    if (!this.#matched.has(seq)) this.#fault(`event ${seq} was delivered and does not match`);
    if (this.#acknowledged.has(seq)) this.#fault(`event ${seq} was delivered after it was acknowledged`);
    const again = this.#told.has(seq);
    if (again && !(attempt > 1)) this.#fault(`event ${seq} was delivered again and not flagged`);
    if (!again && this.#acknowledging && lease === undefined) this.#fault(`event ${seq} has no lease`);
    this.#told.add(seq);
    if (lease === undefined) return;
    if (lease.token <= this.#lastToken) this.#fault(`token ${lease.token} does not rise`);
    this.#lastToken = lease.token;
    const heldUntilMs = this.#heldUntilMs.get(seq);
    if (nowMs !== undefined && heldUntilMs !== undefined && nowMs < heldUntilMs) {
      this.#fault(`event ${seq} has two leases at once`);
    }
    if (nowMs === undefined) this.#heldUntilMs.delete(seq);
    else this.#heldUntilMs.set(seq, nowMs + lease.remainingMs);
  }

  /** First pushes, or first notices, come in the order of the events. */
  inOrder(seq: number): void {
    if (seq <= this.#lastFirst) this.#fault(`event ${seq} came after ${this.#lastFirst}`);
    this.#lastFirst = seq;
  }

  acknowledged(seq: number): void {
    this.#acknowledged.add(seq);
    this.#heldUntilMs.delete(seq);
  }

  /** Acknowledged, and the answer was lost with the connection: done, or not. */
  perhapsAcknowledged(seq: number): void {
    this.#perhaps.add(seq);
  }

  /** Given back: another lease may begin at once. */
  ended(seq: number): void {
    this.#heldUntilMs.delete(seq);
  }

  /** The connection is gone, and every lease with it. */
  disconnected(): void {
    this.#heldUntilMs.clear();
  }

  /** So many in all were dropped for this reason, the subscriber is told. */
  gap(reason: string, total: number): void {
    if (total < (this.#gaps.get(reason) ?? 0)) this.#fault(`the total of ${reason} falls to ${total}`);
    this.#gaps.set(reason, total);
  }

  /** After everything that could come has come: nothing is lost silently. `counted`: drops by the broker's own count. */
  finish(counted: number): void {
    const done = this.#acknowledging ? this.#acknowledged.size : this.#told.size;
    const perhaps = [...this.#perhaps].filter((seq) => !this.#acknowledged.has(seq)).length;
    const left = this.#matched.size - done - counted;
    if (left < 0 || left > perhaps) {
      this.#fault(`${this.#matched.size} matched, ${done} done, ${perhaps} perhaps, ${counted} counted as dropped`);
    }
    const told = [...this.#gaps.values()].reduce((sum, total) => sum + total, 0);
    if (told !== counted) this.#fault(`${counted} counted as dropped, ${told} told`);
  }

  #fault(text: string): void {
    this.faults.push(text);
  }
}
