/**
 * Finds the entries whose access key is a long list: from the symbol of an event to the lists that hold it, and from each
 * list to its bag. An event whose values are in no such list pays one look-up for each slot that has any.
 *
 *     heads[symbol] ─▶ ┌──────┬───────┬──────┬───────┬──────┬──      a link: a list, and which of its symbols this is
 *                      │ next │ count │ list │ index │ list │ …
 *                      └──┬───┴───────┴──────┴───────┴──────┴──
 *                         └─▶ a full block, half as long
 *
 *     links[list]   ─▶ [ where the link of its first symbol is, of its second … ]
 *
 * So a link is found and taken out without a search, however many lists share a symbol, and none is copied as they become
 * more: where a block is full, one of twice its length stands before it. Lists are linked while they have entries.
 */
import * as arenaConstants from './arena.ts';
import { Arena } from './arena.ts';
import type { Bags } from './bags.ts';
import { roomForInts } from './columns.ts';
import type { ListTable } from './list-table.ts';
import { withoutKey } from './program.ts';
import type { Scanner } from './scanner.ts';
import type { SlotTable } from './slot-table.ts';
import * as symbolTableConstants from './symbol-table.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { CHUNK_MASK, CHUNK_SHIFT, NOWHERE } = arenaConstants;
const { NO_SYMBOL } = symbolTableConstants;

const NEXT = 0;
const COUNT = 1;
const HEADER = 2;
const LINK_WORDS = 2;
const BLOCK_WORDS_MIN = HEADER + LINK_WORDS;
const BLOCK_WORDS_MAX = 256;

/** Bags that are asked for at once. */
const FOUND_MAX = 256;

/** The first half of the owner of runs that are found by a list; the list is the second. */
export const OF_LIST = -2;

export class ListIndex {
  readonly #lists: ListTable;
  readonly #bags: Bags;
  readonly #arena = new Arena();
  /** By list. */
  #bagOf = new Int32Array(0);
  #links = new Int32Array(0);
  /** By symbol. */
  #heads = new Int32Array(0);
  /** By slot: lists that are linked. */
  #linked = new Int32Array(0);
  #size = 0;
  readonly #found = new Int32Array(FOUND_MAX);

  constructor(lists: ListTable, bags: Bags) {
    this.#lists = lists;
    this.#bags = bags;
  }

  get bytes(): number {
    return this.#arena.bytes + this.#bagOf.byteLength * 2 + this.#heads.byteLength + this.#linked.byteLength;
  }

  /** Adds an entry whose key is the list. Cost: linear in the list for its first entry. */
  add(list: number, entry: Int32Array): void {
    this.#bagOf = roomForInts(this.#bagOf, list + 1, NOWHERE);
    const bag = this.#bagOf[list] as number;
    if (bag === NOWHERE) this.#link(list);
    this.#bagOf[list] = this.#bags.add(bag, withoutKey(entry), { owner: { first: OF_LIST, second: list } });
  }

  /** Removes the first entry of a filter from a run of the list's bag. Cost: linear in the list for its last entry. */
  remove(list: number, run: number, filter: number): void {
    const bag = this.#bags.remove(this.#bagOf[list] as number, run, filter);
    this.#bagOf[list] = bag;
    if (bag === NOWHERE) this.#unlink(list);
  }

  /** Offers the entries of all lists that hold a symbol of the event. */
  scan({ touched, touchedCount, symbols }: SlotTable, scanner: Scanner): void {
    if (this.#size === 0) return;
    const found = this.#found;
    let count = 0;
    for (let i = 0; i < touchedCount; i += 1) {
      const slot = touched[i] as number;
      if (slot >= this.#linked.length || this.#linked[slot] === 0) continue;
      const symbol = symbols[slot] as number;
      if (symbol === NO_SYMBOL || symbol >= this.#heads.length) continue;
      for (let block = this.#heads[symbol] as number; block !== NOWHERE; ) {
        const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
        const start = block & CHUNK_MASK;
        const end = start + HEADER + (words[start + COUNT] as number) * LINK_WORDS;
        for (let at = start + HEADER; at < end; at += LINK_WORDS) {
          found[count] = this.#bagOf[words[at] as number] as number;
          count += 1;
          if (count < FOUND_MAX) continue;
          scanner.scanBags(found, count);
          count = 0;
        }
        block = words[start + NEXT] as number;
      }
    }
    scanner.scanBags(found, count);
  }

  #link(list: number): void {
    const symbols = this.#lists.symbolsOf(list);
    const links = this.#arena.allocate(symbols.length);
    this.#links = roomForInts(this.#links, list + 1);
    this.#links[list] = links;
    // They are ascending.
    this.#heads = roomForInts(this.#heads, (symbols[symbols.length - 1] as number) + 1, NOWHERE);
    for (let i = 0; i < symbols.length; i += 1) {
      this.#write(links + i, this.#addLink(symbols[i] as number, list, i));
    }
    const slot = this.#lists.slotOf(list);
    this.#linked = roomForInts(this.#linked, slot + 1);
    this.#linked[slot] = (this.#linked[slot] as number) + 1;
    this.#size += 1;
  }

  #unlink(list: number): void {
    const symbols = this.#lists.symbolsOf(list);
    const links = this.#links[list] as number;
    for (let i = 0; i < symbols.length; i += 1) this.#dropLink(symbols[i] as number, this.#word(links + i));
    this.#arena.free(links);
    const slot = this.#lists.slotOf(list);
    this.#linked[slot] = (this.#linked[slot] as number) - 1;
    this.#size -= 1;
    if (this.#size > 0) return;
    this.#bagOf = new Int32Array(0);
    this.#links = new Int32Array(0);
    this.#heads = new Int32Array(0);
    this.#linked = new Int32Array(0);
  }

  /** Returns where the link is. */
  #addLink(symbol: number, list: number, index: number): number {
    const head = this.#heads[symbol] as number;
    const block = head === NOWHERE || this.#isFull(head) ? this.#createBlock(head) : head;
    this.#heads[symbol] = block;
    const count = this.#word(block + COUNT);
    const link = block + HEADER + count * LINK_WORDS;
    this.#write(link, list);
    this.#write(link + 1, index);
    this.#write(block + COUNT, count + 1);
    return link;
  }

  /** The last link takes the place of the one that goes. */
  #dropLink(symbol: number, link: number): void {
    const block = this.#heads[symbol] as number;
    const count = this.#word(block + COUNT) - 1;
    const last = block + HEADER + count * LINK_WORDS;
    const list = this.#word(last);
    const index = this.#word(last + 1);
    this.#write(link, list);
    this.#write(link + 1, index);
    this.#write((this.#links[list] as number) + index, link);
    this.#write(block + COUNT, count);
    if (count > 0) return;
    this.#heads[symbol] = this.#word(block + NEXT);
    this.#arena.free(block);
  }

  #createBlock(next: number): number {
    const twice = next === NOWHERE ? BLOCK_WORDS_MIN : this.#arena.capacity(next) * 2;
    const block = this.#arena.allocate(Math.min(twice, BLOCK_WORDS_MAX));
    this.#write(block + NEXT, next);
    this.#write(block + COUNT, 0);
    return block;
  }

  #isFull(block: number): boolean {
    return HEADER + (this.#word(block + COUNT) + 1) * LINK_WORDS > this.#arena.capacity(block);
  }

  #word(address: number): number {
    return (this.#arena.ints[address >> CHUNK_SHIFT] as Int32Array)[address & CHUNK_MASK] as number;
  }

  #write(address: number, value: number): void {
    (this.#arena.ints[address >> CHUNK_SHIFT] as Int32Array)[address & CHUNK_MASK] = value;
  }
}
