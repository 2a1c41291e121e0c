import { decodeJson, type JsonReader, type JsonValue, type MatchableEvent } from '../../matcher/index.ts';
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

/** An event as a broker has it: its data is bytes, of which the matcher reads what filters name, and all only for tests that want it. */
export class BytesEvent implements MatchableEvent {
  readonly topic: string;
  readonly #bytes: Uint8Array;
  #data: JsonValue | undefined;

  constructor({ topic, text }: WorkloadEvent) {
    this.topic = topic;
    this.#bytes = encoder.encode(text);
  }

  get data(): JsonValue | undefined {
    if (this.#data === undefined) {
      const decoded = decodeJson(this.#bytes, LIMITS);
      this.#data = 'value' in decoded ? decoded.value : undefined;
    }
    return this.#data;
  }

  readData(reader: JsonReader): void {
    reader.read(this.#bytes, LIMITS);
  }
}

const encoder = new TextEncoder();
/** As a broker has them. */
const LIMITS = { depthMax: 32, keysMax: 2_000 };

export function parseEvent(topic: string, text: string): BenchEvent {
  return { topic, data: JSON.parse(text) as JsonValue };
}
