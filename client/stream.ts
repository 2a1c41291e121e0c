import type { TellwhenError } from './errors.ts';

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: TellwhenError) => void;
  /** Whom it waits for. */
  readonly owner: object | undefined;
}

/** So many places of taken items are kept at most, or as many as items wait. */
const TAKEN_MAX = 1024;

export const DONE: IteratorResult<never, undefined> = { done: true, value: undefined };

/**
 * A bounded queue between the socket, which pushes, and consumers, who wait. Several may wait; each item goes to one,
 * in order.
 */
export class Stream<T> {
  /** So many items may wait. */
  max: number;
  /** Those before `#first` are taken. An array's own `shift` moves all the others. */
  #queue: (T | undefined)[] = [];
  #first = 0;
  /** In the order in which they came. Made with the first. */
  #waiters: Set<Waiter<T>> | undefined;
  #over = false;
  #error: TellwhenError | undefined;

  constructor(max: number) {
    this.max = max;
  }

  get length(): number {
    return this.#queue.length - this.#first;
  }

  /** Returns the oldest item if it had to go for this one; after the end, nothing is kept. */
  push(item: T): T | undefined {
    if (this.#over) return undefined;
    const waiters = this.#waiters;
    for (const waiter of waiters ?? []) {
      waiters?.delete(waiter);
      waiter.resolve({ done: false, value: item });
      return undefined;
    }
    this.#queue.push(item);
    return this.length > this.max ? this.shift() : undefined;
  }

  /** The next item, if one waits. */
  shift(): T | undefined {
    if (this.#first === this.#queue.length) return undefined;
    const item = this.#queue[this.#first];
    this.#queue[this.#first++] = undefined;
    if (this.#first === this.#queue.length) this.#forgetTaken();
    else if (this.#first >= TAKEN_MAX && this.#first * 2 >= this.#queue.length) this.#forgetTaken();
    return item;
  }

  /** The next item; after the end, first what is left, then `done` or the error. */
  next(owner?: object): Promise<IteratorResult<T, undefined>> {
    const item = this.shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#over) return Promise.resolve(DONE);
    this.#waiters ??= new Set();
    const waiters = this.#waiters;
    return new Promise((resolve, reject) => waiters.add({ resolve, reject, owner }));
  }

  /** Those who wait for this owner wait no longer: for them it is `done`. */
  wake(owner: object): void {
    for (const waiter of this.#waiters ?? []) {
      if (waiter.owner !== owner) continue;
      this.#waiters?.delete(waiter);
      waiter.resolve(DONE);
    }
  }

  /** Takes out one item that waits. False when it does not. */
  delete(item: T): boolean {
    const at = this.#queue.indexOf(item, this.#first);
    if (at >= 0) this.#queue.splice(at, 1);
    return at >= 0;
  }

  /** Takes out, and returns, all that waits. */
  clear(): T[] {
    const removed = this.#queue.slice(this.#first) as T[];
    this.#queue = [];
    this.#first = 0;
    return removed;
  }

  /** With an error, what is left may still be taken before it is thrown. Idempotent. */
  end(error?: TellwhenError): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    for (const waiter of this.#waiters ?? []) {
      this.#waiters?.delete(waiter);
      if (error === undefined) waiter.resolve(DONE);
      else waiter.reject(error);
    }
  }

  #forgetTaken(): void {
    this.#queue.splice(0, this.#first);
    this.#first = 0;
  }
}
