import type { Space } from './space.ts';
import type { SpaceCounters } from './space-counters.ts';
import type { SpaceStore } from './space-store.ts';
import type { Reader, Tuple } from './tuple.ts';
import type { TupleLeases } from './tuple-leases.ts';

export interface TupleFatesMeans {
  readonly leases: TupleLeases;
  readonly store: SpaceStore;
  readonly counters: SpaceCounters;
  /** Offers a tuple that may be found to those who wait for one: may take it. */
  readonly offer: (tuple: Tuple) => void;
  /** Offers one that was there before to those who wait to take. */
  readonly offerToTakers: (tuple: Tuple) => void;
  /** Tells who watches of a tuple that was not there before. */
  readonly told: (tuple: Tuple) => void;
}

/** What becomes of tuples: the one place where their state changes, see `TupleState`. */
export class TupleFates {
  readonly #means: TupleFatesMeans;

  constructor(means: TupleFatesMeans) {
    this.#means = means;
  }

  /**
   * Tuples that were just put into their spaces, or whose transaction commits, begin their lease and are there: at once, or,
   * when any is stored, all together when they are flushed; then the answer is true.
   */
  publish(tuples: readonly Tuple[]): boolean {
    const { leases, store } = this.#means;
    let isStored = false;
    for (const tuple of tuples) {
      leases.run(tuple, tuple.leaseMs);
      if (!tuple.space.durable) continue;
      store.put(tuple);
      isStored = true;
    }
    if (!isStored) this.#revealAll(tuples);
    else {
      for (const tuple of tuples) tuple.state = 'storing';
      store.afterFlush(() => this.#revealAll(tuples));
    }
    return isStored;
  }

  /** One that is found, and nobody else is to find. */
  take(tuple: Tuple): void {
    tuple.space.index.remove(tuple);
    tuple.state = 'taken';
    tuple.space.taken += 1;
  }

  /** They were taken, and are gone for good. True when that is to be flushed. */
  consume(tuples: readonly Tuple[]): boolean {
    let isStored = false;
    for (const tuple of tuples) {
      if (tuple.state === 'gone') continue;
      tuple.space.taken -= 1;
      tuple.space.takes += 1;
      if (tuple.space.durable) isStored = true;
      this.#end(tuple);
    }
    return isStored;
  }

  /** They were taken, and are there again, at their old places. */
  giveBack(tuples: readonly Tuple[]): void {
    for (const tuple of tuples) {
      if (tuple.state === 'gone') continue;
      tuple.space.taken -= 1;
      this.#means.counters.returned += 1;
      if (tuple.expired) this.#expire(tuple);
      else this.#reveal(tuple);
    }
  }

  /** Of its transaction alone, and gone with it. */
  drop(tuple: Tuple): void {
    this.#end(tuple);
  }

  /** A transaction that has read it is over. */
  unlock(tuple: Tuple, reader: Reader): void {
    tuple.unlock(reader);
    if (tuple.state === 'visible') this.#means.offerToTakers(tuple);
  }

  /** Its lease ended. */
  leaseExpired(tuple: Tuple): void {
    if (tuple.state === 'taken' || tuple.state === 'storing') tuple.expired = true;
    else this.#expire(tuple);
  }

  /** Somebody ends its lease. */
  cancel(tuple: Tuple): void {
    this.#end(tuple);
  }

  /** It was stored by an earlier run, and can be found from now on. */
  restored(tuple: Tuple): void {
    if (tuple.state === 'storing') this.#revealOrExpire(tuple);
  }

  /** The space is over: so are all its tuples, without a word to the store, which forgets them by the space. */
  endAll(space: Space): void {
    for (const tuple of space.tuples.values()) {
      this.#means.leases.stopOf(tuple);
      tuple.state = 'gone';
    }
    space.clear();
  }

  #revealAll(tuples: readonly Tuple[]): void {
    for (const tuple of tuples) {
      if (tuple.state === 'gone') continue;
      this.#means.told(tuple);
      this.#revealOrExpire(tuple);
    }
  }

  #revealOrExpire(tuple: Tuple): void {
    if (tuple.expired) this.#expire(tuple);
    else this.#reveal(tuple);
  }

  #reveal(tuple: Tuple): void {
    tuple.state = 'visible';
    this.#means.offer(tuple);
    // Who waited may have taken it.
    if ((tuple.state as Tuple['state']) === 'visible') tuple.space.index.add(tuple);
  }

  #expire(tuple: Tuple): void {
    tuple.space.expired += 1;
    this.#end(tuple);
  }

  #end(tuple: Tuple): void {
    const { leases, store } = this.#means;
    if (tuple.state === 'visible') tuple.space.index.remove(tuple);
    tuple.state = 'gone';
    leases.stopOf(tuple);
    tuple.space.delete(tuple);
    if (tuple.space.durable) store.delete(tuple);
  }
}
