import type { CompiledFilter } from '../../../matcher/index.ts';
import type { Time } from '../../kernel/time.ts';
import { PublishedEvent } from '../../publish/event.ts';
import type { JsonLimits } from '../../publish/json.ts';
import { oneFilter } from '../../publish/one-filter.ts';
import type { RecentEvents } from '../../publish/recent.ts';
import type { EventStream } from './event-stream.ts';

export interface ReplayMeans {
  readonly time: Time;
  readonly recent: RecentEvents;
  readonly jsonLimits: JsonLimits;
  readonly recentEventsMax: number;
}

export interface ReplayWish {
  readonly filter: CompiledFilter;
  /** The last event that the client has. */
  readonly afterSeq: number;
  /** The last one that it is to be given from here; later ones come by themselves. */
  readonly upToSeq: number;
}

/** Events looked at in one turn. */
const STEP = 200;

/**
 * Gives a stream once more what its client missed, out of the events that the broker remembers, as fast as it reads and a
 * few at a time. Where they do not reach back to the last one that the client has, it is told of a gap first.
 */
export class Replay {
  readonly #means: ReplayMeans;
  readonly #matches: (event: PublishedEvent) => boolean;
  readonly #stream: EventStream;
  readonly #done: () => void;
  readonly #upToSeq: number;
  #seq: number;
  #scheduled = false;
  #over = false;

  /** `done` is called once, later, unless the stream ends before. */
  constructor({ filter, afterSeq, upToSeq }: ReplayWish, stream: EventStream, means: ReplayMeans, done: () => void) {
    this.#means = means;
    this.#matches = oneFilter(filter);
    this.#stream = stream;
    this.#done = done;
    this.#upToSeq = upToSeq;
    const { recent, recentEventsMax } = means;
    // Older ones are forgotten for certain; numbers may have jumped by millions.
    this.#seq = Math.max(afterSeq + 1, upToSeq - recentEventsMax + 1);
    // A number that was not given yet is of another broker, or of an earlier run that kept nothing.
    if (afterSeq > upToSeq) stream.gap('not_remembered', 0, upToSeq);
    else if (afterSeq < upToSeq && recent.recall(afterSeq) === undefined)
      stream.gap('not_remembered', 0, this.#firstRemembered() - 1);
    this.goOn();
  }

  /** The stream may want more. */
  goOn(): void {
    if (this.#scheduled || this.#over) return;
    this.#scheduled = true;
    this.#means.time.afterReads(() => {
      this.#scheduled = false;
      this.#step();
    });
  }

  /** Nobody reads any more. */
  stop(): void {
    this.#over = true;
  }

  #step(): void {
    for (let looked = 0; looked < STEP && this.#seq <= this.#upToSeq && !this.#over; looked++) {
      if (!this.#stream.wants) return;
      const seq = this.#seq++;
      const recalled = this.#means.recent.recall(seq);
      if (recalled === undefined) continue;
      const { topic, time, body } = recalled;
      const event = new PublishedEvent({ seq, topic, time, arrivedMs: 0 }, body, this.#means.jsonLimits);
      if (this.#matches(event)) this.#stream.event(event, undefined);
    }
    if (this.#over) return;
    if (this.#seq <= this.#upToSeq) this.goOn();
    else {
      this.#over = true;
      this.#done();
    }
  }

  #firstRemembered(): number {
    let seq = this.#seq;
    while (seq <= this.#upToSeq && this.#means.recent.recall(seq) === undefined) seq += 1;
    return seq;
  }
}
