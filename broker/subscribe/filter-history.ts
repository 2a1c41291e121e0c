import type { Filter } from '../../matcher/index.ts';

/** The present filter and those before it, for explain. */
const FILTERS_REMEMBERED = 8;

interface Past {
  readonly filter: Filter;
  readonly sinceSeq: number;
}

/**
 * The filters that a registration has had, and when each began to hold. As texts: what a filter compiles to is larger, and
 * nearly all are never looked at again. Most have had one only, and need no list.
 */
export class FilterHistory {
  #present: Filter;
  /** The seq after which the present one began to hold. */
  #sinceSeq: number;
  /** Those before it, the latest last. */
  #past: Past[] | undefined;

  constructor(filter: Filter, sinceSeq: number) {
    this.#present = filter;
    this.#sinceSeq = sinceSeq;
  }

  get present(): Filter {
    return this.#present;
  }

  /** From the event after `seq` on, this filter holds. */
  replace(filter: Filter, seq: number): void {
    // One that is replaced before any event came judged nothing.
    if (this.#sinceSeq !== seq) {
      this.#past ??= [];
      this.#past.push({ filter: this.#present, sinceSeq: this.#sinceSeq });
      if (this.#past.length >= FILTERS_REMEMBERED) this.#past.shift();
    }
    this.#present = filter;
    this.#sinceSeq = seq;
  }

  /** The filter that judged an event. `undefined`: before its time, or forgotten. */
  at(seq: number): Filter | undefined {
    if (seq > this.#sinceSeq) return this.#present;
    return this.#past?.findLast(({ sinceSeq }) => seq > sinceSeq)?.filter;
  }
}
