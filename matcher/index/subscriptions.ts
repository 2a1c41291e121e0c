/**
 * Who subscribed to which filter. Most filters have one subscriber, kept in the filter's column; more are int32s back
 * to back in blocks of the arena, so that a hot filter is copied out, not chased.
 *
 *     heads[filter] ≥ 0       the only subscriber
 *     heads[filter] = EMPTY   none
 *     heads[filter] < EMPTY   first block, as its address's complement less one
 *
 * A bit says of most filters that the only subscriber has the filter's own number (see filter-numbers.ts): a million of them are
 * read from memory that a cache holds, where the column is not.
 *
 *     block   ┌──────┬──────┬────────────┬────────────┬──   only the first one has slack
 *             │ used │ next │ subscriber │ subscriber │ …
 *             └──────┴──────┴────────────┴────────────┴──
 */
import * as arenaConstants from './arena.ts';
import { Arena } from './arena.ts';
import { roomForInts } from './columns.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { BLOCK_WORDS_MAX, CHUNK_MASK, CHUNK_SHIFT, NOWHERE } = arenaConstants;

const EMPTY = -1;
const BLOCK_HEADER = 2;
/** Subscriptions in one page of the directory. */
const PAGE = 1024;

interface Page {
  /** Two words for each subscription: its filter or NOWHERE, and the address of its word in a block. */
  readonly words: Int32Array;
  live: number;
}

export class Subscriptions {
  readonly #arena = new Arena();
  #heads = new Int32Array(0);
  /** Of filter `n` bit `n & 31` of word `n >> 5`: is its own number that of its only subscriber? */
  #own = new Int32Array(0);
  /** By subscription / PAGE, so that numbers need not start at 0; dense ones cost 8 bytes each. */
  readonly #pages = new Map<number, Page>();
  #size = 0;

  /** What `copyAll` wrote last; as long as the longest answer since the last reset, or little longer. */
  ids = new Int32Array(0);

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#arena.bytes + this.#heads.byteLength + this.#own.byteLength + this.#pages.size * PAGE * 8;
  }

  /** The filter of a subscription, or NOWHERE. */
  filterOf(subscription: number): number {
    return this.#pages.get(Math.floor(subscription / PAGE))?.words[(subscription % PAGE) * 2] ?? NOWHERE;
  }

  /** A new filter without subscribers. */
  filterCreated(filter: number): void {
    this.#heads = roomForInts(this.#heads, filter + 1);
    this.#own = roomForInts(this.#own, (filter >> 5) + 1);
    this.#setHead(filter, EMPTY);
  }

  /** Subscribes; the subscription has no filter. */
  add(filter: number, subscription: number): void {
    const page = this.#pages.get(Math.floor(subscription / PAGE)) ?? this.#createPage(subscription);
    page.live += 1;
    this.#size += 1;
    page.words[(subscription % PAGE) * 2] = filter;
    const head = this.#heads[filter] as number;
    if (head === EMPTY) {
      this.#setHead(filter, subscription);
      return;
    }
    if (head >= 0) {
      const block = this.#createBlock(2, NOWHERE);
      this.#push(block, head);
      this.#setHead(filter, toHead(block));
    }
    let block = fromHead(this.#heads[filter] as number);
    const used = this.#word(block, 0);
    if (used === this.#arena.capacity(block)) {
      block = used === BLOCK_WORDS_MAX ? this.#createBlock(BLOCK_WORDS_MAX / 4, block) : this.#enlarge(block);
      this.#setHead(filter, toHead(block));
    }
    this.#push(block, subscription);
  }

  /**
   * Unsubscribes.
   *
   * @returns the filter it had, or NOWHERE; and leaves the filter, with or without subscribers.
   */
  remove(subscription: number): number {
    const page = this.#pages.get(Math.floor(subscription / PAGE));
    const at = (subscription % PAGE) * 2;
    const filter = page?.words[at] ?? NOWHERE;
    if (page === undefined || filter === NOWHERE) return NOWHERE;
    const head = this.#heads[filter] as number;
    if (head >= 0) this.#setHead(filter, EMPTY);
    else this.#pull(filter, fromHead(head), page.words[at + 1] as number);
    page.words[at] = NOWHERE;
    page.live -= 1;
    this.#size -= 1;
    if (page.live === 0) this.#pages.delete(Math.floor(subscription / PAGE));
    return filter;
  }

  /** Gives the columns back, when no filter is left. */
  reset(): void {
    this.#heads = new Int32Array(0);
    this.#own = new Int32Array(0);
    this.ids = new Int32Array(0);
  }

  /** Has the filter any subscriber? */
  isWanted(filter: number): boolean {
    return this.#heads[filter] !== EMPTY;
  }

  /** Has the filter this subscriber and no other? */
  isOnly(filter: number, subscription: number): boolean {
    return this.#heads[filter] === subscription;
  }

  /** Subscribers of a filter. Cost: its blocks, of which a million subscribers have some hundred. */
  countOf(filter: number): number {
    const head = this.#heads[filter] ?? EMPTY;
    if (head >= 0) return 1;
    let count = 0;
    for (let block = fromHead(head); block !== NOWHERE; block = this.#word(block, 1)) {
      count += this.#word(block, 0) - BLOCK_HEADER;
    }
    return count;
  }

  /** Writes the subscribers of the first `count` of `filters` to `ids`, which grows as it must. Returns how many. */
  copyAll(filters: Int32Array, count: number): number {
    const heads = this.#heads;
    const own = this.#own;
    let ids = this.#roomFor(count);
    let at = 0;
    for (let i = 0; i < count; i += 1) {
      const filter = filters[i] as number;
      if ((((own[filter >> 5] as number) >> (filter & 31)) & 1) === 1) {
        ids[at] = filter;
        at += 1;
        continue;
      }
      const head = heads[filter] as number;
      if (head >= 0) {
        ids[at] = head;
        at += 1;
        continue;
      }
      at = this.#copyBlocks(head, at);
      ids = this.#roomFor(at + count - i);
    }
    return at;
  }

  #copyBlocks(head: number, to: number): number {
    let at = to;
    for (let block = fromHead(head); block !== NOWHERE; block = this.#word(block, 1)) {
      const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
      const start = block & CHUNK_MASK;
      const end = start + (words[start] as number);
      const ids = this.#roomFor(at + end - start);
      for (let i = start + BLOCK_HEADER; i < end; i += 1) {
        ids[at] = words[i] as number;
        at += 1;
      }
    }
    return at;
  }

  #setHead(filter: number, head: number): void {
    this.#heads[filter] = head;
    const others = (this.#own[filter >> 5] as number) & ~(1 << (filter & 31));
    this.#own[filter >> 5] = others | (Number(head === filter) << (filter & 31));
  }

  #roomFor(length: number) {
    this.ids = roomForInts(this.ids, length);
    return this.ids;
  }

  /** Fills the gap with the last subscriber of the first block. */
  #pull(filter: number, first: number, gap: number): void {
    const used = this.#word(first, 0) - 1;
    const last = this.#word(first, used);
    this.#setWord(first, 0, used);
    if (first + used !== gap) {
      this.#setWord(gap, 0, last);
      this.#setPlace(last, gap);
    }
    if (used > BLOCK_HEADER + 1) {
      if (used * 3 < this.#arena.capacity(first))
        this.#setHead(filter, toHead(this.#resize(first, used + (used >> 2))));
      return;
    }
    const next = this.#word(first, 1);
    if (used === BLOCK_HEADER) {
      this.#arena.free(first);
      this.#setHead(filter, toHead(next));
    } else if (next === NOWHERE) {
      this.#setHead(filter, this.#word(first, BLOCK_HEADER));
      this.#arena.free(first);
    }
  }

  #push(block: number, subscription: number): void {
    const used = this.#word(block, 0);
    this.#setWord(block, used, subscription);
    this.#setWord(block, 0, used + 1);
    this.#setPlace(subscription, block + used);
  }

  #createBlock(subscribers: number, next: number): number {
    const block = this.#arena.allocate(BLOCK_HEADER + subscribers);
    this.#setWord(block, 0, BLOCK_HEADER);
    this.#setWord(block, 1, next);
    return block;
  }

  #enlarge(block: number): number {
    const capacity = this.#arena.capacity(block);
    return this.#resize(block, Math.min(BLOCK_WORDS_MAX, capacity + (capacity >> 1)));
  }

  #resize(block: number, capacity: number): number {
    const used = this.#word(block, 0);
    const moved = this.#arena.allocate(capacity);
    for (let i = 0; i < used; i += 1) {
      const word = this.#word(block, i);
      this.#setWord(moved, i, word);
      if (i >= BLOCK_HEADER) this.#setPlace(word, moved + i);
    }
    this.#arena.free(block);
    return moved;
  }

  #setPlace(subscription: number, address: number): void {
    const page = this.#pages.get(Math.floor(subscription / PAGE)) as Page;
    page.words[(subscription % PAGE) * 2 + 1] = address;
  }

  #createPage(subscription: number): Page {
    const page = { words: new Int32Array(PAGE * 2).fill(NOWHERE), live: 0 };
    this.#pages.set(Math.floor(subscription / PAGE), page);
    return page;
  }

  #word(block: number, word: number): number {
    return (this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array)[(block & CHUNK_MASK) + word] as number;
  }

  #setWord(block: number, word: number, value: number): void {
    (this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array)[(block & CHUNK_MASK) + word] = value;
  }
}

function toHead(block: number): number {
  return block === NOWHERE ? EMPTY : -2 - block;
}

function fromHead(head: number): number {
  return -2 - head;
}
