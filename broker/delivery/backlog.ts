import { Heap } from '../kernel/heap.ts';
import { Ring } from '../kernel/ring.ts';
import type { Entry, Sequenced } from './entry.ts';

/**
 * The entries that are ready, in the order of their events. Those that come back take their old place, which is before
 * everything not yet handed over; so there are two structures, and the first one goes first.
 *
 * Only the first leaves early, when a full queue gives up its oldest; and one that came back, when its retention ends.
 */
export class Backlog<E extends Sequenced> {
  readonly #returned = new Heap<Entry<E>>((one, other) => one.event.seq < other.event.seq);
  readonly #fresh: Ring<Entry<E>>;

  constructor(entriesMax: number) {
    this.#fresh = new Ring(entriesMax);
  }

  /** New events are not given yet: what came before them is still being found. */
  freshWait = false;

  /** A new event: later than all others. The caller holds the bound. */
  add(entry: Entry<E>): void {
    this.#fresh.push(entry);
  }

  /** Back to its place. */
  giveBack(entry: Entry<E>): void {
    this.#returned.push(entry);
  }

  /** Nothing is given, however much there is, before something is over. */
  get isStuck(): boolean {
    return false;
  }

  /** What gives way first where there is no room. */
  oldest(): Entry<E> | undefined {
    return this.#returned.peek() ?? this.#fresh.peek();
  }

  /** Takes the first that may be given now. */
  next(): Entry<E> | undefined {
    return this.#returned.pop() ?? (this.freshWait ? undefined : this.#fresh.shift());
  }

  /** It was given to somebody. */
  handed(_entry: Entry<E>): void {}

  /** It is settled, or was given up. */
  over(_entry: Entry<E>): void {}

  /** Takes this one, if it is the first or came back. */
  remove(entry: Entry<E>): void {
    this.#returned.remove(entry);
    if (this.#fresh.peek() === entry) this.#fresh.shift();
  }

  protected peekReturned(): Entry<E> | undefined {
    return this.#returned.peek();
  }

  clear(): void {
    while (this.#returned.pop() !== undefined);
    this.#fresh.clear();
  }
}
