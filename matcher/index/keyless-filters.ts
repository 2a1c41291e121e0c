import type { TopicTrie } from '../topic/topic-trie.ts';
import { roomForInts } from './columns.ts';

/** How many distinct filters without an access key each topic filter has: every event of its topics pays for all of them. */
export class KeylessFilters {
  readonly #topics: TopicTrie;
  /** By topic filter. */
  #counts = new Int32Array(0);

  constructor(topics: TopicTrie) {
    this.#topics = topics;
  }

  get bytes(): number {
    return this.#counts.byteLength;
  }

  /** Those under a topic filter, which need not be held. */
  under(text: string): number {
    const topic = this.#topics.find(text);
    return topic === undefined ? 0 : (this.#counts[topic] ?? 0);
  }

  /** One came under a topic filter that is held. */
  add(text: string): void {
    const topic = this.#topics.find(text) as number;
    this.#counts = roomForInts(this.#counts, topic + 1);
    this.#counts[topic] = (this.#counts[topic] as number) + 1;
  }

  /** One goes, whose topic filter is still held. */
  remove(text: string): void {
    const topic = this.#topics.find(text) as number;
    this.#counts[topic] = (this.#counts[topic] as number) - 1;
  }

  /** Gives the column back, when there is no filter. */
  reset(): void {
    this.#counts = new Int32Array(0);
  }
}
