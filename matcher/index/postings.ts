/**
 * Postings: where the candidates of each filter are. One filter has one posting for each branch it was split into; its
 * postings form a chain.
 */
import { NOWHERE } from './arena.ts';
import { roomForInts } from './columns.ts';
import { IdPool } from './id-pool.ts';

export class Postings {
  readonly #ids = new IdPool();
  /** Address of the candidate, by posting. */
  candidates = new Int32Array(0);
  /** The filter's number, by posting. */
  filters = new Int32Array(0);
  /** The filter's next posting, or NOWHERE. */
  next = new Int32Array(0);

  get size(): number {
    return this.#ids.size;
  }

  get bytes(): number {
    return this.candidates.byteLength * 3;
  }

  /** A new posting at the head of the filter's chain, with no address yet. */
  create(filter: number, chain: number): number {
    const posting = this.#ids.take();
    this.candidates = roomForInts(this.candidates, posting + 1);
    this.filters = roomForInts(this.filters, posting + 1);
    this.next = roomForInts(this.next, posting + 1);
    this.candidates[posting] = NOWHERE;
    this.filters[posting] = filter;
    this.next[posting] = chain;
    return posting;
  }

  remove(posting: number): void {
    this.#ids.release(posting);
    if (this.#ids.size > 0) return;
    this.candidates = new Int32Array(0);
    this.filters = new Int32Array(0);
    this.next = new Int32Array(0);
  }
}
