import { Ring } from '../kernel/ring.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { PublishedRun } from '../publish/published-run.ts';
import type { HeldEvents } from './held-events.ts';

/** Events that wait together: one by itself, or `count` of a run from its `from`-th on. */
export type Stretch =
  | { readonly event: PublishedEvent; readonly run: undefined }
  | { readonly event: undefined; readonly run: PublishedRun; from: number; count: number };

/**
 * What waits for one subscriber, in order. What came in a run waits as one: a copy of the run, which all who wait for it
 * share, and two numbers. The caller holds the bounds, by events and bytes; memory is for `HeldEvents` to grant.
 */
export class PushQueue {
  readonly #held: HeldEvents;
  readonly #stretches: Ring<Stretch>;
  #last: Stretch | undefined;
  #length = 0;
  #bytes = 0;

  constructor(held: HeldEvents, eventsMax: number) {
    this.#held = held;
    this.#stretches = new Ring(eventsMax);
  }

  /** Events. */
  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False, and nothing is added, when no memory is granted. */
  add(event: PublishedEvent): boolean {
    if (!this.#held.hold(event)) return false;
    this.#push({ event, run: undefined }, event.bytes.length);
    return true;
  }

  /** The `i`-th of a run. In order. As `add`. */
  addOf(run: PublishedRun, i: number): boolean {
    const last = this.#length === 0 ? undefined : this.#last;
    if (last?.run === run && last.from + last.count === i) {
      last.count += 1;
      this.#length += 1;
      this.#bytes += run.bodies.length(i);
      return true;
    }
    if (!this.#held.hold(run)) return false;
    this.#push({ event: undefined, run, from: i, count: 1 }, run.bodies.length(i));
    return true;
  }

  /** What is the turn of. */
  peek(): Stretch | undefined {
    return this.#stretches.peek();
  }

  /** The first `count` events go, all of the stretch that is the turn of, or its beginning. */
  drop(count: number): void {
    const first = this.#stretches.peek();
    if (first === undefined) return;
    this.#length -= count;
    this.#bytes -= bytesOf(first, count);
    if (first.run !== undefined && count < first.count) {
      first.from += count;
      first.count -= count;
      return;
    }
    this.#stretches.shift();
    this.#held.letGo(first.run ?? first.event);
  }

  /** The oldest event goes. Answers its seq; `undefined` where there is none. */
  dropOldest(): number | undefined {
    const first = this.#stretches.peek();
    if (first === undefined) return undefined;
    const seq = first.run === undefined ? first.event.seq : first.run.firstSeq + first.from;
    this.drop(1);
    return seq;
  }

  has(seq: number): boolean {
    for (const stretch of this.#stretches) {
      if (stretch.run === undefined ? stretch.event.seq === seq : isWithin(seq, stretch)) return true;
    }
    return false;
  }

  #push(stretch: Stretch, bytes: number): void {
    this.#stretches.push(stretch);
    this.#last = stretch;
    this.#length += 1;
    this.#bytes += bytes;
  }
}

function bytesOf(stretch: Stretch, count: number): number {
  if (stretch.run === undefined) return stretch.event.bytes.length;
  const { starts } = stretch.run.bodies;
  return (starts[stretch.from + count] as number) - (starts[stretch.from] as number);
}

function isWithin(seq: number, { run, from, count }: Stretch & { readonly run: PublishedRun }): boolean {
  return seq >= run.firstSeq + from && seq < run.firstSeq + from + count;
}
