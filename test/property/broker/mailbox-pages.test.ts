import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MailboxPages } from '../../../broker/mailboxes/mailbox-pages.ts';
import type { StoredPlace } from '../../../broker/mailboxes/page.ts';
import { eventOf, StoredRuns } from '../../support/stored.ts';

/** What a mailbox has, as anybody would write it down. */
interface PlainEntry {
  readonly seq: number;
  settled: boolean;
  attempt: number | undefined;
}

const KEEP_MS = 60_000;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hold' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle' as const), nths: fc.array(fc.nat(100)) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('trace' as const), nths: fc.array(fc.nat(100)) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('settleAll' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drop' as const), count: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replay' as const), nth: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('later' as const), ms: fc.nat(KEEP_MS) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** One mailbox over a disk, beside what is plainly true of it. */
class Beside {
  readonly runs = new StoredRuns();
  readonly plain: PlainEntry[] = [];
  #pages: MailboxPages;
  #log;
  #store;
  readonly #keepMs: number;
  readonly #eager: boolean;
  #seq = 0;
  /** Taken in this run and not settled. */
  #taken = new Map<number, StoredPlace>();

  constructor(keepMs: number, eager: boolean) {
    this.#keepMs = keepMs;
    this.#eager = eager;
    [this.#pages, this.#log, this.#store] = this.#start();
  }

  do(step: Step): void {
    const pages = this.#pages;
    if (step.kind === 'add') for (let i = 0; i < step.count; i++) this.#add();
    else if (step.kind === 'flush') this.#flush();
    else if (step.kind === 'hold') this.#hold();
    else if (step.kind === 'take') this.#take();
    else if (step.kind === 'settle' || step.kind === 'trace') {
      for (const nth of step.nths) {
        const place = [...this.#taken.values()][nth];
        if (place === undefined) continue;
        if (step.kind === 'settle') this.#settle(place);
        else {
          pages.trace(place, nth + 1, 0);
          this.#of(place.seq).attempt = nth + 1;
        }
      }
    } else if (step.kind === 'settleAll') for (const place of [...this.#taken.values()]) this.#settle(place);
    else if (step.kind === 'drop') for (let i = 0; i < step.count; i++) this.#drop();
    else if (step.kind === 'restart') {
      this.#flush();
      this.#taken.clear();
      [this.#pages, this.#log, this.#store] = this.#start();
    } else if (step.kind === 'replay') this.#replay(this.plain[step.nth]?.seq ?? 0);
    else {
      this.#flush();
      this.runs.time.advance(step.ms);
    }
  }

  check(): void {
    this.#flush();
    const { counts } = this.#pages;
    const left = this.plain.filter(({ settled }) => !settled);
    expect(counts.entries).toBe(left.length);
    expect(counts.bytes).toBe(left.reduce((sum, { seq }) => sum + eventOf({ seq }).bytes.length, 0));
    expect(this.#peeked()).toEqual(left.map(({ seq }) => seq));
    for (const { seq, attempt } of left) {
      const place = this.#pages.find(seq);
      expect(place?.seq).toBe(seq);
      if (place === undefined) continue;
      expect(place.page.state.trace(place.index)?.attempt).toBe(attempt);
      expect(this.#log.read(place.page.first, seq)?.seq).toBe(seq);
    }
  }

  /** What a run to come would take, and that nothing is left of what was settled. */
  end(): void {
    this.do({ kind: 'restart' });
    const taken: number[] = [];
    for (let page = this.#pages.take(); page !== undefined; page = this.#pages.take()) {
      for (const place of page.places) {
        if (page.state.isSettled(place.index)) continue;
        taken.push(place.seq);
        this.#pages.settle(place);
      }
    }
    expect(taken).toEqual(this.plain.filter(({ settled }) => !settled).map(({ seq }) => seq));
    this.runs.time.settle();
    this.runs.time.advance(2 * KEEP_MS);
    this.#pages.freeKept(1_000_000);
    this.runs.time.settle();
    expect(this.#pages.counts).toMatchObject({ entries: 0, bytes: 0 });
    expect((['b', 'r', 'p', 's'] as const).map((kind) => this.runs.count(kind))).toEqual([0, 0, 0, 0]);
  }

  #start() {
    const { journal, log, store } = this.runs.start();
    const wallMs = () => this.runs.time.wallMs();
    const pages = new MailboxPages(1, this.#keepMs, { journal, log, wallMs, touched: () => journal.touch() });
    pages.restore();
    pages.eager = this.#eager;
    journal.addWriter((group) => pages.write(group));
    journal.addWriter((group) => log.write(group));
    return [pages, log, store] as const;
  }

  #flush(): void {
    this.#store.letGo();
    this.runs.time.settle();
  }

  /** What was done so far is on its way to the disk, and does not arrive. */
  #hold(): void {
    this.#store.hold();
    this.runs.time.settle();
  }

  #add(): void {
    this.#seq += 1 + (this.#seq % 3);
    this.#pages.add(eventOf({ seq: this.#seq }));
    this.plain.push({ seq: this.#seq, settled: false, attempt: undefined });
  }

  #take(): void {
    const page = this.#pages.take();
    for (const place of page?.places ?? []) {
      if (page?.state.isSettled(place.index) === false) this.#taken.set(place.seq, place);
    }
  }

  #settle(place: StoredPlace): void {
    this.#pages.settle(place);
    this.#taken.delete(place.seq);
    Object.assign(this.#of(place.seq), { settled: true, attempt: undefined });
  }

  #drop(): void {
    const dropped = this.#pages.dropUnflushed();
    if (dropped !== undefined) this.#of(dropped.seq).settled = true;
  }

  #replay(seq: number): void {
    this.#flush();
    const replay = this.#pages.replay(seq, 0);
    let step = replay.next();
    while (step.done !== true) step = replay.next();
    const again = this.plain.filter((entry) => entry.settled && entry.seq >= seq);
    // Of a page of which nothing was left nothing is kept, where nothing is to be kept.
    if (this.#keepMs > 0) expect(step.value).toBe(again.length);
    for (const entry of again) {
      const place = this.#pages.find(entry.seq);
      if (place !== undefined && !place.page.state.isSettled(place.index)) entry.settled = false;
    }
    expect(step.value).toBe(again.filter(({ settled }) => !settled).length);
  }

  #peeked(): number[] {
    const seqs: number[] = [];
    for (let after: number | undefined = 0; after !== undefined; ) {
      const { places, next } = this.#pages.peek(after, 7);
      seqs.push(...places.map(({ seq }) => seq));
      after = next;
    }
    return seqs;
  }

  #of(seq: number): PlainEntry {
    const entry = this.plain.find((one) => one.seq === seq);
    if (entry === undefined) throw new Error(`event ${seq} was never added`);
    return entry;
  }
}

describe('MailboxPages', () => {
  it.each([
    ['eager, keeping nothing', 0, true],
    ['eager, keeping what is settled', 1_000 * KEEP_MS, true],
    ['idle, keeping nothing', 0, false],
    ['idle, keeping what is settled', 1_000 * KEEP_MS, false],
  ])('has what a plain list has, over restarts: %s', (_, keepMs, eager) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const beside = new Beside(keepMs, eager);
        for (const one of steps) beside.do(one);
        beside.check();
        if (keepMs === 0) beside.end();
      }),
      { numRuns: 150, examples: [[[{ kind: 'add', count: 1 }, { kind: 'hold' }, { kind: 'drop', count: 1 }]]] },
    );
  });
});
