import { BoundedCache } from '../../kernel/bounded-cache.ts';
import type { Time } from '../../kernel/time.ts';
import type { Lane, Turns } from '../../kernel/turns.ts';
import { type Provenance, uncountedBy } from '../../protocol/index.ts';
import { TokenBucket } from '../../publish/rate.ts';

/** Whoever asks from one address: HTTP has no connections of its own to count by. */
export interface Caller {
  readonly rate: TokenBucket;
  /** Of events without a `source`: all of one address count as one publisher's. */
  readonly provenance: Provenance;
  /** For what is too costly to be done at once. */
  readonly costly: Lane;
}

/** More addresses than that at once share nothing but luck: the one that asked longest ago starts afresh. */
const REMEMBERED = 10_000;

export class Callers {
  readonly #make: (address: string) => Caller;
  readonly #byAddress = new BoundedCache<string, Caller>(REMEMBERED);

  constructor(limit: { readonly perSecond: number; readonly burst: number }, turns: Turns, time: Time) {
    this.#make = (address) => ({
      rate: new TokenBucket(limit, time.monotonicMs()),
      provenance: uncountedBy(`http ${address}`),
      costly: turns.lane(),
    });
  }

  get(address: string): Caller {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    const caller = this.#make(address);
    this.#byAddress.set(address, caller);
    return caller;
  }
}
