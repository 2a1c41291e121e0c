import type { Wanted } from '../peers/pubsub-peer.ts';
import type { LoadEvents } from './events.ts';
import type { LatencyRecord } from './latency-record.ts';
import { NumberSet } from './number-set.ts';

export interface TallyOptions {
  readonly latency: LatencyRecord | undefined;
  /** Events come in the order in which they were published. Else each may come when it likes, but once. */
  readonly ordered: boolean;
}

/**
 * What one subscription was told, and whether it was right to: events of its own, unchanged, each once. So many of these as were
 * expected are exactly those that were expected.
 */
export class Tally {
  /** Events, the wrong ones included. */
  count = 0;
  wrong = 0;
  readonly wanted: Wanted;
  readonly #events: LoadEvents;
  readonly #latency: LatencyRecord | undefined;
  readonly #tested: boolean;
  readonly #met: NumberSet | undefined;
  #last = -1;

  constructor(wanted: Wanted, events: LoadEvents, { latency, ordered }: TallyOptions) {
    this.wanted = wanted;
    this.#events = events;
    this.#latency = latency;
    this.#tested = wanted.where !== undefined;
    this.#met = ordered ? undefined : new NumberSet();
  }

  /** It has got what it wants of the events before this number, but for few. */
  get seenBefore(): number {
    return this.#met === undefined ? this.#last + 1 : this.count;
  }

  readonly taken = (bytes: Uint8Array, start: number, end: number): void => {
    const events = this.#events;
    const n = events.numberIn(bytes, start);
    const right = events.isRight(n, bytes, start, end) && (this.#met === undefined ? n > this.#last : this.#met.add(n));
    if (!right || (this.#tested && !events.isWanted(n, this.wanted))) this.wrong += 1;
    this.#last = n;
    this.count += 1;
    this.#latency?.record(events.dueUsIn(bytes, start));
  };
}
