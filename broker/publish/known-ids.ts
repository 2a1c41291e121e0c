import { ByteReader, ByteWriter, type Receipt } from '../protocol/index.ts';
import type { Batch, Journal } from '../store/journal.ts';
import { numberIn, numberKey, rangeOf } from '../store/keys.ts';

export interface KnownEvent {
  readonly receipt: Receipt;
  /** Wall clock. */
  readonly addedMs: number;
  /** What the receipt says is so. Before, nobody must be told. */
  flushed: boolean;
}

export interface KnownIdsMeans {
  readonly journal: Journal;
  readonly wallMs: () => number;
  /** 0: none are known. */
  readonly windowMs: number;
  readonly idsMax: number;
}

/** The ids of one commit. */
interface Chunk {
  readonly number: number;
  readonly ids: readonly (readonly [key: string, known: KnownEvent])[];
  readonly writtenMs: number;
}

const DURABLE = 1;
const UNREADABLE = 2;

/**
 * Recognises an event that was published before, by its source and id, so that a publisher who did not hear may say it
 * again. What is known is stored with the event itself, so that it is known after a crash if and only if the event is.
 *
 * Ids leave when their window is over, or earlier, the oldest first, when there are too many.
 */
export class KnownIds {
  readonly #means: KnownIdsMeans;
  readonly #known = new Map<string, KnownEvent>();
  #fresh: [key: string, known: KnownEvent][] = [];
  readonly #chunks: Chunk[] = [];
  /** Ids of all chunks, those that had to go early included. */
  #storedIds = 0;
  #nextChunk = 1;
  /** When the last was added that had to go early: of what is older, some is not known any more. */
  #lostMs = Number.NEGATIVE_INFINITY;
  /** Ids that left before their time. */
  forgotten = 0;

  constructor(means: KnownIdsMeans) {
    this.#means = means;
    means.journal.addWriter((batch) => this.#write(batch));
  }

  get count(): number {
    return this.#known.size;
  }

  /** Every id that was added within so many milliseconds is known. Below the window, when too many had come for it. */
  get reachMs(): number {
    const { wallMs, windowMs } = this.#means;
    return Math.max(0, Math.min(windowMs, wallMs() - this.#lostMs));
  }

  restore(): void {
    const { store } = this.#means.journal;
    for (let from = 0; ; ) {
      const records = store.range({ ...rangeOf('i', [], { from }), limit: 100 });
      for (const { key, value } of records) {
        const number = numberIn(key, 0);
        from = number + 1;
        this.#restoreChunk(number, value);
      }
      if (records.length < 100) break;
    }
    this.#nextChunk = (this.#chunks.at(-1)?.number ?? 0) + 1;
  }

  find(source: string | undefined, id: string | undefined): KnownEvent | undefined {
    if (source === undefined || id === undefined || this.#means.windowMs === 0) return undefined;
    return this.#known.get(keyOf(source, id));
  }

  /** The event was taken, and this is what its publisher is told. Nothing happens without both a source and an id. */
  add(source: string | undefined, id: string | undefined, receipt: Receipt): void {
    if (source === undefined || id === undefined || this.#means.windowMs === 0) return;
    const key = keyOf(source, id);
    const known = { receipt, addedMs: this.#means.wallMs(), flushed: false };
    this.#remember(key, known);
    this.#fresh.push([key, known]);
    this.#means.journal.touch();
  }

  #remember(key: string, known: KnownEvent): void {
    this.#known.set(key, known);
    if (this.#known.size <= this.#means.idsMax) return;
    for (const [oldest, { addedMs }] of this.#known) {
      this.#known.delete(oldest);
      this.#lostMs = Math.max(this.#lostMs, addedMs);
      this.forgotten += 1;
      return;
    }
  }

  #write(batch: Batch): void {
    const nowMs = this.#means.wallMs();
    this.#dropOld(nowMs, batch);
    if (this.#fresh.length === 0) return;
    const ids = this.#fresh;
    this.#fresh = [];
    const number = this.#nextChunk++;
    this.#chunks.push({ number, ids, writtenMs: nowMs });
    this.#storedIds += ids.length;
    const to = new ByteWriter();
    to.varint(nowMs);
    for (const [key, known] of ids) {
      to.string(key);
      to.varint(known.receipt.seq);
      to.varint(known.receipt.matched);
      to.u8((known.receipt.durable ? DURABLE : 0) | (known.receipt.unreadable ? UNREADABLE : 0));
    }
    batch.put(numberKey('i', number), to.written().slice());
    batch.flushed(() => {
      for (const [, known] of ids) known.flushed = true;
    });
  }

  #dropOld(nowMs: number, batch: Batch): void {
    const { windowMs, idsMax } = this.#means;
    for (let [oldest] = this.#chunks; oldest !== undefined; [oldest] = this.#chunks) {
      // When those that came later are as many as may be known, all of its own have had to go.
      const spent = this.#storedIds - oldest.ids.length >= idsMax;
      if (!spent && oldest.writtenMs + windowMs > nowMs) return;
      this.#chunks.shift();
      this.#storedIds -= oldest.ids.length;
      // One that had to go early may be known anew.
      for (const [key, known] of oldest.ids) if (this.#known.get(key) === known) this.#known.delete(key);
      batch.delete(numberKey('i', oldest.number));
    }
  }

  #restoreChunk(number: number, bytes: Uint8Array): void {
    const from = new ByteReader(bytes);
    const writtenMs = from.varint();
    const ids: [string, KnownEvent][] = [];
    while (!from.done) {
      const key = from.string();
      const seq = from.varint();
      const matched = from.varint();
      const flags = from.u8();
      const receipt = {
        seq,
        matched,
        durable: (flags & DURABLE) !== 0,
        unreadable: (flags & UNREADABLE) !== 0,
        repeated: false,
        delayed: seq === 0,
      };
      const known = { receipt, addedMs: writtenMs, flushed: true };
      this.#remember(key, known);
      ids.push([key, known]);
    }
    this.#chunks.push({ number, ids, writtenMs });
    this.#storedIds += ids.length;
  }
}

function keyOf(source: string, id: string): string {
  return `${source.length}:${source}${id}`;
}
