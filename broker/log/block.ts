import { type Body, ByteReader, ByteWriter, readBody } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';

/** An event as it is stored. */
export interface StoredEvent {
  readonly seq: number;
  readonly topic: string;
  readonly time: number;
  /** When it was stored, on the wall clock: what its age is counted from. */
  readonly storedMs: number;
  /** On the wall clock; nobody is given it from then on. 0: never. */
  readonly expiresMs: number;
  /** A view of the block. */
  readonly body: Body;
}

/**
 * The events of one commit, or a part of them, back to back:
 *
 *     first varint · storedMs varint · then each event:
 *     seq - first varint · time varint · expiresMs varint · topic string · size varint · body
 *
 * One record for a thousand events costs the store a hundredth of a thousand records.
 */
export class Block {
  readonly first: number;
  readonly bytes: Uint8Array;
  readonly storedMs: number;
  readonly #seqs: readonly number[];
  readonly #offsets: readonly number[];
  readonly #from: ByteReader;

  constructor(parts: {
    readonly first: number;
    readonly storedMs: number;
    readonly bytes: Uint8Array;
    readonly seqs: readonly number[];
    readonly offsets: readonly number[];
  }) {
    this.first = parts.first;
    this.bytes = parts.bytes;
    this.storedMs = parts.storedMs;
    this.#seqs = parts.seqs;
    this.#offsets = parts.offsets;
    this.#from = new ByteReader(parts.bytes);
  }

  /** Throws ProtocolError when the bytes are no block. */
  static read(bytes: Uint8Array): Block {
    const from = new ByteReader(bytes);
    const first = from.varint();
    const storedMs = from.varint();
    const seqs: number[] = [];
    const offsets: number[] = [];
    while (!from.done) {
      offsets.push(from.at);
      seqs.push(first + from.varint());
      from.varint();
      from.varint();
      from.raw(from.varint());
      from.raw(from.varint());
    }
    return new Block({ first, storedMs, bytes, seqs, offsets });
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
    return this.#seqs[low] === seq ? this.#at(this.#offsets[low] as number) : undefined;
  }

  #at(offset: number): StoredEvent {
    const from = this.#from;
    from.seek(offset);
    const seq = this.first + from.varint();
    const time = from.varint();
    const expiresMs = from.varint();
    const topic = from.string();
    // Its size is for who only passes by.
    from.varint();
    return { seq, topic, time, expiresMs, storedMs: this.storedMs, body: readBody(from) };
  }
}

/** A block that still takes events. */
export class OpenBlock {
  readonly first: number;
  readonly #storedMs: number;
  readonly #to: ByteWriter;
  readonly #seqs: number[] = [];
  readonly #offsets: number[] = [];
  /** Mailboxes that have a page of it. */
  pages = 0;

  /** `bytesExpected`: about so long it will become. */
  constructor(first: number, storedMs: number, bytesExpected: number) {
    this.first = first;
    this.#storedMs = storedMs;
    this.#to = new ByteWriter(bytesExpected);
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
  add({ seq, time, topic, bytes }: PublishedEvent, expiresMs: number): void {
    this.#seqs.push(seq);
    this.#offsets.push(this.#to.length);
    this.#to.varint(seq - this.first);
    this.#to.varint(time);
    this.#to.varint(expiresMs);
    this.#to.string(topic);
    this.#to.varint(bytes.length);
    this.#to.raw(bytes);
  }

  /** As it is now. A view: valid until the next event is added. */
  get soFar(): Block {
    return this.#blockOf(this.#to.written());
  }

  close(): Block {
    return this.#blockOf(this.#to.written().slice());
  }

  #blockOf(bytes: Uint8Array): Block {
    return new Block({
      first: this.first,
      storedMs: this.#storedMs,
      bytes,
      seqs: this.#seqs,
      offsets: this.#offsets,
    });
  }
}
