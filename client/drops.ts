import type { DropReason } from '../broker/protocol/index.ts';

/** `count` events that matched were not delivered, the last of them at `seq`. */
export interface Gap {
  readonly reason: DropReason;
  readonly count: number;
  readonly seq: number;
}

type ByReason = { readonly [R in DropReason]?: number };

/** Shared by all who have lost nothing. */
const NONE: ByReason = {};

/**
 * How many events of one subscription were not delivered, by reason. The broker tells totals, and tells them again when
 * a session is resumed, so that none is lost with a connection and none is counted twice.
 */
export class Drops {
  counts: ByReason = NONE;
  /** What the broker has told since it made the subscription. */
  #totals: ByReason = NONE;

  /** The broker made the subscription anew: its totals start from nothing. */
  restart(): void {
    this.#totals = NONE;
  }

  /** Returns what is new in a total, if anything is. */
  told(reason: DropReason, total: number, seq: number): Gap | undefined {
    const count = total - (this.#totals[reason] ?? 0);
    if (count <= 0) return undefined;
    this.#totals = { ...this.#totals, [reason]: total };
    return this.counted({ reason, count, seq });
  }

  /** Counts a gap that the client has made itself. */
  counted(gap: Gap): Gap {
    this.counts = { ...this.counts, [gap.reason]: (this.counts[gap.reason] ?? 0) + gap.count };
    return gap;
  }
}
