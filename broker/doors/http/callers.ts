import { BoundedCache } from '../../kernel/bounded-cache.ts';
import type { Time } from '../../kernel/time.ts';
import type { Lane, Turns } from '../../kernel/turns.ts';
import { TokenBucket } from '../../publish/rate.ts';

/** Whoever asks from one address: HTTP has no connections of its own to count by. */
export interface Caller {
  readonly rate: TokenBucket;
  /** For what is too costly to be done at once. */
  readonly costly: Lane;
}

/** More addresses than that at once share nothing but luck: the one that asked longest ago starts afresh. */
const REMEMBERED = 10_000;

export class Callers {
  readonly #make: () => Caller;
  readonly #byAddress = new BoundedCache<string, Caller>(REMEMBERED);

  constructor(limit: { readonly perSecond: number; readonly burst: number }, turns: Turns, time: Time) {
    this.#make = () => ({ rate: new TokenBucket(limit, time.monotonicMs()), costly: turns.lane() });
  }

  get(address: string): Caller {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    const caller = this.#make();
    this.#byAddress.set(address, caller);
    return caller;
  }
}
