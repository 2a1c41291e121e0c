/** What the two clients of the churn tell the bench once a second, and when they end; over the channel that a fork has. */
export interface ChurnCount {
  /** Events that were acknowledged to the publisher; or that came to the consumer, each counted once. */
  readonly done: number;
  /** Refusals, failures, events that came out of order or changed. */
  readonly errors: number;
}

export type ChurnRole = 'publisher' | 'consumer';

/** Tells a client to finish what is under way, and end. */
export const END = 'end';
