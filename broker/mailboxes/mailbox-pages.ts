import type { EventLog } from '../log/event-log.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { PublishedRun } from '../publish/published-run.ts';
import type { Batch, Journal } from '../store/journal.ts';
import { numberIn, numberKey, rangeOf } from '../store/keys.ts';
import { MailboxCounts } from './mailbox-counts.ts';
import { OpenPage, Page, type PageTimes, type StoredPlace } from './page.ts';
import { PageState } from './page-state.ts';

/** So many pages are read in one go, or as many of them as have so many entries. */
const READ_PAGES = 16;
const READ_ENTRIES = 4_096;
/** So many entries are read ahead, of so many pages at most in one go; and again when half of the pages are taken. */
const AHEAD_ENTRIES = 4_096;
const AHEAD_PAGES = 128;
/** Where that many were looked at, settled ones included, it is enough for one go. */
const LOOKED_AHEAD = 2 * AHEAD_ENTRIES;
/** So many pages wait at most to be taken without being read. */
const BUFFERED_PAGES = 64;
/** So many pages, or entries, are looked through at most before an answer says where to go on. */
const LOOKED_THROUGH = 256;
const ENTRIES_LOOKED_THROUGH = 4 * READ_ENTRIES;

export interface PagesMeans {
  readonly journal: Journal;
  readonly log: EventLog;
  readonly wallMs: () => number;
  /** They have something to write. */
  readonly touched: () => void;
}

/**
 * What a mailbox has in the store: a sequence of pages, of which only those are in memory whose entries are being handed
 * over. Pages are taken in order; what becomes of their entries is written with the next commit; and a page of which
 * nothing is left goes, or is kept for a while to be replayed.
 *
 *     open ──commit──▶ flushed ──▶ buffered ──take──▶ taken ──nothing left──▶ gone, or kept ──replay──▶ flushed
 */
export class MailboxPages {
  readonly counts = new MailboxCounts();
  /** Whether what is flushed is to stay in memory, because it will be taken at once. */
  eager = false;
  /** How long a page is kept after nothing of it is left. */
  readonly #keepMs: number;
  readonly #mailbox: number;
  readonly #means: PagesMeans;
  #open: OpenPage[] = [];
  /** Given to the store and not flushed. */
  #flying: readonly OpenPage[] = [];
  #buffered: Page[] = [];
  /** By first: those that are buffered, of which entries are being handed over, or whose changes are not flushed. */
  readonly #resident = new Map<number, Page>();
  readonly #changed = new Set<Page>();
  /** By first: when it was settled, on the wall clock; in that order. */
  readonly #kept = new Map<number, number>();
  /** To be deleted with the next commit. */
  #gone: number[] = [];
  /** Those, and what is being deleted. The store may still show it. */
  readonly #going = new Set<number>();
  /** There are flushed pages from `#cursor` on that are not in memory. */
  #behind = false;
  /** When no more pages than these are buffered, it is time to read on. */
  #readAgainAt = 0;
  #cursor = 0;
  /** What `next` found there. */
  #next: { readonly cursor: number; readonly times: PageTimes | undefined } | undefined;
  /** The last page that is flushed. */
  #flushedFirst = 0;
  #flushedSeq = 0;
  /** As `counts.handedSeq`, and flushed. */
  #handedSeq = 0;
  #countsChanged = false;

  constructor(mailbox: number, keepMs: number, means: PagesMeans) {
    this.#mailbox = mailbox;
    this.#keepMs = keepMs;
    this.#means = means;
  }

  /** Goes on with what an earlier run has stored. Cost: one read, and where pages are kept one for each of them. */
  restore(): void {
    const { store } = this.#means.journal;
    const counts = store.get(numberKey('c', this.#mailbox));
    if (counts !== undefined) this.counts.read(counts);
    this.#handedSeq = this.counts.handedSeq;
    const [last] = store.range({ ...rangeOf('p', [this.#mailbox]), limit: 1, reverse: true });
    if (last === undefined) return;
    if (counts === undefined) this.#recount();
    this.#flushedFirst = numberIn(last.key, 1);
    this.#flushedSeq = this.#page(this.#flushedFirst, last.value).lastSeq;
    this.#behind = true;
    if (this.#keepMs > 0) this.#restoreKept();
  }

  /** The last event that may be looked for in flushed pages. */
  get flushedSeq(): number {
    return this.#flushedSeq;
  }

  /** Whether there are flushed pages that were not looked at yet. */
  get behind(): boolean {
    return this.#behind;
  }

  /** The first seq of the next page to be taken. `undefined` when there is none, or, where `behind`, none was found so far. */
  nextFirst(): number | undefined {
    if (this.#buffered.length === 0 && this.#behind) this.#readOn();
    return this.#buffered[0]?.first;
  }

  /** Whether the entry may have been handed over by a run before this one, or will have been if this one ends now. */
  mayBeHanded({ seq }: StoredPlace): boolean {
    return seq <= this.#handedSeq;
  }

  /** Stores the event with the next commit. */
  add(event: PublishedEvent): void {
    const first = this.#means.log.keep(event, event.expiresMs);
    this.enter(first, event.seq, event.bytes.length, event.expiresMs);
  }

  /** The same for `count` events of a run, from its `from`-th on. */
  addRun(run: PublishedRun, from: number, count: number): void {
    const { starts } = run.bodies;
    for (const stretch of this.#means.log.keepRun(run, from, count)) {
      // Its block takes events, so it is not going.
      this.#openPage(stretch.first)?.addRun(run, stretch.from, stretch.count);
    }
    this.#count(count, (starts[from + count] as number) - (starts[from] as number));
  }

  /**
   * Stores with the next commit that the mailbox has an event of that block; in order of seq within a block. Nothing
   * happens when the block is going.
   */
  enter(first: number, seq: number, size: number, expiresMs: number): void {
    const page = this.#openPage(first);
    if (page === undefined) return;
    page.add(seq, size, expiresMs);
    this.#count(1, size);
  }

  /** Whether the mailbox has events of that block, flushed. */
  has(first: number): boolean {
    return this.#means.journal.store.get(numberKey('p', this.#mailbox, first)) !== undefined;
  }

  /** The oldest entry that is not flushed yet gives way. Answers where its event is; `undefined` when there is none. */
  dropUnflushed(): { readonly first: number; readonly seq: number } | undefined {
    for (const page of [...this.#flying, ...this.#open]) {
      const dropped = page.drop();
      if (dropped === undefined) continue;
      this.counts.settled += 1;
      this.counts.settledBytes += dropped.size;
      this.#countsChanged = true;
      this.#means.touched();
      return { first: page.first, seq: dropped.seq };
    }
    return undefined;
  }

  /** Begins again with the first page: earlier ones have come in between. */
  rewind(): void {
    this.#buffered = [];
    this.#cursor = 0;
    this.#behind = true;
  }

  /**
   * The next page of which something is left. It is flushed. `undefined` when there is none, or, where `behind`, none was
   * found so far: then a commit follows, and after it one may be. After a replay it may be one that was taken before, and
   * some of its entries may still be with their consumers.
   */
  take(): Page | undefined {
    if (this.#behind && this.#buffered.length <= this.#readAgainAt) {
      this.#readOn();
      this.#readAgainAt = this.#buffered.length >> 1;
    }
    const page = this.#buffered.shift();
    if (page === undefined) {
      // Of those that were looked through nothing was left: goes on when the next commit is flushed.
      if (this.#behind) this.#means.touched();
      else this.#beEmpty();
      return undefined;
    }
    this.#willHand(page.lastSeq);
    page.isTaken = true;
    return page;
  }

  /** When the next page to be taken was stored, and when all of it will have expired. Cost: one read, where that is not known. */
  next(): PageTimes | undefined {
    const [buffered] = this.#buffered;
    if (buffered !== undefined) return buffered;
    if (!this.#behind) return undefined;
    if (this.#next?.cursor !== this.#cursor) {
      const [page] = this.#pagesFrom(this.#cursor, 1).pages;
      const times = page === undefined ? undefined : { storedMs: page.storedMs, expiresMs: page.expiresMs };
      this.#next = { cursor: this.#cursor, times };
    }
    return this.#next.times;
  }

  settle({ page, index, size }: StoredPlace): void {
    if (!page.state.settle(index)) return;
    this.counts.settled += 1;
    this.counts.settledBytes += size;
    this.#countsChanged = true;
    this.#change(page);
  }

  /** Notes that the entry was handed over so often, or notified. */
  trace({ page, index }: StoredPlace, attempt: number, retentionMs: number): void {
    page.state.setTrace(index, { attempt, retentionMs });
    this.#change(page);
  }

  /** Where an event is that is flushed. `undefined` when the mailbox does not have it, or not any more. */
  find(seq: number): StoredPlace | undefined {
    return this.#pageAt(seq)?.places.find((place) => place.seq === seq);
  }

  /**
   * At most `limit` entries after `seq`, those that are not settled; `next`: where to go on, if there may be more.
   */
  peek(seq: number, limit: number): { readonly places: readonly StoredPlace[]; readonly next: number | undefined } {
    const places: StoredPlace[] = [];
    let from = this.#pageAt(seq)?.first ?? 0;
    let entries = 0;
    for (let looked = 0; looked < LOOKED_THROUGH && entries < ENTRIES_LOOKED_THROUGH; looked += READ_PAGES) {
      const { pages, more } = this.#pagesFrom(from, READ_PAGES);
      for (const page of pages) {
        entries += page.places.length;
        for (const place of page.places) {
          if (place.seq <= seq || page.state.isSettled(place.index)) continue;
          if (places.length === limit) return { places, next: places.at(-1)?.seq };
          places.push(place);
        }
        from = page.first + 1;
      }
      if (!more) return { places, next: undefined };
    }
    return { places, next: Math.max(seq, from - 1) };
  }

  /**
   * Makes entries from `seq` on, and stored at or after `timeMs`, that are settled and kept ready to be taken again, a few
   * pages a step. Answers how many.
   */
  *replay(seq: number, timeMs: number): Generator<void, number> {
    const upTo = this.#flushedFirst;
    let from = this.#pageAt(seq)?.first ?? 0;
    let replayed = 0;
    while (from <= upTo) {
      const { pages, more } = this.#pagesFrom(from, READ_PAGES);
      for (const page of pages) {
        if (page.first > upTo) return replayed;
        if (page.storedMs >= timeMs) replayed += this.#unsettle(page, seq);
        from = page.first + 1;
      }
      if (!more) break;
      yield;
    }
    return replayed;
  }

  /** Frees what was kept long enough, at most `max` pages between two commits. Answers whether there is more. */
  freeKept(max: number): boolean {
    const beforeMs = this.#means.wallMs() - this.#keepMs;
    for (const [first, settledAtMs] of this.#kept) {
      if (settledAtMs > beforeMs) return false;
      if (this.#gone.length >= max) return true;
      this.#kept.delete(first);
      this.#gone.push(first);
      this.#going.add(first);
      this.#means.touched();
    }
    return false;
  }

  /**
   * Frees all pages from the first on, at most `max`, whatever is left of them. False when there are no more. Not to be
   * called again before that is flushed.
   */
  free(max: number): boolean {
    const { store } = this.#means.journal;
    const range = rangeOf('p', [this.#mailbox], { to: this.#flushedFirst + 1 });
    const records = store.range({ ...range, limit: max });
    for (const { key } of records) this.#gone.push(numberIn(key, 1));
    this.#changed.clear();
    this.#resident.clear();
    this.#buffered = [];
    this.#kept.clear();
    this.#means.touched();
    return records.length === max;
  }

  write(batch: Batch): void {
    const open = this.#open;
    this.#open = [];
    this.#flying = open;
    const written = open.map((page) => {
      batch.put(numberKey('p', this.#mailbox, page.first), page.bytes());
      if (page.dropped > 0) this.#writeState(page.closed(), batch);
      return { page, dropped: page.dropped };
    });
    const last = open.at(-1);
    if (last !== undefined && this.eager && !this.#behind) this.counts.handedSeq = last.lastSeq;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const page of changed) this.#writeState(page, batch);
    for (const first of this.#gone) this.#delete(first, batch);
    this.#gone = [];
    if (this.#countsChanged) batch.put(numberKey('c', this.#mailbox), this.counts.encoded().slice());
    this.#countsChanged = false;
    const { handedSeq } = this.counts;
    batch.flushed(() => {
      this.#handedSeq = handedSeq;
      this.#flying = [];
      for (const { page, dropped } of written) this.#arrived(page, dropped);
      for (const page of changed) this.#leave(page);
    });
  }

  /** `undefined` when the block is going. */
  #openPage(first: number): OpenPage | undefined {
    const open = this.#open.findLast((page) => page.first === first);
    if (open !== undefined) return open;
    const { log, wallMs } = this.#means;
    if (!log.refer(first)) return undefined;
    const page = new OpenPage(first, wallMs());
    this.#open.push(page);
    return page;
  }

  #count(entered: number, bytes: number): void {
    this.counts.entered += entered;
    this.counts.enteredBytes += bytes;
    this.#countsChanged = true;
    this.#means.touched();
  }

  /** What is flushed of a page need not stay in memory, unless entries of it are being handed over, or soon will be. */
  #leave(page: Page): void {
    if (this.#changed.has(page) || this.#buffered.includes(page)) return;
    if (page.left === 0 || !page.isTaken) this.#resident.delete(page.first);
  }

  /** Deletes what says that the mailbox exists, after its pages. */
  writeEnd(batch: Batch): void {
    batch.delete(numberKey('c', this.#mailbox));
  }

  /** `dropped`: as far as is flushed with it. */
  #arrived(page: OpenPage, dropped: number): void {
    // Those that a new mailbox finds in the log come later and are earlier.
    const inOrder = page.first > this.#flushedFirst;
    this.#flushedFirst = Math.max(this.#flushedFirst, page.first);
    this.#flushedSeq = Math.max(this.#flushedSeq, page.lastSeq);
    const inTurn = inOrder && this.eager && !this.#behind && this.#buffered.length < BUFFERED_PAGES;
    if (inTurn) this.#cursor = page.first + 1;
    else this.#behind = true;
    if (!inTurn && page.dropped === dropped) return;
    const closed = page.closed();
    if (inTurn && closed.left > 0) this.#buffer(closed);
    if (page.dropped > dropped) this.#change(closed);
  }

  /**
   * Reads ahead, and reserves what it has read to be handed over, so that a busy consumer finds that flushed when it comes
   * there.
   */
  #readOn(): void {
    let entries = this.#buffered.reduce((sum, { places }) => sum + places.length, 0);
    let looked = 0;
    for (let read = 0; this.#behind && entries < AHEAD_ENTRIES && read < AHEAD_PAGES; read += READ_PAGES) {
      if (looked >= LOOKED_AHEAD) break;
      const { pages, more } = this.#pagesFrom(this.#cursor, READ_PAGES);
      for (const page of pages) {
        this.#cursor = page.first + 1;
        looked += page.places.length;
        // Nothing is left of those that are kept.
        if (page.left === 0) continue;
        this.#buffer(page);
        entries += page.places.length;
      }
      this.#behind = more;
    }
    const last = this.#buffered.at(-1);
    if (last !== undefined) this.#willHand(last.lastSeq);
  }

  /** What was lost with a damaged record is not waited for. */
  #beEmpty(): void {
    if (this.#resident.size > 0 || this.#open.length > 0 || this.#flying.length > 0 || !this.counts.empty()) return;
    this.#countsChanged = true;
    this.#means.touched();
  }

  /** The counts are damaged: counts what is there, and takes it that all of it may have been handed over. */
  #recount(): void {
    for (let from = 0; ; ) {
      const { pages, more } = this.#pagesFrom(from, READ_PAGES, Number.MAX_SAFE_INTEGER);
      for (const page of pages) {
        for (const { index, size } of page.places) {
          if (page.state.isSettled(index)) continue;
          this.counts.entered += 1;
          this.counts.enteredBytes += size;
        }
        this.counts.handedSeq = page.lastSeq;
        from = page.first + 1;
      }
      if (!more) break;
    }
    this.#handedSeq = this.counts.handedSeq;
    // Written with whatever comes next: until then a restart counts again.
    this.#countsChanged = true;
  }

  #buffer(page: Page): void {
    this.#buffered.push(page);
    this.#resident.set(page.first, page);
  }

  #willHand(seq: number): void {
    if (seq <= this.counts.handedSeq) return;
    this.counts.handedSeq = seq;
    this.#countsChanged = true;
    this.#means.touched();
  }

  /** Flushed pages from `first` on, as they are in memory where they are; `more`: there may be others behind the last. */
  #pagesFrom(
    first: number,
    limit: number,
    upTo = this.#flushedFirst + 1,
  ): { readonly pages: Page[]; readonly more: boolean } {
    const { store } = this.#means.journal;
    const range = rangeOf('p', [this.#mailbox], { from: first, to: upTo });
    const records = store.range({ ...range, limit });
    const pages: Page[] = [];
    let entries = 0;
    for (const { key, value } of records) {
      const page = this.#page(numberIn(key, 1), value);
      pages.push(page);
      entries += page.places.length;
      if (entries >= READ_ENTRIES) break;
    }
    return { pages, more: pages.length < records.length || records.length === limit };
  }

  /** The page that an event would be in. */
  #pageAt(seq: number): Page | undefined {
    const to = Math.min(seq, this.#flushedFirst) + 1;
    const range = rangeOf('p', [this.#mailbox], { to });
    const [record] = this.#means.journal.store.range({ ...range, limit: 1, reverse: true });
    return record === undefined ? undefined : this.#page(numberIn(record.key, 1), record.value);
  }

  #page(first: number, bytes: Uint8Array): Page {
    const resident = this.#resident.get(first);
    if (resident !== undefined) return resident;
    return new Page(first, bytes, this.#means.journal.store.get(numberKey('s', this.#mailbox, first)));
  }

  /** Answers how many entries became unsettled. */
  #unsettle(page: Page, fromSeq: number): number {
    if (this.#going.has(page.first)) return 0;
    let count = 0;
    for (const { seq, index, size } of page.places) {
      if (seq < fromSeq || !page.state.isSettled(index)) continue;
      page.state.unsettle(index);
      this.counts.entered += 1;
      this.counts.enteredBytes += size;
      count += 1;
    }
    if (count === 0) return 0;
    page.state.settledAtMs = 0;
    this.#kept.delete(page.first);
    this.#countsChanged = true;
    this.#change(page);
    // Those that wait in memory are read again, each in its place.
    const [next = page] = this.#buffered;
    this.#buffered = [];
    this.#behind = true;
    this.#cursor = Math.min(this.#cursor, page.first, next.first);
    return count;
  }

  #change(page: Page): void {
    this.#resident.set(page.first, page);
    this.#changed.add(page);
    this.#means.touched();
  }

  #writeState(page: Page, batch: Batch): void {
    if (page.left === 0) {
      if (this.#keepMs === 0) {
        this.#delete(page.first, batch);
        return;
      }
      page.state.settledAtMs = this.#means.wallMs();
      this.#kept.set(page.first, page.state.settledAtMs);
    }
    batch.put(numberKey('s', this.#mailbox, page.first), page.state.bytes());
  }

  #delete(first: number, batch: Batch): void {
    this.#going.add(first);
    batch.flushed(() => this.#going.delete(first));
    batch.delete(numberKey('p', this.#mailbox, first));
    batch.delete(numberKey('s', this.#mailbox, first));
    this.#means.log.release(first);
  }

  #restoreKept(): void {
    const { store } = this.#means.journal;
    const kept: [first: number, settledAtMs: number][] = [];
    for (let from = 0; ; ) {
      const records = store.range({ ...rangeOf('s', [this.#mailbox], { from }), limit: 1_000 });
      for (const { key, value } of records) {
        const first = numberIn(key, 1);
        from = first + 1;
        const state = new PageState();
        state.read(value);
        if (state.settledAtMs > 0) kept.push([first, state.settledAtMs]);
      }
      if (records.length < 1_000) break;
    }
    for (const [first, settledAtMs] of kept.sort(([, one], [, other]) => one - other))
      this.#kept.set(first, settledAtMs);
  }
}
