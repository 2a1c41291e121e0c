import * as asksConstants from './asks.ts';
import { roomForInts } from './columns.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { ASKS_DATA, ASKS_EVENT, ASKS_NOTHING } = asksConstants;

/** How many posted filters of each topic filter ask the event something, and how many of them its data. */
export class TopicAsks {
  /** By topic filter, two words: those that ask for something, and those that ask for data. */
  #counts = new Int32Array(0);

  get bytes(): number {
    return this.#counts.byteLength;
  }

  /** A filter that asks so much came under a topic filter, or goes. */
  count(topic: number, asks: number, change: 1 | -1): void {
    if (asks === ASKS_NOTHING) return;
    this.#counts = roomForInts(this.#counts, 2 * topic + 2);
    this.#counts[2 * topic] = (this.#counts[2 * topic] as number) + change;
    if (asks === ASKS_DATA) this.#counts[2 * topic + 1] = (this.#counts[2 * topic + 1] as number) + change;
  }

  /** What those under the first `count` of `topics` ask at most. */
  most(topics: readonly number[], count: number): number {
    let most = ASKS_NOTHING;
    for (let i = 0; i < count; i += 1) {
      const at = 2 * (topics[i] as number);
      if (at >= this.#counts.length) continue;
      if ((this.#counts[at + 1] as number) > 0) return ASKS_DATA;
      if ((this.#counts[at] as number) > 0) most = ASKS_EVENT;
    }
    return most;
  }

  /** Gives the column back, when there is no filter. */
  reset(): void {
    this.#counts = new Int32Array(0);
  }
}
