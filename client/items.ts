import type { Registration, Taker } from './registration.ts';
import { DONE } from './stream.ts';

/** One loop over what arrives. It ends by itself, by `return`, or when its signal fires; what waits is left for others. */
export class Items<T> implements AsyncIterableIterator<T, undefined>, Taker {
  readonly #registration: Registration<T>;
  readonly #signal: AbortSignal | undefined;
  #over = false;

  constructor(registration: Registration<T>, signal: AbortSignal | undefined) {
    this.#registration = registration;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#end);
    if (signal?.aborted) this.#end();
  }

  get over(): boolean {
    return this.#over;
  }

  /** What waits already costs one promise, and not one for each layer. */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#over) return Promise.resolve(DONE);
    const value = this.#registration.nextAtOnce();
    return value === undefined ? this.#wait() : Promise.resolve({ done: false, value });
  }

  async #wait(): Promise<IteratorResult<T, undefined>> {
    try {
      const result = await this.#registration.next(this);
      if (result.done) this.#end();
      return result;
    } catch (error) {
      this.#signal?.removeEventListener('abort', this.#end);
      throw error;
    }
  }

  /** A `next` that waits is done as well: it takes nothing any more. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #end = (): void => {
    if (this.#over) return;
    this.#over = true;
    this.#signal?.removeEventListener('abort', this.#end);
    this.#registration.stream.wake(this);
  };
}
