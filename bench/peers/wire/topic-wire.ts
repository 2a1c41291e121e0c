import type { Taken } from '../pubsub-peer.ts';

/**
 * One connection that speaks a broker's own protocol, no more of it than publishing and subscribing without
 * acknowledgement, as fast as bytes can be copied. What the broker refuses is thrown as an uncaught error.
 */
export interface TopicWire {
  /** So much waits to be written that a publisher should wait for `drained`. */
  readonly full: boolean;
  drained(): Promise<void>;

  /** Copies the body; it is on its way at the end of this turn at the latest. */
  publish(topic: string, body: Uint8Array): void;

  /** As `publish`, to where a consumer acknowledges. Absent: that is the same place. */
  keep?(topic: string, body: Uint8Array): void;

  /** Resolves when the broker has it. A topic is subscribed once. */
  subscribe(topic: string, taken: Taken): Promise<void>;

  /** Resolves when all that was published is written and the connection is closed. */
  close(): Promise<void>;
}
