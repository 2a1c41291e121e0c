import { TellwhenError } from './errors.ts';

/**
 * Which topic stands under which number on one connection, in the client's direction: a topic is spelt out once and
 * then named by its number. When all numbers are given out, the topic used least recently loses its own.
 */
export class OutgoingTopics {
  readonly #max: number;
  /** Least recently used first: a Map keeps the order of insertion. */
  readonly #aliases = new Map<string, number>();
  #lastTopic = '';
  #lastAlias = 0;

  /** @param max the broker's `limits.topicAliases`; numbers are below it */
  constructor(max: number) {
    this.#max = max;
  }

  /** The number of a topic; `define` is called first if the other side does not know it yet. O(1). */
  alias(topic: string, define: (alias: number, topic: string) => void): number {
    if (topic === this.#lastTopic) return this.#lastAlias;
    let alias = this.#aliases.get(topic);
    if (alias === undefined) {
      alias = this.#free();
      define(alias, topic);
    } else {
      this.#aliases.delete(topic);
    }
    this.#aliases.set(topic, alias);
    this.#lastTopic = topic;
    this.#lastAlias = alias;
    return alias;
  }

  #free(): number {
    if (this.#aliases.size < this.#max) return this.#aliases.size;
    const [oldest, alias] = this.#aliases.entries().next().value as [string, number];
    this.#aliases.delete(oldest);
    return alias;
  }
}

/** The same in the broker's direction, where the broker chooses. */
export class IncomingTopics {
  readonly #max: number;
  readonly #topics = new Map<number, string>();

  constructor(max: number) {
    this.#max = max;
  }

  define(alias: number, topic: string): void {
    if (alias >= this.#max) throw unreadable(`topic alias ${alias}; aliases are below ${this.#max}`);
    this.#topics.set(alias, topic);
  }

  /** Throws TellwhenError `broker_unreadable`. */
  topic(alias: number): string {
    const topic = this.#topics.get(alias);
    if (topic === undefined) throw unreadable(`topic alias ${alias} was not defined`);
    return topic;
  }
}

function unreadable(message: string): TellwhenError {
  return new TellwhenError('broker_unreadable', message);
}
