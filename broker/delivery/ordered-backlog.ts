import { Heap, type HeapItem, NOT_IN_HEAP } from '../kernel/heap.ts';
import type { Order, Provenance } from '../protocol/index.ts';
import { Backlog } from './backlog.ts';
import type { Entry, Sequenced } from './entry.ts';

/** The events of one publisher that stand behind one of it which is not settled. */
interface Line<E extends Sequenced> {
  /** Handed over and not settled, or the next to be. */
  head: Entry<E>;
  /** In order of seq. Made when there is one. */
  waiting: Heap<Entry<E>> | undefined;
}

/** An entry that is out, among all that are. */
interface Out extends HeapItem {
  readonly seq: number;
}

/**
 * A backlog in which what follows waits until what came before it is settled, as far as the order goes:
 *
 *     total     one entry at a time is with anybody
 *     fifo      one of each publisher
 *     causal    one of each publisher, and none that was published after its publisher was delivered one that is not settled
 *
 * An entry that is handed over *leads*, from then until it is over, whatever becomes of it between: leased, resting, ready again.
 *
 *     backlog ─▶ next ─▶ is it held back? ─no─▶ handed over: it leads ─▶ over: those it held back are ready again
 *                              │ by its publisher's line ─▶ waits in the line
 *                              └ by what its publisher knew ─▶ leads its line, and waits among the `knowing`
 *
 * What a publisher knew is the highest seq it was delivered. On one broker whatever an event can depend on has a seq up to that one,
 * so what is compared is this number with the lowest seq that is out. Of who did not say, everything earlier counts as known.
 *
 * Costs O(log n) an entry. What waits is bounded with the entries in memory, by who keeps them.
 */
export class OrderedBacklog<E extends Sequenced> extends Backlog<E> {
  readonly #order: Order;
  readonly #provenanceOf: (entry: Entry<E>) => Provenance;
  readonly #lines = new Map<number, Line<E>>();
  /** Those of them in which something waits. */
  readonly #queues = new Set<Line<E>>();
  /** Those that are held back by what their publishers knew, who knew least first. */
  readonly #knowing = new Heap<Entry<E>>((one, other) => this.#known(one) < this.#known(other));
  /** Handed over and not settled. */
  readonly #out = new Map<Entry<E>, Out>();
  readonly #outBySeq = new Heap<Out>((one, other) => one.seq < other.seq);
  readonly #provenances = new Map<Entry<E>, Provenance>();

  /** `provenanceOf` is asked once of each entry while it is here. */
  constructor(entriesMax: number, order: Order, provenanceOf: (entry: Entry<E>) => Provenance) {
    super(entriesMax);
    this.#order = order;
    this.#provenanceOf = provenanceOf;
  }

  override get isStuck(): boolean {
    return this.#order === 'total' && this.#out.size > 0 && !this.#returnedLeads();
  }

  override oldest(): Entry<E> | undefined {
    const returned = this.peekReturned();
    if (returned !== undefined) return returned;
    for (const { waiting } of this.#queues) return waiting?.peek();
    return this.#knowing.peek() ?? super.oldest();
  }

  override next(): Entry<E> | undefined {
    if (this.isStuck) return undefined;
    for (let entry = super.next(); entry !== undefined; entry = super.next()) {
      if (entry.state === 'over' || this.#out.has(entry)) return entry;
      if (!this.#isHeldBack(entry)) return entry;
    }
    return undefined;
  }

  override handed(entry: Entry<E>): void {
    if (!this.#out.has(entry)) {
      const out = { seq: entry.event.seq, heapAt: NOT_IN_HEAP };
      this.#out.set(entry, out);
      this.#outBySeq.push(out);
    }
    if (this.#order !== 'total') this.#lead(entry);
  }

  override over(entry: Entry<E>): void {
    const out = this.#out.get(entry);
    if (out !== undefined) this.#outBySeq.remove(out);
    this.#out.delete(entry);
    const provenance = this.#provenances.get(entry);
    this.#provenances.delete(entry);
    if (provenance !== undefined) this.#leave(entry, provenance);
    if (out !== undefined && this.#order === 'causal') this.#releaseKnowing();
  }

  override remove(entry: Entry<E>): void {
    super.remove(entry);
    this.#knowing.remove(entry);
    const provenance = this.#provenances.get(entry);
    const line = provenance === undefined ? undefined : this.#lines.get(provenance.publisher);
    line?.waiting?.remove(entry);
    if (line !== undefined) this.#lookAt(line);
  }

  override clear(): void {
    super.clear();
    while (this.#knowing.pop() !== undefined);
    while (this.#outBySeq.pop() !== undefined);
    this.#lines.clear();
    this.#queues.clear();
    this.#out.clear();
    this.#provenances.clear();
  }

  /** What is out has come back, and is first. */
  #returnedLeads(): boolean {
    const returned = this.peekReturned();
    return returned !== undefined && this.#out.has(returned);
  }

  /** Puts it where it waits, if it has to. */
  #isHeldBack(entry: Entry<E>): boolean {
    if (this.#order === 'total') return false;
    const line = this.#lines.get(this.#provenance(entry).publisher);
    if (line !== undefined && line.head !== entry) {
      line.waiting ??= new Heap<Entry<E>>((one, other) => one.event.seq < other.event.seq);
      line.waiting.push(entry);
      this.#lookAt(line);
      return true;
    }
    if (this.#order !== 'causal' || this.#known(entry) < this.#lowestOut) return false;
    this.#lead(entry);
    this.#knowing.push(entry);
    return true;
  }

  #lead(entry: Entry<E>): void {
    const { publisher } = this.#provenance(entry);
    const line = this.#lines.get(publisher);
    if (line === undefined) this.#lines.set(publisher, { head: entry, waiting: undefined });
  }

  /** Its publisher's next one may go. */
  #leave(entry: Entry<E>, { publisher }: Provenance): void {
    const line = this.#lines.get(publisher);
    if (line?.head !== entry) return;
    const next = line.waiting?.pop();
    this.#lookAt(line);
    if (next === undefined) {
      this.#lines.delete(publisher);
      return;
    }
    line.head = next;
    this.giveBack(next);
  }

  /** Something came to wait in it, or went. */
  #lookAt(line: Line<E>): void {
    if (line.waiting?.peek() === undefined) this.#queues.delete(line);
    else this.#queues.add(line);
  }

  #releaseKnowing(): void {
    const lowest = this.#lowestOut;
    for (let entry = this.#knowing.peek(); entry !== undefined; entry = this.#knowing.peek()) {
      if (this.#known(entry) >= lowest) return;
      this.#knowing.pop();
      this.giveBack(entry);
    }
  }

  /** Up to which seq its publisher knew what was published. */
  #known(entry: Entry<E>): number {
    const { past } = this.#provenance(entry);
    return past < 0 ? entry.event.seq - 1 : Math.min(past, entry.event.seq - 1);
  }

  get #lowestOut(): number {
    return this.#outBySeq.peek()?.seq ?? Number.POSITIVE_INFINITY;
  }

  #provenance(entry: Entry<E>): Provenance {
    const known = this.#provenances.get(entry);
    if (known !== undefined) return known;
    const provenance = this.#provenanceOf(entry);
    this.#provenances.set(entry, provenance);
    return provenance;
  }
}
