import { type ErrorCode, TellwhenError } from './errors.ts';
import type { ReceivedEvent } from './event.ts';
import type { HeldLease } from './lease.ts';
import type { Notice } from './notice.ts';
import type { Fetched, PullRegistration } from './pull-registration.ts';
import type { EventContext } from './push-registration.ts';
import type { Taker } from './registration.ts';
import type { Settler } from './settler.ts';
import type { Work } from './work.ts';

/** Works on one event. `signal` fires when its lease is lost: stop, another may be given the event. */
export type EventHandler = (event: ReceivedEvent, context: EventContext) => unknown;

export interface RunOptions {
  /** Handlers at work at the same time. Default 1. */
  readonly concurrency?: number | undefined;
  /** Stops taking events; handlers at work are waited for. */
  readonly signal?: AbortSignal | undefined;
  /** How long an event rests after its handler threw. Default 1 s. */
  readonly retryDelayMs?: number | undefined;
  /**
   * Told of what handlers throw, and of fetches and acknowledgements that failed. Without it they go unnoticed here: the
   * event is delivered again, and in the end the broker tells of a gap, `attempts_exhausted`.
   */
  readonly onError?: ((error: unknown, failed: ReceivedEvent | Notice) => void) | undefined;
}

export interface RunMeans {
  readonly settler: Settler;
  readonly work: Work;
  readonly report: (error: unknown) => void;
}

const RETRY_DELAY_MS = 1_000;
/** Nothing is wrong: the event is settled, with somebody else, or comes again by itself. */
const PASS_OVER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'event_gone',
  'event_leased',
  'event_unknown',
  'connection_lost',
  'client_closed',
]);

/** See `Consumer.run`. */
export async function runHandlers(
  registration: PullRegistration,
  handler: EventHandler,
  options: RunOptions,
  means: RunMeans,
): Promise<void> {
  const { concurrency = 1, signal } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new TellwhenError('invalid_argument', `concurrency must be a whole number from 1, not ${concurrency}`);
  }
  const runner = new Runner(registration, handler, options, means);
  const stop = (): void => runner.stop();
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    await Promise.all(Array.from({ length: concurrency }, () => runner.loop()));
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** One call of `run`. Each of its loops has one handler at work. */
class Runner implements Taker {
  readonly #registration: PullRegistration;
  readonly #handler: EventHandler;
  readonly #options: RunOptions;
  readonly #means: RunMeans;
  #over = false;

  constructor(registration: PullRegistration, handler: EventHandler, options: RunOptions, means: RunMeans) {
    this.#registration = registration;
    this.#handler = handler;
    this.#options = options;
    this.#means = means;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Nothing more is taken; those who wait for a notice wait no longer. */
  stop(): void {
    this.#over = true;
    this.#registration.stream.wake(this);
  }

  async loop(): Promise<void> {
    while (!this.#over) {
      const { done, value } = await this.#registration.next(this);
      if (done) return;
      const working = this.#fetchAndHandle(value);
      this.#means.work.track(working);
      await working;
    }
  }

  async #fetchAndHandle(notice: Notice): Promise<void> {
    let fetched: Fetched;
    try {
      fetched = await this.#registration.fetch(notice, {});
    } catch (error) {
      if (!(error instanceof TellwhenError && PASS_OVER.has(error.code))) this.#tell(error, notice);
      return;
    }
    const { event, lease } = fetched;
    this.#means.settler.keeper.keep(lease);
    try {
      await this.#settle(lease, await this.#handle(event, lease));
    } catch (error) {
      this.#tell(error, event);
    } finally {
      this.#means.settler.keeper.drop(lease);
    }
  }

  async #handle(event: ReceivedEvent, lease: HeldLease): Promise<'done' | 'failed'> {
    try {
      await this.#handler(event, lease);
      return 'done';
    } catch (error) {
      this.#tell(error, event);
      return 'failed';
    }
  }

  /** A handler may have settled the event itself; and one that lost its lease may still be in time to acknowledge. */
  async #settle(lease: HeldLease, outcome: 'done' | 'failed'): Promise<void> {
    const { settler } = this.#means;
    if (lease.state === 'settled') return;
    if (outcome === 'done') await settler.ack(lease);
    else if (lease.state === 'held') await settler.release(lease, this.#options.retryDelayMs ?? RETRY_DELAY_MS);
  }

  #tell(error: unknown, failed: ReceivedEvent | Notice): void {
    try {
      this.#options.onError?.(error, failed);
    } catch (thrown) {
      this.#means.report(thrown);
    }
  }
}
