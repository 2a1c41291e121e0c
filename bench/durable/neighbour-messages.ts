/** What the bench tells the client that is to be left alone, and what it answers; over the channel that a fork has. */

export interface WindowOrder {
  readonly seconds: number;
}

/** Microseconds. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface WindowReport {
  /** From publish to delivery, of events that nobody stores. */
  readonly roundTrip: Latency;
  /** From publish to the receipt that says durable. */
  readonly durableReceipt: Latency;
  /** How late the client itself was to send: what it cannot blame the broker for. */
  readonly late: Latency;
  /** Events that did not come, or receipts that do not say what they should. Must be 0. */
  readonly wrong: number;
}
