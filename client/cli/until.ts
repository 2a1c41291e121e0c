import { EXIT, type ExitCode } from './exit-codes.ts';
import { count, duration } from './option-kinds.ts';

export const untilOptions = {
  count: count('n', 'end after so many events'),
  timeout: duration('duration', 'end after so long, as 10s; with --count, exit code 4 if it was not reached'),
};

/** Why a command that runs on came to its end. `ended`: there was nothing more to come. */
export type End = 'stopped' | 'timeout' | 'count' | 'ended';

export interface UntilOptions {
  /** The user's wish to end. */
  readonly stop: AbortSignal;
  readonly timeoutMs?: number | undefined;
  readonly count?: number | undefined;
}

/** Node fires at once for a longer time. */
const TIMER_MS_MAX = 0x7fff_ffff;

const DONE: IteratorResult<never, undefined> = { done: true, value: undefined };

/**
 * Watches for the end of a command that runs on: the user's stop, a time, or a count of things done. `signal` fires at
 * the first of them; `end` says which it was. Call `dispose` when done.
 */
export class Until {
  readonly #controller = new AbortController();
  readonly #stop: AbortSignal;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #countMax: number;
  #count = 0;
  #end: End = 'ended';

  constructor({ stop, timeoutMs, count = Number.POSITIVE_INFINITY }: UntilOptions) {
    this.#stop = stop;
    this.#countMax = count;
    if (timeoutMs !== undefined) {
      this.#timer = setTimeout(() => this.#finish('timeout'), Math.min(timeoutMs, TIMER_MS_MAX));
    }
    if (stop.aborted) this.#finish('stopped');
    else stop.addEventListener('abort', this.#stopped);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get end(): End {
    return this.#end;
  }

  /** One more is done. */
  counted(): void {
    this.#count += 1;
    if (this.#count >= this.#countMax) this.#finish('count');
  }

  /** The items of a sequence until `signal` fires. An item is never taken and then left. */
  async *take<T>(items: AsyncIterable<T>): AsyncGenerator<T, void> {
    const iterator = items[Symbol.asyncIterator]();
    while (!this.signal.aborted) {
      const { done, value } = await this.#next(iterator);
      if (done) return;
      yield value;
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#stop.removeEventListener('abort', this.#stopped);
  }

  // Not Promise.race: against a promise that lasts for hours, each race would leave something behind.
  #next<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      const stop = (): void => resolve(DONE);
      this.signal.addEventListener('abort', stop);
      iterator
        .next()
        .then(resolve, reject)
        .finally(() => this.signal.removeEventListener('abort', stop));
    });
  }

  readonly #stopped = (): void => this.#finish('stopped');

  #finish(end: End): void {
    if (this.signal.aborted) return;
    this.#end = end;
    this.#controller.abort();
  }
}

/** With a count wanted, its time being over first is worth an exit code of its own. */
export function exitAt(end: End, wanted: number | undefined): ExitCode {
  return end === 'timeout' && wanted !== undefined ? EXIT.timeout : EXIT.ok;
}
