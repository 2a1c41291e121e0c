import { ByteReader, ByteWriter } from '../protocol/index.ts';
import type { PublishedRun } from '../publish/published-run.ts';
import { PageState } from './page-state.ts';

/** Where one event of a mailbox is stored. */
export interface StoredPlace {
  readonly seq: number;
  /** Bytes of its encoded body. */
  readonly size: number;
  /** On the wall clock; 0: never. */
  readonly expiresMs: number;
  readonly page: Page;
  /** Its number in the page. */
  readonly index: number;
}

/** On the wall clock. */
export interface PageTimes {
  readonly storedMs: number;
  /** When all of its events will have expired, each by a time of its own; Infinity: never. */
  readonly expiresMs: number;
}

/**
 * Which events of one block a mailbox has, and what became of them. The first is written once, with the block:
 *
 *     storedMs varint · then each event: seq - first varint · size varint · expires varint (0, or 1 + ms after storedMs)
 *
 * and the second, `state`, whenever it changed.
 */
export class Page implements PageTimes {
  /** Of the block. */
  readonly first: number;
  readonly storedMs: number;
  readonly expiresMs: number;
  readonly state = new PageState();
  /** Entries of it are in memory, by way of this object. */
  isTaken = false;
  readonly places: readonly StoredPlace[];

  /** Throws ProtocolError when the bytes are none of a page, or none of its state. */
  constructor(first: number, bytes: Uint8Array, state?: Uint8Array) {
    this.first = first;
    const from = new ByteReader(bytes);
    this.storedMs = from.varint();
    const places: StoredPlace[] = [];
    let lastMs = 0;
    while (!from.done) {
      const seq = first + from.varint();
      const size = from.varint();
      const expires = from.varint();
      const expiresMs = expires === 0 ? 0 : this.storedMs + expires - 1;
      places.push({ seq, size, expiresMs, page: this, index: places.length });
      lastMs = Math.max(lastMs, expiresMs === 0 ? Number.POSITIVE_INFINITY : expiresMs);
    }
    this.expiresMs = lastMs;
    this.places = places;
    if (state !== undefined) this.state.read(state);
  }

  get lastSeq(): number {
    return this.places.at(-1)?.seq ?? this.first;
  }

  /** Those not settled. */
  get left(): number {
    return this.places.length - this.state.settledCount;
  }
}

/** A page that still takes events. In bytes at once: of most, nobody wants to read them before long. */
export class OpenPage {
  readonly first: number;
  lastSeq: number;
  /** So many of its first entries had to give way. */
  dropped = 0;
  readonly #storedMs: number;
  readonly #to = new ByteWriter(256);
  /** Where the first entry begins that was not dropped. */
  #leftFrom: number;

  constructor(first: number, storedMs: number) {
    this.first = first;
    this.lastSeq = first;
    this.#storedMs = storedMs;
    this.#to.varint(storedMs);
    this.#leftFrom = this.#to.length;
  }

  /** In order of seq. */
  add(seq: number, size: number, expiresMs: number): void {
    this.lastSeq = seq;
    this.#to.varint(seq - this.first);
    this.#to.varint(size);
    this.#to.varint(expiresMs === 0 ? 0 : Math.max(0, expiresMs - this.#storedMs) + 1);
  }

  /** `count` events of a run, from its `from`-th on. */
  addRun({ firstSeq, bodies }: PublishedRun, from: number, count: number): void {
    for (let i = from; i < from + count; i++) this.add(firstSeq + i, bodies.length(i), 0);
  }

  /** The first entry that is left gives way. `undefined` when none is left. */
  drop(): { readonly seq: number; readonly size: number } | undefined {
    if (this.#leftFrom === this.#to.length) return undefined;
    const from = new ByteReader(this.#to.written());
    from.seek(this.#leftFrom);
    const seq = this.first + from.varint();
    const size = from.varint();
    from.varint();
    this.#leftFrom = from.at;
    this.dropped += 1;
    return { seq, size };
  }

  /** A view: nothing may be added any more. */
  bytes(): Uint8Array {
    return this.#to.written();
  }

  /** As it is read, those settled that were dropped. Nothing may be added any more. */
  closed(): Page {
    const page = new Page(this.first, this.bytes());
    for (let index = 0; index < this.dropped; index++) page.state.settle(index);
    return page;
  }
}
