import { DROP_REASONS, type DropReason } from '../protocol/index.ts';
import type { Outbox } from './outbox.ts';

/** So many of a subscription's last drops are remembered for explain. */
const REMEMBERED = 128;

/** Counts drops of the whole broker; one number a reason. */
export type DropCounts = Record<DropReason, number>;

interface Total {
  count: number;
  /** Of the last one. */
  seq: number;
  told: boolean;
}

/**
 * What one subscription did not get. Every drop is counted for the broker, remembered for explain, and told to the
 * subscriber in a gap. A gap says how many in all, so that one which is lost with its connection is made good by the
 * next: a new connection is told every total again.
 */
export class Drops {
  readonly #counts: DropCounts;
  /** Drops so far. */
  count = 0;
  #totals: Map<DropReason, Total> | undefined;
  #untold = false;
  /** The last drops, as a ring: seq and number of the reason, in turn. */
  #last: Float64Array | undefined;
  #all = 0;
  /** The latest event of those that the ring has lost. */
  #forgottenSeq = 0;

  constructor(counts: DropCounts) {
    this.#counts = counts;
  }

  add(reason: DropReason, seq: number): void {
    this.#counts[reason] += 1;
    this.count += 1;
    this.#remember(reason, seq);
    this.#untold = true;
    this.#totals ??= new Map();
    const total = this.#totals.get(reason);
    if (total === undefined) this.#totals.set(reason, { count: 1, seq, told: false });
    else {
      total.count += 1;
      total.seq = Math.max(total.seq, seq);
      total.told = false;
    }
  }

  /** Tells what is not yet told. */
  tell(to: Outbox, subscription: number): void {
    if (!this.#untold || this.#totals === undefined) return;
    this.#untold = false;
    for (const [reason, total] of this.#totals) {
      if (total.told) continue;
      total.told = true;
      to.gap(subscription, reason, total.count, total.seq);
    }
  }

  /** Tells every total, to one of several who share them. */
  tellAll(to: Outbox, subscription: number): void {
    for (const [reason, { count, seq }] of this.#totals ?? []) to.gap(subscription, reason, count, seq);
  }

  /** There is a new connection: nobody knows what the last one still brought. */
  untell(): void {
    for (const total of this.#totals?.values() ?? []) {
      total.told = false;
      this.#untold = true;
    }
  }

  /** Why this event was dropped. `undefined` when it was not, or when that is forgotten. */
  reasonOf(seq: number): DropReason | undefined {
    if (this.#last === undefined) return undefined;
    for (let i = 0; i < Math.min(this.#all, REMEMBERED); i++) {
      if (this.#last[2 * i] === seq) return DROP_REASONS[this.#last[2 * i + 1] as number];
    }
    return undefined;
  }

  /** Whether `reasonOf` knows of every drop of such an event. */
  remembers(seq: number): boolean {
    return seq > this.#forgottenSeq;
  }

  #remember(reason: DropReason, seq: number): void {
    this.#last ??= new Float64Array(2 * REMEMBERED);
    const at = 2 * (this.#all % REMEMBERED);
    this.#forgottenSeq = Math.max(this.#forgottenSeq, this.#last[at] as number);
    this.#last[at] = seq;
    this.#last[at + 1] = DROP_REASONS.indexOf(reason);
    this.#all += 1;
  }
}
