import { backoffMs } from './backoff.ts';
import type { Request } from './request.ts';

/** Bounds of the rests after refusals in a row. */
const REST = { minMs: 50, maxMs: 5_000, attemptsMax: Number.POSITIVE_INFINITY };

/**
 * Publishes that are to be written again, in the order in which they were first published; and the rest that is taken
 * before, when the broker has refused one for now. It has as many as may be under way at most, for it has only such.
 */
export class Resends {
  /** By rising ref. */
  readonly #line: Request[] = [];
  readonly #in = new Set<Request>();
  #refusals = 0;
  #resting = false;

  get size(): number {
    return this.#line.length;
  }

  /** Nothing is to be published before the rest is over. */
  get resting(): boolean {
    return this.#resting;
  }

  get first(): Request | undefined {
    return this.#line[0];
  }

  add(request: Request): void {
    if (this.#in.has(request)) return;
    this.#in.add(request);
    // Nearly always it belongs at the end: refusals come in the order of the publishes.
    let at = this.#line.length;
    while (at > 0 && (this.#line[at - 1] as Request).ref > request.ref) at -= 1;
    this.#line.splice(at, 0, request);
  }

  delete(request: Request): void {
    if (!this.#in.delete(request)) return;
    this.#line.splice(this.#line.indexOf(request), 1);
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
