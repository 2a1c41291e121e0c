import { SPACE_TOPICS } from '../protocol/index.ts';
import type { Tuple } from './tuple.ts';

export interface WatchedMeans {
  /** Changes whenever anybody subscribes, or does not any more. */
  readonly version: () => number;
  /** Whether what is published there might be for somebody. */
  readonly isWanted: (topic: string) => boolean;
}

/** Topics that are remembered; then it begins anew. */
const TOPICS_MAX = 10_000;

/** Whether somebody has subscribed to the tuples of a space: else nothing is published of them. */
export class Watched {
  readonly #means: WatchedMeans;
  readonly #wanted = new Map<string, boolean>();
  #version = -1;

  constructor(means: WatchedMeans) {
    this.#means = means;
  }

  /** The topic under which a tuple is to be published; `undefined` where nobody would know of it. */
  topicOf({ space, data }: Tuple): string | undefined {
    const { version, isWanted } = this.#means;
    if (version() !== this.#version || this.#wanted.size > TOPICS_MAX) {
      this.#version = version();
      this.#wanted.clear();
    }
    const topic = `${SPACE_TOPICS}/${space.name}/${Array.isArray(data) ? data.length : 'object'}`;
    let wanted = this.#wanted.get(topic);
    if (wanted === undefined) {
      wanted = isWanted(topic);
      this.#wanted.set(topic, wanted);
    }
    return wanted ? topic : undefined;
  }
}
