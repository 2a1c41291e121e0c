import type { JsonValue } from '../../matcher/index.ts';
import type { Workload, WorkloadEvent } from '../workloads/workload.ts';

export interface BenchEvent {
  readonly topic: string;
  readonly data: JsonValue;
}

/** So many different events; then they come again, parsed afresh. */
const DIFFERENT = 10_000;

/** A workload's events, one after the other, each parsed when it is asked for. */
export class EventSource {
  readonly #events: readonly WorkloadEvent[];
  #next = 0;

  constructor(workload: Workload) {
    this.#events = Array.from({ length: DIFFERENT }, () => workload.event());
  }

  next(): BenchEvent {
    const { topic, text } = this.nextText();
    return parseEvent(topic, text);
  }

  nextText(): WorkloadEvent {
    const event = this.#events[this.#next] as WorkloadEvent;
    this.#next = this.#next + 1 < DIFFERENT ? this.#next + 1 : 0;
    return event;
  }

  take(count: number): BenchEvent[] {
    return Array.from({ length: count }, () => this.next());
  }
}

export function parseEvent(topic: string, text: string): BenchEvent {
  return { topic, data: JSON.parse(text) as JsonValue };
}
