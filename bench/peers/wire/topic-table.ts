import type { Taken } from '../pubsub-peer.ts';

/** Who is told of a topic, found by the topic's bytes. The same as the last one costs a comparison, another one a string. */
export class TopicTable {
  readonly #entries = new Map<string, Entry>();
  #last: Entry = { topic: Buffer.alloc(0), taken: () => {} };

  set(topic: string, taken: Taken): void {
    if (this.#entries.has(topic)) throw new Error(`${topic} is subscribed already`);
    this.#entries.set(topic, { topic: Buffer.from(topic), taken });
  }

  /** Throws if nobody has subscribed. */
  find(bytes: Buffer, start: number, end: number): Taken {
    if (this.#isLast(bytes, start, end)) return this.#last.taken;
    const topic = bytes.toString('utf8', start, end);
    const entry = this.#entries.get(topic);
    if (entry === undefined) throw new Error(`an event of ${topic}, which nobody has subscribed to`);
    this.#last = entry;
    return entry.taken;
  }

  #isLast(bytes: Buffer, start: number, end: number): boolean {
    const { topic } = this.#last;
    if (topic.length !== end - start || topic.length === 0) return false;
    for (let i = 0; i < topic.length; i += 1) if (topic[i] !== bytes[start + i]) return false;
    return true;
  }
}

interface Entry {
  readonly topic: Buffer;
  readonly taken: Taken;
}
