import {
  type Body,
  ByteReader,
  ByteWriter,
  ProtocolError,
  type Provenance,
  provenanceAfter,
  readBody,
  readProvenance,
  skipBody,
  writeProvenance,
} from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { PublishedRun } from '../publish/published-run.ts';

/** An event as it is stored. */
export interface StoredEvent {
  readonly seq: number;
  readonly topic: string;
  readonly time: number;
  /** When it was stored, on the wall clock: what its age is counted from. */
  readonly storedMs: number;
  /** On the wall clock; nobody is given it from then on. 0: never. */
  readonly expiresMs: number;
  readonly provenance: Provenance;
  /** A view of the block. */
  readonly body: Body;
}

/**
 * The events of one commit, or a part of them, back to back:
 *
 *     first varint · storedMs varint · then each stretch:
 *     seq - first varint · time varint · expiresMs varint · topic string · provenance · count varint · size varint · bodies
 *
 * A *stretch* is one event, or several that were published in a row: of one topic, with seqs that rise by one, and
 * `size` bytes of bodies back to back, as they came. An event that says its time in its body has that time.
 *
 * One record for a thousand events costs the store a hundredth of a thousand records.
 */
export class Block {
  readonly first: number;
  readonly bytes: Uint8Array;
  readonly storedMs: number;
  readonly #seqs: readonly number[];
  readonly #offsets: readonly number[];
  readonly #heads: readonly number[];
  readonly #from: ByteReader;

  constructor(parts: {
    readonly first: number;
    readonly storedMs: number;
    readonly bytes: Uint8Array;
    /** Of each event. */
    readonly seqs: readonly number[];
    /** Where the body of each begins. */
    readonly offsets: readonly number[];
    /** Where the stretch begins that each is in. */
    readonly heads: readonly number[];
  }) {
    this.first = parts.first;
    this.bytes = parts.bytes;
    this.storedMs = parts.storedMs;
    this.#seqs = parts.seqs;
    this.#offsets = parts.offsets;
    this.#heads = parts.heads;
    this.#from = new ByteReader(parts.bytes);
  }

  /** Throws ProtocolError when the bytes are no block. */
  static read(bytes: Uint8Array): Block {
    const from = new ByteReader(bytes);
    const first = from.varint();
    const storedMs = from.varint();
    const seqs: number[] = [];
    const offsets: number[] = [];
    const heads: number[] = [];
    while (!from.done) {
      const head = from.at;
      const seq = first + from.varint();
      from.varint();
      from.varint();
      from.skip(from.varint());
      readProvenance(from);
      const count = from.varint();
      const end = from.varint() + from.at;
      for (let i = 0; i < count; i++) {
        seqs.push(seq + i);
        offsets.push(from.at);
        heads.push(head);
        // Of one that is by itself it is known where it ends.
        if (count === 1) from.skip(end - from.at);
        else skipBody(from);
      }
      if (from.at !== end) throw new ProtocolError('frame_malformed', 'a stretch is not as long as it says', head);
    }
    return new Block({ first, storedMs, bytes, seqs, offsets, heads });
  }

  /** Rising. */
  get seqs(): readonly number[] {
    return this.#seqs;
  }

  /** `undefined` when it is not in this block. */
  find(seq: number): StoredEvent | undefined {
    let low = 0;
    let high = this.#seqs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#seqs[middle] as number) < seq) low = middle + 1;
      else high = middle;
    }
    return this.#seqs[low] === seq ? this.#at(low) : undefined;
  }

  #at(index: number): StoredEvent {
    const from = this.#from;
    from.seek(this.#heads[index] as number);
    const headSeq = this.first + from.varint();
    const time = from.varint();
    const expiresMs = from.varint();
    const topic = from.string();
    const first = readProvenance(from);
    from.seek(this.#offsets[index] as number);
    const body = readBody(from);
    const seq = this.#seqs[index] as number;
    const provenance = provenanceAfter(first, seq - headSeq);
    return { seq, topic, time: body.time ?? time, expiresMs, storedMs: this.storedMs, provenance, body };
  }
}

interface StretchHead {
  /** Of its first event. */
  readonly seq: number;
  readonly time: number;
  readonly expiresMs: number;
  readonly topic: string;
  /** Of its first event. */
  readonly provenance: Provenance;
  readonly count: number;
  /** Bytes of its bodies. */
  readonly size: number;
}

/** A block that still takes events. */
export class OpenBlock {
  readonly first: number;
  readonly #storedMs: number;
  readonly #to: ByteWriter;
  readonly #seqs: number[] = [];
  readonly #offsets: number[] = [];
  readonly #heads: number[] = [];
  /** Mailboxes that have a page of it. */
  pages = 0;

  /** `bytesExpected`: about so long it will become. */
  constructor(first: number, storedMs: number, bytesExpected: number) {
    this.first = first;
    this.#storedMs = storedMs;
    this.#to = new ByteWriter(bytesExpected, bytesExpected);
    this.#to.varint(first);
    this.#to.varint(storedMs);
  }

  get length(): number {
    return this.#to.length;
  }

  get events(): number {
    return this.#seqs.length;
  }

  get lastSeq(): number {
    return this.#seqs.at(-1) ?? this.first - 1;
  }

  /** In order of seq. Copies the event's bytes. */
  add({ seq, time, topic, provenance, bytes }: PublishedEvent, expiresMs: number): void {
    this.#begin({ seq, time, topic, provenance, expiresMs, count: 1, size: bytes.length });
    this.#seqs.push(seq);
    this.#offsets.push(this.#to.length);
    this.#to.raw(bytes);
  }

  /** `count` events of a run, from its `from`-th on, as one stretch. In order of seq. Copies their bytes, once. */
  addRun({ firstSeq, time, topic, provenance: first, bodies }: PublishedRun, from: number, count: number): void {
    const seq = firstSeq + from;
    const bytes = bodies.slice(from, count);
    const provenance = provenanceAfter(first, from);
    this.#begin({ seq, time, topic, provenance, expiresMs: 0, count, size: bytes.length });
    const shift = this.#to.length - (bodies.starts[from] as number);
    for (let i = 0; i < count; i++) {
      this.#seqs.push(seq + i);
      this.#offsets.push(shift + (bodies.starts[from + i] as number));
    }
    this.#to.raw(bytes);
  }

  /** All of a stretch but its bodies. */
  #begin(stretch: StretchHead): void {
    const head = this.#to.length;
    for (let i = 0; i < stretch.count; i++) this.#heads.push(head);
    this.#to.varint(stretch.seq - this.first);
    this.#to.varint(stretch.time);
    this.#to.varint(stretch.expiresMs);
    this.#to.string(stretch.topic);
    writeProvenance(this.#to, stretch.provenance);
    this.#to.varint(stretch.count);
    this.#to.varint(stretch.size);
  }

  /** As it is now. A view: valid until the next event is added. */
  get soFar(): Block {
    return this.#blockOf(this.#to.written());
  }

  /** Nothing may be added any more. */
  close(): Block {
    const written = this.#to.written();
    // Where it fills its memory by half, a copy is no smaller in the end: memory that is fresh costs more than copying.
    const isFull = 2 * written.length >= written.buffer.byteLength;
    return this.#blockOf(isFull ? written : written.slice());
  }

  #blockOf(bytes: Uint8Array): Block {
    return new Block({
      first: this.first,
      storedMs: this.#storedMs,
      bytes,
      seqs: this.#seqs,
      offsets: this.#offsets,
      heads: this.#heads,
    });
  }
}
