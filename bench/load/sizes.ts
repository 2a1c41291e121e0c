/** How large the load is. */
export interface Sizes {
  /** Subscribers of one event, where there are many. */
  readonly fanOut: number;
  /** Subscriptions with different predicates. */
  readonly subscriptions: number;
  /** Events a second where latency is measured. */
  readonly rate: number;
  readonly idleConnections: number;
  readonly filters: number;
  /** Events stored by each in one round. */
  readonly storedEvents: number;
  /** Numbers of subscriptions between which the cost of a delivery is compared, rising; multiples of 20. */
  readonly costAt: readonly number[];
}

export const FULL: Sizes = {
  fanOut: 100,
  subscriptions: 1_000,
  rate: 5_000,
  idleConnections: 10_000,
  filters: 1_000_000,
  storedEvents: 100_000,
  costAt: [20, 200, 2_000, 20_000],
};

/** A look at whether everything works. */
export const QUICK: Sizes = {
  fanOut: 10,
  subscriptions: 100,
  rate: 1_000,
  idleConnections: 50,
  filters: 2_000,
  storedEvents: 2_000,
  costAt: [20, 100],
};
