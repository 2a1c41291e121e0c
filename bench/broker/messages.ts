/** What a bench tells its client processes, and what they answer; over the channel that a fork has. */

/** `plain`: by topic alone. `filtered`: a predicate that every event satisfies, so that the broker reads the data. */
export type Load = 'plain' | 'filtered';

export interface SubscriberOrder {
  readonly url: string;
  readonly load: Load;
  /** It is done when so many were told or dropped. */
  readonly events: number;
}

export interface SubscriberReport {
  readonly told: number;
  readonly dropped: number;
  /** Events out of order, twice, or with other data than was sent. Must be 0. */
  readonly wrong: number;
  /** From the first event to the last, in seconds. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Microseconds from the moment an event was due to be sent; only where the publisher keeps a rate. */
  readonly latencyUs: { readonly p50: number; readonly p99: number; readonly max: number };
}

export interface PublisherOrder {
  readonly url: string;
  readonly events: number;
  /** Events a second. 0: as fast as receipts come back. */
  readonly rate: number;
}

export interface PublisherReport {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Receipts that say something other than one match. Must be 0. */
  readonly wrong: number;
}

export const TOPIC = 'bench/one-to-one';

/** The data of event `n`, some hundred bytes; `dueNs` as process.hrtime has it, which all processes of a machine share. */
export function eventOf(n: number, dueNs: number): object {
  return {
    n,
    dueNs,
    device: `device-${n % 1000}`,
    temperature: (n * 7919) % 100,
    humidity: (n * 104729) % 100,
    ok: true,
  };
}
