import type { CompiledFilter } from '../../matcher/index.ts';
import type { Chore } from '../kernel/chores.ts';
import { Heap, type HeapItem, NOT_IN_HEAP } from '../kernel/heap.ts';
import {
  ByteReader,
  ByteWriter,
  ProtocolError,
  type Provenance,
  readBody,
  readProvenance,
  writeProvenance,
} from '../protocol/index.ts';
import type { Batch, Journal } from '../store/journal.ts';
import { textKey, textRange } from '../store/keys.ts';
import { PublishedEvent } from './event.ts';
import type { JsonLimits } from './json.ts';
import { oneFilter } from './one-filter.ts';

export interface RetainedMeans {
  readonly journal: Journal;
  readonly wallMs: () => number;
  readonly jsonLimits: JsonLimits;
  readonly topicsMax: number;
  readonly bytesMax: number;
}

interface LastValue extends HeapItem {
  readonly topic: string;
  readonly seq: number;
  readonly time: number;
  readonly expiresMs: number;
  readonly provenance: Provenance;
  readonly body: Uint8Array;
}

const STEP_TOPICS = 500;
/** That make room for one that comes. */
const EXPIRED_AT_ONCE = 100;

/** What a topic costs beside its last value's body: itself, its place in the table. An estimate. */
const TOPIC_BYTES = 200;

/**
 * The last value of each topic that a publisher wanted kept, for subscriptions to come. All of them are in memory, within
 * bounds, and stored.
 */
export class Retained {
  readonly #means: RetainedMeans;
  readonly #byTopic = new Map<string, LastValue>();
  /** Those that expire. */
  readonly #expiring = new Heap<LastValue>((one, other) => one.expiresMs < other.expiresMs);
  readonly #changed = new Set<string>();
  #bytes = 0;

  constructor(means: RetainedMeans) {
    this.#means = means;
    means.journal.addWriter((batch) => this.#write(batch));
  }

  get topics(): number {
    return this.#byTopic.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  restore(): void {
    const { store } = this.#means.journal;
    const found: LastValue[] = [];
    let after: Uint8Array | undefined;
    for (;;) {
      const records = store.range({ ...textRange('t', after), limit: 1_000 });
      for (const { key, value } of records) {
        after = key;
        const from = new ByteReader(value);
        const topic = new TextDecoder().decode(key.subarray(1));
        const last = { topic, seq: from.varint(), time: from.varint(), expiresMs: from.varint() };
        const provenance = readProvenance(from);
        found.push({ ...last, provenance, body: from.raw(from.varint()).slice(), heapAt: NOT_IN_HEAP });
      }
      if (records.length < 1_000) break;
    }
    // They are offered in the order of the table, which is to be that of their seqs.
    for (const last of found.sort((one, other) => one.seq - other.seq)) this.#set(last);
  }

  /** Throws ProtocolError `retained_limit` when there is no room for it. */
  admit(topic: string, bodyBytes: number): void {
    const { topicsMax, bytesMax } = this.#means;
    this.#forgetExpired();
    const present = this.#byTopic.get(topic);
    const topics = this.#byTopic.size + (present === undefined ? 1 : 0);
    const bytes = this.#bytes + bodyBytes + TOPIC_BYTES - (present === undefined ? 0 : sizeOf(present));
    if (topics <= topicsMax && bytes <= bytesMax) return;
    throw new ProtocolError('retained_limit', `last values are kept of ${this.#byTopic.size} topics, as many as may`);
  }

  /** This is the topic's last value from now on; with no data, the topic has none. */
  keep(event: PublishedEvent): void {
    const { seq, topic, time, expiresMs, provenance } = event;
    if (event.size === 0) this.#forget(topic);
    else this.#set({ topic, seq, time, expiresMs, provenance, body: event.bytes.slice(), heapAt: NOT_IN_HEAP });
    this.#changed.add(topic);
    this.#means.journal.touch();
  }

  /**
   * Offers the last values that a subscription matches, those from before the seq `sinceSeq`: later ones come by themselves.
   * Some hundred topics a step. Ends early when the subscription does.
   */
  *offer(
    {
      filter,
      sinceSeq,
      isThere,
    }: { readonly filter: CompiledFilter; readonly sinceSeq: number; readonly isThere: () => boolean },
    offer: (event: PublishedEvent) => void,
  ): Chore<void> {
    const matches = oneFilter(filter);
    let looked = 0;
    // A map can change while it is gone through; what is set anew comes at its end, with a later seq.
    for (const [topic, last] of this.#byTopic) {
      if (looked % STEP_TOPICS === 0) {
        if (looked > 0) yield;
        if (!isThere()) return;
      }
      looked += 1;
      if (last.seq > sinceSeq || this.#isExpired(last)) continue;
      const event = this.#eventOf(topic, last);
      if (matches(event)) offer(event);
    }
  }

  #isExpired({ expiresMs }: LastValue): boolean {
    return expiresMs !== 0 && expiresMs <= this.#means.wallMs();
  }

  #eventOf(topic: string, { seq, time, expiresMs, provenance, body }: LastValue): PublishedEvent {
    const place = { seq, topic, time, arrivedMs: 0, expiresMs, retained: true, provenance };
    return new PublishedEvent(place, readBody(new ByteReader(body)), this.#means.jsonLimits);
  }

  #set(last: LastValue): void {
    this.#forget(last.topic);
    this.#byTopic.set(last.topic, last);
    if (last.expiresMs !== 0) this.#expiring.push(last);
    this.#bytes += sizeOf(last);
  }

  #forget(topic: string): void {
    const last = this.#byTopic.get(topic);
    if (last === undefined) return;
    this.#byTopic.delete(topic);
    this.#expiring.remove(last);
    this.#bytes -= sizeOf(last);
  }

  /** Some at a time, so that nobody waits for all of them. */
  #forgetExpired(): void {
    for (let i = 0; i < EXPIRED_AT_ONCE; i++) {
      const next = this.#expiring.peek();
      if (next === undefined || !this.#isExpired(next)) return;
      this.#forget(next.topic);
      this.#changed.add(next.topic);
      this.#means.journal.touch();
    }
  }

  #write(batch: Batch): void {
    for (const topic of this.#changed) {
      const last = this.#byTopic.get(topic);
      if (last === undefined) batch.delete(textKey('t', topic));
      else batch.put(textKey('t', topic), encoded(last));
    }
    this.#changed.clear();
  }
}

function sizeOf({ body }: LastValue): number {
  return body.length + TOPIC_BYTES;
}

function encoded({ seq, time, expiresMs, provenance, body }: LastValue): Uint8Array {
  const to = new ByteWriter();
  to.varint(seq);
  to.varint(time);
  to.varint(expiresMs);
  writeProvenance(to, provenance);
  to.varint(body.length);
  to.raw(body);
  return to.written().slice();
}
