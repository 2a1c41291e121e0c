import { DROP_REASONS, type DropReason } from '../protocol/index.ts';
import type { Outbox } from './outbox.ts';

/** So many of a subscription's last drops are remembered for explain. */
const REMEMBERED = 128;

/** Counts drops of the whole broker; one number a reason. */
export type DropCounts = Record<DropReason, number>;

/**
 * What one subscription did not get. Every drop is counted for the broker, remembered for explain, and told to the
 * subscriber in a gap: before the next event it gets, many drops of one reason as one gap.
 */
export class Drops {
  readonly #counts: DropCounts;
  #untold: Map<DropReason, { count: number; seq: number }> | undefined;
  /** The last drops, as a ring: seq and number of the reason, in turn. */
  #last: Float64Array | undefined;
  #total = 0;

  constructor(counts: DropCounts) {
    this.#counts = counts;
  }

  add(reason: DropReason, seq: number): void {
    this.#counts[reason] += 1;
    this.#last ??= new Float64Array(2 * REMEMBERED);
    const at = 2 * (this.#total % REMEMBERED);
    this.#last[at] = seq;
    this.#last[at + 1] = DROP_REASONS.indexOf(reason);
    this.#total += 1;
    this.#untold ??= new Map();
    const untold = this.#untold.get(reason);
    if (untold === undefined) this.#untold.set(reason, { count: 1, seq });
    else {
      untold.count += 1;
      untold.seq = seq;
    }
  }

  /** Tells what is not yet told. */
  tell(to: Outbox, subscription: number): void {
    if (this.#untold === undefined) return;
    for (const [reason, { count, seq }] of this.#untold) to.gap(subscription, reason, count, seq);
    this.#untold = undefined;
  }

  /** Why this event was dropped. `undefined` when it was not, or when it is long ago. */
  reasonOf(seq: number): DropReason | undefined {
    if (this.#last === undefined) return undefined;
    for (let i = 0; i < Math.min(this.#total, REMEMBERED); i++) {
      if (this.#last[2 * i] === seq) return DROP_REASONS[this.#last[2 * i + 1] as number];
    }
    return undefined;
  }

  /** From which seq on `reasonOf` knows every drop. */
  get rememberedFrom(): number {
    if (this.#last === undefined || this.#total <= REMEMBERED) return 0;
    return this.#last.reduce((least, seq, i) => (i % 2 === 0 ? Math.min(least, seq) : least), Number.MAX_SAFE_INTEGER);
  }
}
