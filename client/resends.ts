import { backoffMs } from './backoff.ts';
import type { Request } from './request.ts';

/** Bounds of the rests after refusals in a row. */
const REST = { minMs: 50, maxMs: 5_000, attemptsMax: Number.POSITIVE_INFINITY };

/**
 * Publishes that are to be written again, in the order in which they were first published; and the rest that is taken
 * before, when the broker has refused one for now. It has as many as may be under way at most, for it has only such.
 */
export class Resends {
  #line = new Set<Request>();
  /** The highest ref in line. Who comes with a lower one has to be put in its place. */
  #lastRef = 0;
  #sorted = true;
  #refusals = 0;
  #resting = false;

  get size(): number {
    return this.#line.size;
  }

  /** Nothing is to be published before the rest is over. */
  get resting(): boolean {
    return this.#resting;
  }

  /** By rising ref. Who is deleted meanwhile is passed over. */
  [Symbol.iterator](): IterableIterator<Request> {
    if (!this.#sorted) this.#line = new Set([...this.#line].sort((one, other) => one.ref - other.ref));
    this.#sorted = true;
    return this.#line.values();
  }

  add(request: Request): void {
    if (this.#line.has(request)) return;
    this.#line.add(request);
    // Nearly always it belongs at the end: refusals come in the order of the publishes.
    if (request.ref < this.#lastRef) this.#sorted = false;
    else this.#lastRef = request.ref;
  }

  delete(request: Request): void {
    this.#line.delete(request);
    if (this.#line.size === 0) this.#lastRef = 0;
  }

  /** Begins a rest, unless there is one. Returns how long it is to be; its end is to be told by `rested`. */
  rest(fraction: number): number | undefined {
    if (this.#resting) return undefined;
    this.#resting = true;
    this.#refusals += 1;
    // Not from nothing on: what was refused this moment would be refused in the next.
    return REST.minMs / 2 + backoffMs(this.#refusals - 1, REST, fraction);
  }

  rested(): void {
    this.#resting = false;
  }

  /** The broker has taken one: the next rest is a first one. */
  accepted(): void {
    this.#refusals = 0;
  }
}
