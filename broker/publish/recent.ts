import { type Body, ByteReader, readBody } from '../protocol/index.ts';
import type { PublishedRun } from './published-run.ts';

/**
 * Remembers the last events, so that explain can answer after the fact. One ring of bytes and one of places, both of
 * fixed size: the newest push out the oldest.
 *
 * Cost: one copy of the event's bytes each.
 */
export class RecentEvents {
  readonly #bytes: Uint8Array;
  /** For seq s, at index s % length: where its body starts, counted from the beginning of time; -1 where there is none. */
  readonly #starts: Float64Array;
  readonly #lengths: Uint32Array;
  readonly #times: Float64Array;
  readonly #topics: string[];
  #lastSeq = 0;
  /** Bytes ever written; the ring holds the last `#bytes.length` of them. */
  #written = 0;

  constructor(bounds: { readonly events: number; readonly bytes: number }) {
    this.#starts = new Float64Array(bounds.events).fill(-1);
    this.#lengths = new Uint32Array(bounds.events);
    this.#times = new Float64Array(bounds.events);
    this.#topics = new Array<string>(bounds.events).fill('');
    this.#bytes = new Uint8Array(bounds.bytes);
  }

  /** Call with events in order of `seq`. One larger than the whole ring is not remembered. */
  remember(event: {
    readonly seq: number;
    readonly topic: string;
    readonly time: number;
    readonly bytes: Uint8Array;
  }): void {
    if (this.#starts.length === 0) return;
    const { seq, bytes } = event;
    this.#forgetUpTo(seq);
    if (bytes.length > this.#bytes.length) this.#starts[seq % this.#starts.length] = -1;
    else this.#place(event, this.#append(bytes), bytes.length);
  }

  /** The same for all of a run, with one copy of its bytes. */
  rememberRun(run: PublishedRun): void {
    const { firstSeq: seq, count, bodies, topic, time } = run;
    const { bytes, starts } = bodies;
    if (this.#starts.length === 0) return;
    if (bytes.length > this.#bytes.length) {
      for (let i = 0; i < count; i++) this.remember(run.event(i));
      return;
    }
    this.#forgetUpTo(seq);
    const start = this.#append(bytes);
    for (let i = 0; i < count; i++) {
      this.#place({ seq: seq + i, topic, time }, start + (starts[i] as number), bodies.length(i));
    }
    this.#lastSeq = seq + count - 1;
  }

  /** What was left out before `seq` is not remembered, and what stood in its place is not taken for it. */
  #forgetUpTo(seq: number): void {
    const places = this.#starts.length;
    const from = Math.max(this.#lastSeq + 1, seq - places + 1);
    for (let missing = from; missing < seq; missing++) this.#starts[missing % places] = -1;
    this.#lastSeq = seq;
  }

  #place(event: { readonly seq: number; readonly topic: string; readonly time: number }, start: number, bytes: number) {
    const place = event.seq % this.#starts.length;
    this.#starts[place] = start;
    this.#lengths[place] = bytes;
    this.#times[place] = event.time;
    this.#topics[place] = event.topic;
  }

  /** The event, or `undefined` when it was never here or has been pushed out. */
  recall(seq: number): { readonly topic: string; readonly time: number; readonly body: Body } | undefined {
    const places = this.#starts.length;
    if (seq > this.#lastSeq || seq <= this.#lastSeq - places) return undefined;
    const place = seq % places;
    const start = this.#starts[place] as number;
    if (start < 0 || start < this.#written - this.#bytes.length) return undefined;
    const at = start % this.#bytes.length;
    // The next events overwrite the ring, so what leaves it is a copy.
    const bytes = this.#bytes.slice(at, at + (this.#lengths[place] as number));
    const topic = this.#topics[place] as string;
    const body = readBody(new ByteReader(bytes));
    // Of a run only when it came is kept.
    return { topic, time: body.time ?? (this.#times[place] as number), body };
  }

  /** Writes without wrapping: what does not fit before the end goes to the front. Returns where it starts. */
  #append(bytes: Uint8Array): number {
    const at = this.#written % this.#bytes.length;
    if (at + bytes.length > this.#bytes.length) this.#written += this.#bytes.length - at;
    const start = this.#written;
    this.#bytes.set(bytes, start % this.#bytes.length);
    this.#written += bytes.length;
    return start;
  }
}
