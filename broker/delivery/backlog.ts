import { Heap } from '../kernel/heap.ts';
import { Ring } from '../kernel/ring.ts';
import type { Entry } from './entry.ts';

/**
 * The entries that are ready, in the order of their events. Those that come back take their old place, which is before
 * everything not yet handed over; so there are two structures, and the first one goes first.
 *
 * An entry that is not `ready` any more may still lie here; it is passed over.
 */
export class Backlog {
  readonly #returned = new Heap<Entry>((entry) => entry.event.seq);
  readonly #fresh: Ring<Entry>;

  constructor(entriesMax: number) {
    this.#fresh = new Ring(entriesMax);
  }

  /** A new event: later than all others. */
  add(entry: Entry): void {
    if (this.#fresh.push(entry)) return;
    // The caller holds the bound over all its entries, so what fills the ring is partly passed over already.
    const live = [...this.#fresh].filter(isReady);
    this.#fresh.clear();
    for (const one of [...live, entry]) this.#fresh.push(one);
  }

  /** Back to its place. */
  giveBack(entry: Entry): void {
    this.#returned.push(entry);
  }

  /** Takes the first. */
  next(): Entry | undefined {
    for (let entry = this.#take(); entry !== undefined; entry = this.#take()) {
      if (isReady(entry)) return entry;
    }
    return undefined;
  }

  #take(): Entry | undefined {
    return this.#returned.pop() ?? this.#fresh.shift();
  }
}

function isReady(entry: Entry): boolean {
  return entry.state === 'ready';
}
