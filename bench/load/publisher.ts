import { setImmediate as nextTurn } from 'node:timers/promises';
import { pubSubPeerOf } from '../peers/pubsub-catalogue.ts';
import type { PubSubClient } from '../peers/pubsub-peer.ts';
import type { Orders, Tell } from './client-process.ts';
import { EVENTS_MAX, LoadEvents } from './events.ts';
import { markOf } from './mark.ts';
import type { PublishOrder } from './messages.ts';
import { nowUs } from './shared-clock.ts';

/** Events of one turn of the event loop: enough to fill a write, few enough to hear of others' progress between. */
const BATCH = 1_000;
/** From the answer that it begins until the first event is due. */
const START_US = 10_000;
/** Ahead of what is due. */
const WAKING_US = 80;
/** Whoever says stop, or how far the subscribers are, waits no longer than that. */
const SLEEP_US_MAX = 1_000;
/** Nobody ever wakes who waits for this. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

/** Publishes until it is told to stop. */
export async function publish(order: PublishOrder, tell: Tell): Promise<Orders> {
  const client = await (await pubSubPeerOf(order.peer)).connect(order.address);
  const publisher = new Publisher(order, client);
  tell({ kind: 'ready' });
  const publishing = publisher.run();
  return (next) => {
    if (next.kind === 'seen') publisher.seen(next.before);
    else if (next.kind === 'mark') tell({ kind: 'marked', mark: markOf(publisher.next) });
    else if (next.kind === 'stop') {
      publisher.stop();
      void publishing.then(async () => {
        tell({ kind: 'published', end: publisher.next, startUs: publisher.startUs });
        await client.close();
      });
    } else throw new Error(`a publisher cannot ${next.kind}`);
  };
}

/** Microseconds from one event to the next. 0: none is due at any time. */
export function stepUsAt(rate: number): number {
  return rate === 0 ? 0 : 1e6 / rate;
}

class Publisher {
  /** The number of the next event. */
  next = 0;
  /** When the first event is due. */
  startUs = 0;
  readonly #client: PubSubClient;
  readonly #events: LoadEvents;
  readonly #rate: number;
  readonly #exact: boolean;
  readonly #window: number;
  #seen = 0;
  #stopped = false;
  /** Wakes it when it waits for the subscribers. */
  #wake: (() => void) | undefined;

  constructor({ events, rate, exact, window }: PublishOrder, client: PubSubClient) {
    this.#client = client;
    this.#events = new LoadEvents(events);
    this.#rate = rate;
    this.#exact = exact;
    this.#window = window;
  }

  seen(before: number): void {
    this.#seen = before;
    this.#wake?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  async run(): Promise<void> {
    const stepUs = stepUsAt(this.#rate);
    this.startUs = nowUs() + START_US;
    this.#events.pace(this.startUs, stepUs);
    while (!this.#stopped) {
      const room = Math.min(this.#seen + this.#window, EVENTS_MAX) - this.next;
      if (room <= 0) {
        await this.#untilSeen();
        continue;
      }
      const due = stepUs === 0 ? room : Math.floor((nowUs() - this.startUs) / stepUs) + 1 - this.next;
      const count = Math.min(room, due, BATCH);
      if (count > 0) {
        const taken = this.#client.publish(this.#events, this.next, count);
        this.next += taken;
        if (taken < count) await this.#client.writable();
      }
      await nextTurn();
      if (stepUs > 0 && !this.#exact) await this.#sleepUntil(this.startUs + this.next * stepUs);
    }
  }

  /**
   * Leaves the core to others for the most of the time. The sleep of a thread ends some tens of microseconds late, where a timer of
   * the event loop would end in the next millisecond; what was sent has left by then.
   */
  async #sleepUntil(dueUs: number): Promise<void> {
    await nextTurn();
    const leftUs = dueUs - nowUs() - WAKING_US;
    if (leftUs > 0) Atomics.wait(NEVER, 0, 0, Math.min(leftUs, SLEEP_US_MAX) / 1e3);
  }

  #untilSeen(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
