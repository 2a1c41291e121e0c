import type { DropReason, LeaseGrant, Provenance } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { PublishedRun } from '../publish/published-run.ts';

/**
 * Where delivery writes: the outgoing side of one connection. Nothing is sent at once; what is written within a turn
 * goes out together.
 */
export interface Outbox {
  /** False while the peer does not read fast enough. Writing on is allowed, and ends the connection if it goes on. */
  readonly writable: boolean;
  /** False: each event may be the last for which `writable` is true, so that they are to be given one by one. */
  readonly takesRuns: boolean;
  /** Calls `pump` of this delivery once, when `writable` is true again. */
  pumpWhenWritable(delivery: Pumped): void;
  /**
   * Of what is written next: of a run, of the first event that is. Absent: the subscriber is not told of it, whatever it has
   * asked for.
   */
  provenance?(provenance: Provenance): void;
  /** `count` events of a run from its `from`-th on, which nobody has to acknowledge. */
  events(subscription: number, run: PublishedRun, from: number, count: number): void;
  event(subscription: number, event: PublishedEvent, handover?: Handover): void;
  notice(subscription: number, event: PublishedEvent, handover: Handover): void;
  gap(subscription: number, reason: DropReason, count: number, seq: number): void;
  /** Ends the connection because its owner chose so for the case that it is too slow. */
  disconnectSlow(): void;
}

export interface Pumped {
  pump(): void;
}

/** An event passes to a subscriber for the `attempt`th time, under a lease. */
export interface Handover {
  readonly attempt: number;
  readonly lease: LeaseGrant;
}
