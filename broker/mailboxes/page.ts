import { ByteReader, ByteWriter } from '../protocol/index.ts';
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

/**
 * Which events of one block a mailbox has, and what became of them. The first is written once, with the block:
 *
 *     storedMs varint · then each event: seq - first varint · size varint · expires varint (0, or 1 + ms after storedMs)
 *
 * and the second, `state`, whenever it changed.
 */
export class Page {
  /** Of the block. */
  readonly first: number;
  readonly storedMs: number;
  readonly state = new PageState();
  readonly #places: StoredPlace[] = [];

  constructor(first: number, storedMs: number) {
    this.first = first;
    this.storedMs = storedMs;
  }

  /** Throws ProtocolError when the bytes are none of a page, or none of its state. */
  static read(first: number, bytes: Uint8Array, state: Uint8Array | undefined): Page {
    const from = new ByteReader(bytes);
    const page = new Page(first, from.varint());
    while (!from.done) {
      const seq = first + from.varint();
      const size = from.varint();
      const expires = from.varint();
      page.add(seq, size, expires === 0 ? 0 : page.storedMs + expires - 1);
    }
    if (state !== undefined) page.state.read(state);
    return page;
  }

  /** In order of seq. */
  get places(): readonly StoredPlace[] {
    return this.#places;
  }

  get lastSeq(): number {
    return this.#places.at(-1)?.seq ?? this.first;
  }

  /** Those not settled. */
  get left(): number {
    return this.#places.length - this.state.settledCount;
  }

  add(seq: number, size: number, expiresMs: number): StoredPlace {
    const place = { seq, size, expiresMs, page: this, index: this.#places.length };
    this.#places.push(place);
    return place;
  }

  bytes(): Uint8Array {
    const to = new ByteWriter();
    to.varint(this.storedMs);
    for (const { seq, size, expiresMs } of this.#places) {
      to.varint(seq - this.first);
      to.varint(size);
      to.varint(expiresMs === 0 ? 0 : Math.max(0, expiresMs - this.storedMs) + 1);
    }
    return to.written().slice();
  }
}
