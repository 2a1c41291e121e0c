import { Heap, type HeapItem, NOT_IN_HEAP } from '../kernel/heap.ts';
import type { Time } from '../kernel/time.ts';
import {
  ByteReader,
  ByteWriter,
  NO_OPTIONS,
  ProtocolError,
  readBody,
  readProvenance,
  writeProvenance,
} from '../protocol/index.ts';
import type { Batch, Journal } from '../store/journal.ts';
import { numberIn, numberKey, rangeOf } from '../store/keys.ts';
import type { Proven } from './publish.ts';

export interface DelayedMeans {
  readonly journal: Journal;
  readonly time: Time;
  readonly eventsMax: number;
  readonly delayMsMax: number;
  /** Publishes the event. False when it has to wait on, because somebody who wants it has no room. */
  readonly publish: (publication: Proven) => boolean;
}

interface Waiting extends HeapItem {
  /** On the wall clock. */
  readonly dueMs: number;
  /** Of those that are tried at one time, the lowest comes first, as they came. */
  readonly number: number;
  /** When it is to be published: when it is due, and later where there was no room for it then. */
  tryMs: number;
  /** Until it is flushed. */
  record: Uint8Array | undefined;
}

const TICK_MS = 100;
/** Published in one tick, and so many bytes of them; at least one. */
const TICK_EVENTS = 1_000;
const TICK_BYTES = 4 * 2 ** 20;
/** Until one that found no room is tried again. */
const RETRY_MS = 1_000;

/**
 * Events that take their place in the order later. They wait in the store; in memory is when each is due. Late by up to a
 * tick, never early.
 */
export class Delayed {
  readonly #means: DelayedMeans;
  readonly #waiting = new Heap<Waiting>(
    (one, other) => one.tryMs < other.tryMs || (one.tryMs === other.tryMs && one.number < other.number),
  );
  #fresh: Waiting[] = [];
  #gone: Waiting[] = [];
  #nextNumber = 1;
  #pendingBytes = 0;
  #stop: (() => void) | undefined;

  constructor(means: DelayedMeans) {
    this.#means = means;
    means.journal.addWriter((batch) => this.#write(batch));
  }

  get count(): number {
    return this.#waiting.length;
  }

  /** Bytes that are not flushed yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  restore(): void {
    const { store } = this.#means.journal;
    const range = rangeOf('l');
    for (let { from } = range; ; ) {
      const records = store.range({ from, to: range.to, limit: 1_000 });
      for (const { key } of records) {
        const number = numberIn(key, 1);
        const dueMs = numberIn(key, 0);
        this.#waiting.push({ dueMs, number, tryMs: dueMs, record: undefined, heapAt: NOT_IN_HEAP });
        this.#nextNumber = Math.max(this.#nextNumber, number + 1);
        from = numberKey('l', numberIn(key, 0), number + 1);
      }
      if (records.length < 1_000) return;
    }
  }

  start(): void {
    this.#stop ??= this.#means.time.every(TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Stores the event with the next commit. Throws ProtocolError `delayed_limit` or `frame_malformed`. */
  add({ topic, body, options, provenance }: Proven): void {
    const { retain, ttlMs, delayMs = 0 } = options;
    const { eventsMax, delayMsMax, time, journal } = this.#means;
    if (delayMs > delayMsMax) {
      throw new ProtocolError('frame_malformed', `a delay of ${delayMs} ms; at most ${delayMsMax}`);
    }
    if (this.#waiting.length >= eventsMax) {
      throw new ProtocolError('delayed_limit', `${eventsMax} events wait for their time, as many as may`);
    }
    const to = new ByteWriter();
    to.string(topic);
    to.u8(retain ? 1 : 0);
    to.varint(ttlMs === undefined ? 0 : ttlMs + 1);
    writeProvenance(to, provenance);
    to.varint(body.bytes.length);
    to.raw(body.bytes);
    const record = to.written().slice();
    const dueMs = time.wallMs() + delayMs;
    const waiting = { dueMs, number: this.#nextNumber++, tryMs: dueMs, record, heapAt: NOT_IN_HEAP };
    this.#waiting.push(waiting);
    this.#fresh.push(waiting);
    this.#pendingBytes += record.length;
    journal.touch();
  }

  #tick(): void {
    const nowMs = this.#means.time.wallMs();
    let bytes = 0;
    for (let i = 0; i < TICK_EVENTS && bytes < TICK_BYTES; i++) {
      const next = this.#waiting.peek();
      if (next === undefined || next.tryMs > nowMs) return;
      this.#waiting.pop();
      const record = this.#recordOf(next);
      bytes += record?.length ?? 0;
      // Damaged: there is nothing to publish.
      if (record === undefined || this.#publish(record)) {
        this.#gone.push(next);
        this.#means.journal.touch();
      } else {
        next.tryMs = nowMs + RETRY_MS;
        this.#waiting.push(next);
      }
    }
  }

  #recordOf({ dueMs, number, record }: Waiting): Uint8Array | undefined {
    return record ?? this.#means.journal.store.get(numberKey('l', dueMs, number));
  }

  #publish(record: Uint8Array): boolean {
    const from = new ByteReader(record);
    const topic = from.string();
    const retain = from.u8() === 1;
    const ttl = from.varint();
    const provenance = readProvenance(from);
    const body = readBody(new ByteReader(from.raw(from.varint())));
    const options = { ...NO_OPTIONS, retain, ttlMs: ttl === 0 ? undefined : ttl - 1 };
    return this.#means.publish({ topic, body, options, provenance });
  }

  #write(batch: Batch): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    const bytes = this.#pendingBytes;
    for (const { dueMs, number, record } of fresh) {
      if (record !== undefined) batch.put(numberKey('l', dueMs, number), record);
    }
    for (const { dueMs, number } of this.#gone) batch.delete(numberKey('l', dueMs, number));
    this.#gone = [];
    batch.flushed(() => {
      // One batch at a time: what came meanwhile is not among these.
      this.#pendingBytes -= bytes;
      for (const waiting of fresh) waiting.record = undefined;
    });
  }
}
