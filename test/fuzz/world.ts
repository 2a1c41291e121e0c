import {
  type Condition,
  evaluate,
  type Filter,
  type MatchableEvent,
  type Matcher,
  parsePredicate,
  topicMatches,
} from '../../matcher/index.ts';

export type Step =
  | { readonly kind: 'set'; readonly id: number; readonly filter: Filter }
  | { readonly kind: 'remove'; readonly id: number }
  | { readonly kind: 'retune'; readonly filters: number }
  | { readonly kind: 'match'; readonly event: MatchableEvent };

/** The part of a matcher that is fuzzed. */
export type Fuzzed = Pick<Matcher, 'add' | 'replace' | 'remove' | 'match' | 'retune' | 'stats'>;

interface Held {
  readonly topic: string;
  readonly parsed: Condition | undefined;
}

/** A matcher and, beside it, the plain list of what it should hold. */
export class World {
  readonly #create: () => Fuzzed;
  readonly #matcher: Fuzzed;
  readonly #held = new Map<number, Held>();

  constructor(create: () => Fuzzed) {
    this.#create = create;
    this.#matcher = create();
  }

  get size(): number {
    return this.#held.size;
  }

  /**
   * Does the step; what is wrong then, if something is. What the matcher throws is wrong: all steps are valid. Unchecked,
   * that is all that is found.
   */
  apply(step: Step, check: 'checked' | 'unchecked' = 'checked'): string | undefined {
    try {
      const find = this.#apply(step);
      return check === 'checked' ? find?.() : undefined;
    } catch (error) {
      return `${step.kind} threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    }
  }

  /** Returns how to find what is wrong now, where that is asked. */
  #apply(step: Step): (() => string | undefined) | undefined {
    switch (step.kind) {
      case 'set': {
        const { id, filter } = step;
        if (this.#held.has(id)) this.#matcher.replace(id, filter);
        else this.#matcher.add(id, filter);
        const parsed = filter.when === undefined ? undefined : parsePredicate(filter.when);
        this.#held.set(id, { topic: filter.topic, parsed });
        return undefined;
      }
      case 'remove':
        if (this.#matcher.remove(step.id) !== this.#held.delete(step.id))
          throw new Error(`not so: ${step.id} was held`);
        return this.#held.size === 0 ? () => this.#faultWhenEmpty() : undefined;
      case 'retune':
        this.#matcher.retune(step.filters);
        return undefined;
      case 'match':
        this.#matcher.match(step.event);
        return () => this.#faultOf(step.event);
    }
  }

  #faultOf(event: MatchableEvent): string | undefined {
    const { ids, count } = this.#matcher.match(event);
    const found = new Set(ids.subarray(0, count));
    if (found.size !== count) return `${count - found.size} subscriptions were reported twice`;
    for (const [id, { topic, parsed }] of this.#held) {
      const isExpected = topicMatches(topic, event.topic) && (parsed === undefined || evaluate(parsed, event) === true);
      if (found.delete(id) !== isExpected)
        return `subscription ${id} was ${isExpected ? 'missed' : 'reported wrongly'}`;
    }
    return found.size === 0 ? undefined : `subscription ${[...found][0]} was reported, and is not there`;
  }

  /** Memory is given back: what is left is what a new matcher has. */
  #faultWhenEmpty(): string | undefined {
    const [left, fresh] = [this.#matcher, this.#create()].map(({ stats }) => JSON.stringify(stats.bytes));
    return left === fresh ? undefined : `empty, but the bytes are ${left} and not ${fresh}`;
  }
}
