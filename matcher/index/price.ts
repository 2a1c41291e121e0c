/** What a filter is expected to cost an event. */

/** One place of the index where a filter is found. */
export interface PricedKey {
  /** In words: `site = 'x'`, `temperature > 30`, `topic sensors/#`; names and constants shortened. */
  readonly key: string;
  /** The share of events expected to have the key, 0 to 1: these are offered the filter. */
  readonly share: number;
}

/** Expectations from what events have shown so far, and guesses where they have shown nothing yet. */
export interface Price {
  /** One, or one for each branch of an OR or IN that the filter was split into. None for a filter that is never true. */
  readonly keys: readonly PricedKey[];
  /** How often an event is expected to be offered the filter, over all keys. */
  readonly offersPerEvent: number;
  /** Tests expected to be evaluated for each offer, the key's own included: 1 or more. */
  readonly testsPerOffer: number;
  /** The figure to compare filters by: the tests that an event is expected to pay for this one. */
  readonly testsPerEvent: number;
}

export const FREE: Price = { keys: [], offersPerEvent: 0, testsPerOffer: 0, testsPerEvent: 0 };
