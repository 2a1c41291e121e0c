import { BoundedCache } from '../kernel/bounded-cache.ts';
import { ByteReader, ByteWriter } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { PublishedRun } from '../publish/published-run.ts';
import type { Batch, Journal } from '../store/journal.ts';
import { numberIn, numberKey, rangeOf } from '../store/keys.ts';
import { Block, OpenBlock, type StoredEvent } from './block.ts';

/** A block takes events until it is so long: what reading one of them costs at most. */
const BLOCK_BYTES = 256 * 1024;
/** And until it has so many: what looking through a page of it costs at most. A page of ten thousand small events took 5 ms. */
const BLOCK_EVENTS = 2_048;
/** Room that a block is given at least. */
const BLOCK_BYTES_MIN = 1_024;

/** Where some events of a run are: `count` of them, from its `from`-th on, in the block of that first seq. */
export interface KeptStretch {
  readonly first: number;
  readonly from: number;
  readonly count: number;
}

interface References {
  count: number;
  changed: boolean;
}

/**
 * The events that mailboxes keep, each stored once however many mailboxes have it. A block is there as long as some
 * mailbox has a page of it.
 */
export class EventLog {
  readonly #journal: Journal;
  readonly #wallMs: () => number;
  readonly #cache: BoundedCache<number, Block>;
  /** Not yet given to the store. The last one takes events. */
  #open: OpenBlock[] = [];
  #cut = false;
  #lastSeq = 0;
  /** Where the run is that was kept last, and its first seq. */
  #lastStretches: readonly KeptStretch[] = [];
  #lastStretchesSeq = 0;
  #lastBlockBytes = 0;
  #openBytes = 0;
  /** Given to the store, and not flushed. By first. */
  readonly #flying = new Map<number, Block>();
  #flyingBytes = 0;
  /** Of blocks that are not referred to once, or not any more; here from a change until it is flushed. */
  readonly #references = new Map<number, References>();

  constructor(
    journal: Journal,
    { cacheBytesMax, wallMs }: { readonly cacheBytesMax: number; readonly wallMs: () => number },
  ) {
    this.#journal = journal;
    this.#wallMs = wallMs;
    this.#cache = new BoundedCache(cacheBytesMax, ({ bytes }) => bytes.buffer.byteLength + 200);
  }

  /** The last event that was kept. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Bytes of events that are not flushed yet. */
  get pendingBytes(): number {
    return this.#openBytes + this.#flyingBytes;
  }

  /**
   * Stores the event with the next commit, once however often it is called for it. Answers the first seq of its block. A
   * page that refers to the block must follow in the same turn, or nobody will ever free it.
   */
  keep(event: PublishedEvent, expiresMs: number): number {
    const last = this.#open.at(-1);
    if (last?.lastSeq === event.seq) return last.first;
    const block = this.#blockFor(event.seq);
    const before = block.length;
    this.#lastSeq = event.seq;
    block.add(event, expiresMs);
    this.#openBytes += block.length - before;
    return block.first;
  }

  /**
   * As `keep`, for `count` events of a run from its `from`-th on: answers where they are, in one block or some. Whoever else
   * keeps events of this run keeps the same of them.
   */
  keepRun(run: PublishedRun, from: number, count: number): readonly KeptStretch[] {
    const seq = run.firstSeq + from;
    const lastSeq = seq + count - 1;
    if (this.#lastSeq === lastSeq && this.#lastStretchesSeq === seq) return this.#lastStretches;
    const stretches: KeptStretch[] = [];
    for (let at = from; at < from + count; ) {
      const block = this.#blockFor(run.firstSeq + at);
      const before = block.length;
      const taken = fitting(run, at, from + count - at, block);
      block.addRun(run, at, taken);
      this.#openBytes += block.length - before;
      stretches.push({ first: block.first, from: at, count: taken });
      at += taken;
    }
    this.#lastSeq = lastSeq;
    this.#lastStretches = stretches;
    this.#lastStretchesSeq = seq;
    return stretches;
  }

  /** The events to come begin another block. */
  cut(): void {
    this.#cut = true;
  }

  /** One more page refers to the block. False when the block is going, or gone. */
  refer(first: number): boolean {
    return this.#change(first, 1);
  }

  /** One page less; with the last one the block goes. */
  release(first: number): void {
    this.#change(first, -1);
  }

  /**
   * A view, valid until another event is kept or read. `undefined` when it is gone, or what the store has of it cannot be
   * read.
   */
  read(first: number, seq: number): StoredEvent | undefined {
    return this.block(first)?.find(seq);
  }

  block(first: number): Block | undefined {
    const open = this.#open.find((block) => block.first === first);
    if (open !== undefined) return open.soFar;
    const cached = this.#flying.get(first) ?? this.#cache.get(first);
    if (cached !== undefined) return cached;
    const bytes = this.#journal.store.get(numberKey('b', first));
    if (bytes === undefined) return undefined;
    const block = Block.read(bytes);
    this.#cache.set(first, block);
    return block;
  }

  /** The firsts of stored blocks from `from` on and before `to`, rising, at most `limit`. */
  firsts(from: number, to: number, limit: number): readonly number[] {
    return this.#journal.store.range({ ...rangeOf('b', [], { from, to }), limit }).map(({ key }) => numberIn(key, 0));
  }

  /** The first of the block that a seq is in, or would be in. `undefined` when all blocks come after it. */
  firstBefore(seq: number): number | undefined {
    const [record] = this.#journal.store.range({ ...rangeOf('b', [], { to: seq + 1 }), limit: 1, reverse: true });
    return record === undefined ? undefined : numberIn(record.key, 0);
  }

  /** To be registered with the journal after those whose pages refer to blocks. */
  write(batch: Batch): void {
    for (const open of this.#open) this.#writeBlock(open, batch);
    this.#open = [];
    const flying = this.#openBytes;
    this.#openBytes = 0;
    this.#flyingBytes += flying;
    batch.flushed(() => {
      this.#flyingBytes -= flying;
    });
    for (const [first, references] of this.#references)
      if (references.changed) this.#writeReferences(first, references, batch);
  }

  /** The open block, or another one that begins with this event. */
  #blockFor(seq: number): OpenBlock {
    const last = this.#open.at(-1);
    if (last !== undefined && !this.#cut && last.length < BLOCK_BYTES && last.events < BLOCK_EVENTS) return last;
    this.#cut = false;
    // As long as the last one: copying what was written each time it doubles costs as much as writing it.
    const block = new OpenBlock(seq, this.#wallMs(), Math.max(BLOCK_BYTES_MIN, this.#lastBlockBytes));
    this.#open.push(block);
    this.#journal.touch();
    return block;
  }

  #writeBlock(open: OpenBlock, batch: Batch): void {
    if (open.pages === 0) return;
    const block = open.close();
    this.#lastBlockBytes = Math.min(block.bytes.length + BLOCK_BYTES_MIN, BLOCK_BYTES);
    batch.put(numberKey('b', block.first), block.bytes);
    this.#flying.set(block.first, block);
    batch.flushed(() => void this.#flying.delete(block.first));
    this.#cache.set(block.first, block);
    if (open.pages !== 1) this.#references.set(open.first, { count: open.pages, changed: true });
  }

  #writeReferences(first: number, references: References, batch: Batch): void {
    references.changed = false;
    if (references.count > 0) {
      const to = new ByteWriter(16);
      to.varint(references.count);
      batch.put(numberKey('r', first), to.written());
    } else {
      batch.delete(numberKey('b', first));
      batch.delete(numberKey('r', first));
      this.#cache.delete(first);
    }
    batch.flushed(() => {
      if (!references.changed) this.#references.delete(first);
    });
  }

  #change(first: number, by: number): boolean {
    const open = this.#open.find((block) => block.first === first);
    if (open !== undefined) {
      open.pages += by;
      return true;
    }
    let references = this.#references.get(first);
    if (references === undefined) {
      const stored = this.#journal.store.get(numberKey('r', first));
      references = { count: stored === undefined ? 1 : new ByteReader(stored).varint(), changed: false };
      this.#references.set(first, references);
    }
    if (references.count === 0) return false;
    references.count += by;
    references.changed = true;
    this.#journal.touch();
    return true;
  }
}

/** How many of the next `count` events of a run the block still takes, as many as if they came one by one: at least one. */
function fitting({ bodies }: PublishedRun, from: number, count: number, block: OpenBlock): number {
  const most = Math.min(count, BLOCK_EVENTS - block.events);
  const { starts } = bodies;
  const end = BLOCK_BYTES - block.length + (starts[from] as number);
  if ((starts[from + most - 1] as number) < end) return most;
  let fits = 1;
  while ((starts[from + fits] as number) < end) fits++;
  return fits;
}
