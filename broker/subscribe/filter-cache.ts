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
/** A power of two. */
const SEEN_MAX = 4_096;

/**
 * Compiled filters by their text. The least recently used goes first. One is kept when it comes for the second time: a client
 * that brings a million different ones would pay for keeping each, and drive out those that are shared.
 */
export class FilterCache {
  readonly #limits: PredicateLimits;
  readonly #compiled = new BoundedCache<string, CompiledFilter>(COMPILED_MAX);
  /** Hashes of filters that were compiled lately, each at its last bits. */
  readonly #seen = new Int32Array(SEEN_MAX);

  constructor(limits: PredicateLimits) {
    this.#limits = limits;
  }

  /** Throws FilterError. */
  compile(filter: Filter): CompiledFilter {
    const { topic, when } = filter;
    // One of those that have the same predicate is kept: a key of both texts would have to be made each time.
    const key = when ?? topic;
    const known = this.#compiled.get(key);
    if (known !== undefined && known.topic === topic && known.when === when) return known;
    const compiled = this.#compile(filter);
    const hash = compiled.hash | 0;
    const at = hash & (SEEN_MAX - 1);
    if (this.#seen[at] === hash) this.#compiled.set(key, compiled);
    else this.#seen[at] = hash;
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
