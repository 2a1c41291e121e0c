import { Column } from './column.ts';

const TICK_MS = 100;
/** One turn of the wheel is 13.7 minutes. A power of two. */
const BUCKETS = 8192;
const BUCKET_MASK = BUCKETS - 1;
const NOT_SCHEDULED = 0x7fff_ffff;

/**
 * Deadlines of small integers: the hashed timing wheel of Varghese & Lauck 1987, scheme 6, on typed arrays.
 *
 * A deadline hangs in the bucket of its tick, modulo one turn. A bucket is a list, oldest entry first; one that is due
 * in a later turn is stepped over. A link is a slot, or, where the list ends, the bucket's own number as `~bucket`:
 *
 *     heads[7] ─▶ 12 ⇄ 3 ⇄ 40 ◀─ tails[7]        previous(12) = next(40) = ~7
 *
 * So an entry finds its list without a column for it. 16 bytes a slot, no object per timer.
 *
 * `schedule` and `cancel` cost O(1). `advance` costs O(ticks passed + emitted + entries of later turns in the buckets
 * passed), the last being n / 8192 a tick when deadlines are spread.
 */
export class TimerWheel {
  readonly #originMs: number;
  readonly #heads = new Int32Array(BUCKETS);
  readonly #tails = new Int32Array(BUCKETS);
  readonly #previous = new Column(Int32Array, NOT_SCHEDULED);
  readonly #next = new Column(Int32Array, NOT_SCHEDULED);
  readonly #deadlines = new Column(Float64Array);
  /** Everything that was due in an earlier tick is emitted. */
  #tick = 0;
  /** The tick up to which the last `advance` was to go. Ahead of #tick when its budget was too small. */
  #present = 0;
  #length = 0;

  /** `originMs`: the present on the clock of all deadlines. */
  constructor(originMs: number) {
    this.#originMs = originMs;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#heads[bucket] = ~bucket;
      this.#tails[bucket] = ~bucket;
    }
  }

  /** How many are scheduled. */
  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return (
      this.#heads.byteLength + this.#tails.byteLength + this.#previous.bytes + this.#next.bytes + this.#deadlines.bytes
    );
  }

  /**
   * Sets or moves the deadline of `slot`: an integer from 0, dense, because memory follows the largest ever scheduled.
   * A deadline in the past is emitted by the next `advance`, after what is due already.
   */
  schedule(slot: number, deadlineMs: number): void {
    this.#reach(slot);
    if (this.#isScheduled(slot)) this.#unlink(slot);
    this.#deadlines.set(slot, deadlineMs);
    // One in the past goes behind all that is due, or a stream of such would keep the rest waiting for ever.
    const tick = Math.max(this.#present, this.#tickOf(deadlineMs));
    this.#append(slot, tick & BUCKET_MASK);
  }

  /** Forgets the deadline of `slot`, if it has one. */
  cancel(slot: number): void {
    this.#reach(slot);
    if (this.#isScheduled(slot)) this.#unlink(slot);
  }

  /** Whether `slot` has a deadline that was neither emitted nor cancelled. */
  has(slot: number): boolean {
    this.#reach(slot);
    return this.#isScheduled(slot);
  }

  /** The deadline last scheduled for `slot`, also after it was emitted or cancelled. 0 before the first. */
  deadlineMs(slot: number): number {
    this.#reach(slot);
    return this.#deadlines.get(slot);
  }

  /**
   * Emits each slot whose deadline is at or before `nowMs`, never earlier, at most `budget` of them; the rest waits for
   * the next call, which goes on where this one stopped, so nothing starves. In order of deadline to within a tick, and
   * of scheduling inside it. `emit` must not schedule or cancel.
   * Returns how many were emitted.
   */
  advance(nowMs: number, budget: number, emit: (slot: number) => void): number {
    this.#present = Math.max(this.#present, this.#tickOf(nowMs));
    // One turn visits every bucket, and a visit emits what is due in any turn: a longer way would see nothing new.
    this.#tick = Math.max(this.#tick, this.#present - BUCKETS + 1);
    let left = budget;
    while (left > 0) {
      left -= this.#emitDue(this.#tick & BUCKET_MASK, nowMs, left, emit);
      // The present tick is not over, and neither is one whose entries did not all fit in.
      if (left === 0 || this.#tick >= this.#present) break;
      this.#tick++;
    }
    return budget - left;
  }

  #emitDue(bucket: number, nowMs: number, budget: number, emit: (slot: number) => void): number {
    let emitted = 0;
    let slot = this.#heads[bucket] as number;
    while (slot >= 0 && emitted < budget) {
      const next = this.#next.get(slot);
      if (this.#deadlines.get(slot) <= nowMs) {
        this.#unlink(slot);
        emitted++;
        emit(slot);
      }
      slot = next;
    }
    return emitted;
  }

  #tickOf(ms: number): number {
    return Math.floor((ms - this.#originMs) / TICK_MS);
  }

  #reach(slot: number): void {
    this.#previous.reach(slot);
    this.#next.reach(slot);
    this.#deadlines.reach(slot);
  }

  #isScheduled(slot: number): boolean {
    return this.#next.get(slot) !== NOT_SCHEDULED;
  }

  #append(slot: number, bucket: number): void {
    const tail = this.#tails[bucket] as number;
    this.#previous.set(slot, tail);
    this.#next.set(slot, ~bucket);
    if (tail < 0) this.#heads[bucket] = slot;
    else this.#next.set(tail, slot);
    this.#tails[bucket] = slot;
    this.#length++;
  }

  #unlink(slot: number): void {
    const previous = this.#previous.get(slot);
    const next = this.#next.get(slot);
    if (previous < 0) this.#heads[~previous] = next;
    else this.#next.set(previous, next);
    if (next < 0) this.#tails[~next] = previous;
    else this.#previous.set(next, previous);
    this.#next.set(slot, NOT_SCHEDULED);
    this.#length--;
  }
}
