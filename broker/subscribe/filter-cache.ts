import {
  type CompiledFilter,
  compileFilter,
  type Filter,
  FilterError,
  Positions,
  type PredicateLimits,
} from '../../matcher/index.ts';
import { BoundedCache } from '../kernel/bounded-cache.ts';
import { SPACE_TOPICS } from '../protocol/index.ts';

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
    const compiled = this.#compile(filter);
    this.#compiled.set(key, compiled);
    return compiled;
  }

  #compile({ topic, when }: Filter): CompiledFilter {
    if (when === undefined) return compileFilter({ topic }, this.#limits);
    if (!topic.startsWith(`${SPACE_TOPICS}/`)) return compileFilter({ topic, when }, this.#limits);
    // What comes under such a topic is a tuple, whose positions have names.
    const positions = new Positions(when);
    try {
      return compileFilter({ topic, when: positions.text }, this.#limits);
    } catch (error) {
      throw error instanceof FilterError && error.text === positions.text ? positions.refusal(error) : error;
    }
  }
}
