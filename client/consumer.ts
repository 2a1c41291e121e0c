import { Feed } from './feed.ts';
import type { Notice } from './notice.ts';
import type { PullRegistration } from './pull-registration.ts';
import type { SubscribeFrame } from './registration.ts';
import type { Registry } from './registry.ts';
import { type EventHandler, type RunMeans, type RunOptions, runHandlers } from './run.ts';
import { checkFilter, type FilterOptions } from './subscription.ts';

export interface PullOptions extends FilterOptions {
  /** How long a notified event stays fetchable. */
  readonly retentionMs?: number | undefined;
  /** Notices sent ahead of being taken. */
  readonly prefetch?: number | undefined;
}

export function pullFrame(options: PullOptions): SubscribeFrame {
  const { signal: _signal, prefetch, ...asked } = options;
  checkFilter(options);
  return { kind: 'subscribe', mode: 'pull', ...asked, creditEvents: prefetch };
}

/** Notices as events match; the events are fetched, here one by one or all by `run`. */
export class Consumer extends Feed<Notice> {
  readonly #registration: PullRegistration;
  readonly #means: RunMeans;

  constructor(registration: PullRegistration, registry: Registry, means: RunMeans) {
    super(registration, registry);
    this.#registration = registration;
    this.#means = means;
  }

  /**
   * Fetches each event and hands it to `handler`, up to `concurrency` at a time; keeps its lease renewed meanwhile;
   * acknowledges it when the handler returns, releases it when the handler throws, unless the handler has settled it
   * itself. Resolves when the consumer ends or `signal` fires, after the handlers at work have returned. Rejects when
   * the client fails.
   */
  run(handler: EventHandler, options: RunOptions = {}): Promise<void> {
    return runHandlers(this.#registration, handler, options, this.#means);
  }
}
