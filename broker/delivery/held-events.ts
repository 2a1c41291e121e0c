/** What one holder costs beside the event: its entry, its places in tables. An estimate, on the high side. */
const HOLDER_BYTES = 256;
/** What a run has for each of its events beside their bytes: where it begins. */
const PLACE_BYTES = 4;

/** An event, or a run of them, that may be kept in memory. */
export interface Holdable {
  /** Encoded. */
  readonly bytes: Uint8Array;
  readonly events: number;
  /** On the monotonic clock. */
  readonly arrivedMs: number;
  /** Copies the bytes out of the network's memory. */
  own(): void;
}

/**
 * The events that the broker keeps in memory for somebody, each counted once however many wait for it, and each who
 * waits counted beside it. One bound for the whole broker, so that a thousand slow subscribers of one topic cost one
 * copy, and all queues together cannot take more than the machine was said to have.
 */
export class HeldEvents {
  readonly #bytesMax: number;
  readonly #holders = new Map<Holdable, number>();
  #events = 0;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest of them arrived, on the monotonic clock. `undefined` when there is none. */
  get oldestArrivedMs(): number | undefined {
    // A map keeps the order of insertion, and events are first held in the order in which they arrive.
    for (const event of this.#holders.keys()) return event.arrivedMs;
    return undefined;
  }

  /** Keeps it, and its bytes, for one more. False, and nothing kept, when there is no room. */
  hold(event: Holdable): boolean {
    const holders = this.#holders.get(event);
    const bytes = HOLDER_BYTES + (holders === undefined ? keptBytes(event) : 0);
    if (this.#bytes + bytes > this.#bytesMax) return false;
    if (holders === undefined) {
      event.own();
      this.#events += event.events;
    }
    this.#bytes += bytes;
    this.#holders.set(event, (holders ?? 0) + 1);
    return true;
  }

  /** One who held it does so no longer. */
  letGo(event: Holdable): void {
    const holders = this.#holders.get(event);
    if (holders === undefined) throw new Error('an event is let go by one who does not hold it');
    this.#bytes -= HOLDER_BYTES;
    if (holders > 1) this.#holders.set(event, holders - 1);
    else {
      this.#holders.delete(event);
      this.#events -= event.events;
      this.#bytes -= keptBytes(event);
    }
  }
}

function keptBytes({ bytes, events }: Holdable): number {
  return bytes.length + (events - 1) * PLACE_BYTES;
}
