import { type Body, ByteReader, ByteWriter, readBody } from '../protocol/index.ts';

/**
 * Remembers the last events, so that explain can answer after the fact. One ring of bytes and one of positions, both
 * of fixed size: the newest push out the oldest, and nothing here meets the garbage collector.
 *
 * Cost: one copy of the event's bytes each.
 */
export class RecentEvents {
  readonly #bytes: Uint8Array;
  /** For seq s, at index s % length: where its record starts, counted from the beginning of time. */
  readonly #starts: Float64Array;
  readonly #record = new ByteWriter(1024);
  #lastSeq = 0;
  /** Bytes ever written; the ring holds the last `#bytes.length` of them. */
  #written = 0;

  constructor(bounds: { readonly events: number; readonly bytes: number }) {
    this.#starts = new Float64Array(bounds.events).fill(-1);
    this.#bytes = new Uint8Array(bounds.bytes);
  }

  /** Call with every event, in order of `seq`, none left out. One larger than the whole ring is not remembered. */
  remember(event: {
    readonly seq: number;
    readonly topic: string;
    readonly time: number;
    readonly bytes: Uint8Array;
  }): void {
    const record = this.#record;
    record.clear();
    record.string(event.topic);
    record.varint(event.time);
    record.varint(event.bytes.length);
    record.raw(event.bytes);
    this.#lastSeq = event.seq;
    if (this.#starts.length === 0) return;
    const slot = event.seq % this.#starts.length;
    this.#starts[slot] = -1;
    if (record.length > this.#bytes.length) return;
    this.#starts[slot] = this.#append(record.written());
  }

  /** The event, or `undefined` when it was never here or has been pushed out. */
  recall(seq: number): { readonly topic: string; readonly time: number; readonly body: Body } | undefined {
    if (seq > this.#lastSeq || seq <= this.#lastSeq - this.#starts.length) return undefined;
    const start = this.#starts[seq % this.#starts.length] as number;
    if (start < 0 || start < this.#written - this.#bytes.length) return undefined;
    const from = new ByteReader(this.#bytes.subarray(start % this.#bytes.length));
    const topic = from.string();
    const time = from.varint();
    // The next events overwrite the ring, so what leaves it is a copy.
    const body = from.raw(from.varint()).slice();
    return { topic, time, body: readBody(new ByteReader(body)) };
  }

  /** Writes without wrapping: a record that does not fit before the end goes to the front. Returns where it starts. */
  #append(record: Uint8Array): number {
    const at = this.#written % this.#bytes.length;
    if (at + record.length > this.#bytes.length) this.#written += this.#bytes.length - at;
    const start = this.#written;
    this.#bytes.set(record, start % this.#bytes.length);
    this.#written += record.length;
    return start;
  }
}
