import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Pause } from './timings.ts';

interface Collection extends Pause {
  /** Of the young generation only. */
  readonly isMinor: boolean;
}

/** Watches the garbage collector, so that its pauses can be counted and told from the matcher's own. */
export class Collections {
  readonly #seen: Collection[] = [];
  readonly #observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) this.#seen.push(toCollection(entry));
  });

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** What was collected since this was last asked. Node reports collections some turns of the event loop late. */
  async take(): Promise<readonly Collection[]> {
    for (let i = 0; i < 5; i += 1) await nextTurn();
    return this.#seen.splice(0);
  }

  stop(): void {
    this.#observer.disconnect();
  }
}

function toCollection(entry: PerformanceEntry): Collection {
  const { kind } = (entry as PerformanceEntry & { readonly detail: { readonly kind: number } }).detail;
  return {
    startMs: entry.startTime,
    endMs: entry.startTime + entry.duration,
    isMinor: kind === constants.NODE_PERFORMANCE_GC_MINOR,
  };
}
