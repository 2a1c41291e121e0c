import { type CompiledFilter, compileFilter, type Filter, type PredicateLimits } from '../../matcher/index.ts';
import { BoundedCache } from '../kernel/bounded-cache.ts';

/** Texts that many clients share (every instance of a service subscribes to the same) are compiled once. */
const COMPILED_MAX = 1_000;

/** Compiled filters by their text. The least recently used goes first. */
export class FilterCache {
  readonly #limits: PredicateLimits;
  readonly #compiled = new BoundedCache<string, CompiledFilter>(COMPILED_MAX);

  constructor(limits: PredicateLimits) {
    this.#limits = limits;
  }

  /** Throws FilterError. */
  compile(filter: Filter): CompiledFilter {
    // A topic filter never contains U+0000, so the key names one filter only.
    const key = filter.when === undefined ? filter.topic : `${filter.topic}\u0000${filter.when}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const compiled = compileFilter(filter, this.#limits);
    this.#compiled.set(key, compiled);
    return compiled;
  }
}
