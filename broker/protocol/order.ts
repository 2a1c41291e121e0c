import type { ByteReader, ByteWriter } from './bytes.ts';

/**
 * Orders of delivery (Hadzilacos and Toueg, "A Modular Approach to Fault-Tolerant Broadcasts and Related Problems",
 * 1994), each as seen by one subscription:
 *
 * - `fifo`: the events of one publisher come in the order in which it published them.
 * - `causal`: and an event that was published after its publisher was delivered another never comes before that one.
 * - `total`: and any two events come in the same order to every subscription that has both and asked for this.
 */
export const ORDERS = ['fifo', 'causal', 'total'] as const;
export type Order = (typeof ORDERS)[number];

/** What a publisher says of the place of an event among all that it knows. Of a run: of its first event. */
export interface PublishOrder {
  /** Its own count of its events, from 1. Those that follow in a run have the next ones. */
  readonly number: number;
  /** The lowest of its numbers that it has no final answer for: `number` where nothing before it is under way. */
  readonly since: number;
  /** The highest seq that it was delivered before it published this. 0: none. */
  readonly past: number;
}

/** Of what an order is made: what a subscription that names an order is told with each event. */
export interface Provenance {
  /** Who published it: a hash of 48 bits of the publisher's name. 0: the broker itself. */
  readonly publisher: number;
  /** As in PublishOrder. 0: the publisher did not count it. */
  readonly number: number;
  /** As in PublishOrder. `PAST_UNKNOWN`: the publisher did not say. */
  readonly past: number;
}

export const PAST_UNKNOWN = -1;

/** As it lies on the wire and in the store. */
export function writeProvenance(to: ByteWriter, { publisher, number, past }: Provenance): void {
  to.varint(publisher);
  to.varint(number);
  // One more than the seq, so that what is not known has room below it.
  to.varint(past + 1);
}

export function readProvenance(from: ByteReader): Provenance {
  return { publisher: from.varint(), number: from.varint(), past: from.varint() - 1 };
}

/** Of what a publisher of this name does not count. */
export function uncountedBy(name: string): Provenance {
  return { publisher: publisherNumber(name), number: 0, past: PAST_UNKNOWN };
}

/** Of what the broker publishes itself. */
export const BROKERS_OWN: Provenance = { publisher: 0, number: 0, past: PAST_UNKNOWN };

/** That of the `i`-th event of a run whose first one has this. Makes nothing where nothing was counted. */
export function provenanceAfter(first: Provenance, i: number): Provenance {
  if (first.number === 0 || i === 0) return first;
  return { publisher: first.publisher, number: first.number + i, past: first.past };
}

/**
 * The number of a publisher of this name: FNV-1a over its UTF-16 code units, in two halves. Nothing has to be remembered
 * to know a publisher again, over restarts too; two who share a number, one pair among a million publishers in five
 * hundred cases, are held back for each other where they need not be.
 */
export function publisherNumber(name: string): number {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit ^ (low >>> 16), 0x01000193);
  }
  // 0 is the broker itself.
  return (high & 0xffff) * 0x1_0000_0000 + (low >>> 0) || 1;
}
